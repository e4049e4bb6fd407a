import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.forms.utils import ErrorList
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from sreweekly.form_renderer import PRINTERS, FormRenderer

ODD = """<b>"it's"</b> & ü\n"""
ATTRS = {"id": "id_a", "class": ODD, "required": True, "disabled": False, "data-x": 5, "lang": None, "title": ""}
CHOICES = [("", "---------"), (1, ODD), ("2", gettext_lazy("Yes")), (None, SafeString("&amp;"))]
INPUTS = [kind for kind in PRINTERS if PRINTERS[kind].__name__ == "_input"]

WIDGETS = [
    *(type("Widget", (forms.TextInput,), {"template_name": template_name})() for template_name in INPUTS),
    forms.CheckboxInput({"class": "x"}),
    forms.Textarea(),
    forms.Select(choices=CHOICES),
    forms.SelectMultiple(choices=CHOICES),
    forms.Select(choices=[("group", [(1, "one"), (2, "two")])]),
    forms.RadioSelect(choices=CHOICES),
]


class OddForm(forms.Form):
    a = forms.CharField(label=ODD)


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.template_name)
@pytest.mark.parametrize("value", ["", None, ODD, SafeString("&amp;"), 1, True], ids=str)
def test_prints_widgets_as_django_does(widget, value):
    for attrs in (None, {}, ATTRS):
        ours, theirs = (widget.render("a", value, attrs, renderer) for renderer in (FormRenderer(), TemplatesSetting()))
        assert ours == theirs


@pytest.mark.parametrize("auto_id", ["id_%s", False])
@pytest.mark.parametrize("attrs", [None, {"class": "required"}])
@pytest.mark.parametrize("tag", [None, "legend"])
def test_prints_labels_as_django_does(tag, attrs, auto_id):
    ours, theirs = (
        OddForm(auto_id=auto_id, renderer=renderer)["a"].label_tag(attrs=attrs, tag=tag)
        for renderer in (FormRenderer(), TemplatesSetting())
    )
    assert ours == theirs


@pytest.mark.parametrize("errors", [[], ["One."], [ODD, SafeString("<i>two</i>"), forms.ValidationError("Three.")]])
@pytest.mark.parametrize("field_id", [None, "id_a"])
def test_prints_errors_as_django_does(errors, field_id):
    ours, theirs = (
        ErrorList(errors, error_class="nonfield", renderer=renderer, field_id=field_id)
        for renderer in (FormRenderer(), TemplatesSetting())
    )
    assert (str(ours), ours.as_ul()) == (str(theirs), theirs.as_ul())
