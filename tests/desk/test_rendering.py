"""Forms are rendered by Jinja, and show the same as Django's own templates."""

from typing import Any

import pytest
from django import forms
from django.contrib.admin.widgets import AdminURLFieldWidget
from django.forms.renderers import Jinja2
from django.template import engines
from django.test.html import parse_html

from desk.rendering import FormRenderer
from desk.widgets import DeskScript
from sreweekly.static_files import StaticFiles

CHOICES = [("a", "A < B"), ("", "none"), ("Group", [("c", "C"), ("d", "D")])]
VALUES = ["", None, "a", '<b> & "c"', "\nfirst line", "0"]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("attrs", [{}, {"id": "x", "required": True, "disabled": False, "data-a": '"&'}])
@pytest.mark.parametrize(
    "widget",
    [forms.TextInput(), forms.HiddenInput(), forms.NumberInput(), forms.Textarea(), forms.Select(choices=CHOICES)],
)
def test_widget_is_printed_as_django_prints_it(widget, attrs, value):
    ours, django = (widget.render("name", value, attrs, renderer) for renderer in (FormRenderer(), Jinja2()))
    assert parse_html(ours) == parse_html(django)


@pytest.mark.parametrize("value", [True, False, None, "yes"])
def test_checkbox_is_printed_as_django_prints_it(value):
    widget = forms.CheckboxInput()
    ours, django = (widget.render("name", value, {}, renderer) for renderer in (FormRenderer(), Jinja2()))
    assert parse_html(ours) == parse_html(django)


def test_widget_without_a_template_of_jinja_is_rendered_by_django():
    html = AdminURLFieldWidget().render("name", "https://example.com/", {}, FormRenderer())
    assert 'href="https://example.com/"' in html


def test_form_escapes_what_was_typed_and_shows_its_errors():
    class Form(forms.Form):
        number = forms.IntegerField(label="<Number>")

    html = str(Form({"number": "<script>"}))
    assert "&lt;Number&gt;" in html
    assert "<script>" not in html
    assert 'class="errorlist"' in html


def test_tag_includes_a_template_of_jinja_with_the_context():
    template = engines["django"].from_string('{% load jinja %}{% jinja "admin/_menu.html" %}')
    entry = {"name": "<Inbox>", "address": "/inbox/", "is_here": True}
    html = template.render({"menu": [[entry]], "waiting": {"<Inbox>": 3}})
    assert '<a href="/inbox/" aria-current="page">&lt;Inbox&gt; <span class="count">3</span></a>' in html


@pytest.mark.parametrize("address", ["auth/user/add/", "issues/author/add/"])
def test_help_of_a_field_may_be_html_that_is_made_late(desk, address):
    page = desk.get(f"/admin/{address}").content.decode()
    assert 'class="help"' in page
    assert "&lt;" not in page


def test_script_of_two_forms_is_loaded_once():
    scripts: list[Any] = [DeskScript("desk/names.js", "/names/") for _ in range(2)]
    one, other = (forms.Media(js=[script]) for script in scripts)
    assert str(one + other).count("<script") == 1


def test_address_of_a_static_file_is_computed_once(settings):
    settings.DEBUG = False
    files = StaticFiles()
    files.hashed_files = {"a.css": "a.123.css"}
    assert files.url("a.css") == "/static/a.123.css"
    files.hashed_files = {}
    assert files.url("a.css") == "/static/a.123.css"
