"""Form fields and widgets of the desk."""

from typing import Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.forms import SimpleArrayField
from markdownx.widgets import AdminMarkdownxWidget

from text.fields import MarkdownField
from text.markdown import render_markdown

# Select2 puts its button for clearing among the items of a list, where HTML allows no button.
NO_CLEARING = {"data-allow-clear": "false"}


class MarkdownEditor(AdminMarkdownxWidget):
    """markdownx's editor with our own script, which also works in rows added later and leaves the Tab key alone."""

    template_name = "admin/widgets/markdown_editor.html"

    class Media:
        extend = False
        js = ("desk/markdown-preview.js", "desk/writing.js")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        return context | {"preview": render_markdown(value or "")}


class DeskFields(BaseModelAdmin):
    """Admin class that shows Markdown fields with a preview, and array fields with one entry on each line."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if isinstance(db_field, MarkdownField):
            kwargs["widget"] = MarkdownEditor(attrs={"rows": 6})
        elif isinstance(db_field, ArrayField):
            kwargs["form_class"] = LinesField
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:
            # Browsers silently cut pasted text to this length; the field's validator reports it instead.
            field.widget.attrs.pop("maxlength", None)
        return field


class LoadedOptions(AutocompleteMixin, forms.Select):
    """Autocomplete widget that shows its options in the order chosen, with labels that its form may have loaded.

    `labels` maps primary keys, as text, to labels. One query loads all labels that are missing.
    """

    labels: dict[str, str] = {}

    def optgroups(self, name, value, attrs=None):
        chosen = [str(key) for key in value if key]
        if unknown := [key for key in chosen if key not in self.labels and key.isdecimal()]:
            found = self.choices.queryset.filter(pk__in=unknown)
            self.labels = self.labels | {str(row.pk): str(row) for row in found}
        options = [] if self.is_required or self.allow_multiple_selected else [("", "")]
        options += [(key, self.labels[key]) for key in chosen if key in self.labels]
        return [(None, [self.create_option(name, *option, option[0] in chosen, 0) for option in options], 0)]


class LoadedSelect(LoadedOptions, AutocompleteSelect):
    pass


class LoadedSelectMultiple(LoadedOptions, AutocompleteSelectMultiple):
    def build_attrs(self, base_attrs, extra_attrs=None):
        return super().build_attrs(base_attrs, extra_attrs) | NO_CLEARING


class OrderedModelMultipleChoiceField(forms.ModelMultipleChoiceField):
    """Choose several rows; the value is a list in the order of choice."""

    def clean(self, value):
        found = {str(row.pk): row for row in super().clean(value)}
        return [found[key] for key in dict.fromkeys(map(str, value or []))]

    def has_changed(self, initial, data):
        return not self.disabled and [str(key) for key in initial or []] != [str(key) for key in data or []]


class LinesField(SimpleArrayField):
    """Form field for an ArrayField, with one entry on each line."""

    def __init__(self, base_field=None, **kwargs):
        kwargs.pop("delimiter", None)
        kwargs["widget"] = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
        super().__init__(base_field or forms.CharField(), delimiter="\n", **kwargs)

    def to_python(self, value):
        if isinstance(value, str):
            value = "\n".join(line.strip() for line in value.splitlines() if line.strip())
        return super().to_python(value)
