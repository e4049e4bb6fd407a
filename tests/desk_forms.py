"""Posts of the desk's forms as a browser makes them: all values of the page, with the changes of the test."""

from typing import Any

import lxml.html
from django.test import Client


def read_form(response: Any, form_id: str) -> dict[str, list[str]]:
    """Return the values of a form's fields by name, without the empty template rows."""
    (form,) = lxml.html.fromstring(response.content.decode()).xpath(f"//form[@id={form_id!r}]")
    textareas = {textarea.name for textarea in form.xpath(".//textarea")}
    values: dict[str, list[str]] = {}
    for name, value in form.form_values():
        if name in textareas:
            # HTML Standard, 13.1.2.5: a newline right after the start tag is not part of the value.
            value = value.removeprefix("\r").removeprefix("\n")
        if "__prefix__" not in name and not name.startswith("_"):
            values.setdefault(name, []).append(value)
    return values


def save(client: Client, url: str, form_id: str, button: str = "_save", /, **changes: Any) -> Any:
    """Open the form, change fields, and press a button. None removes a field; names may contain "-"."""
    data = read_form(client.get(url), form_id)
    for name, value in changes.items():
        if value is None:
            data.pop(name, None)
        else:
            data[name] = value
    return client.post(url, {**data, button: "1"})


def errors(response: Any) -> dict[str, list[str]]:
    """Return error messages by field name, such as "title" or "articles-0-title". The key "__all__" is for the form."""
    assert response.status_code == 200, response.status_code
    found = {field: list(messages) for field, messages in response.context["adminform"].form.errors.items()}
    for inline in response.context["inline_admin_formsets"]:
        for form in inline.formset.forms:
            found |= {f"{form.prefix}-{field}": list(messages) for field, messages in form.errors.items()}
        if inline.formset.non_form_errors():
            found[inline.formset.prefix] = list(inline.formset.non_form_errors())
    return found


def error_codes(response: Any) -> dict[str, list[str]]:
    """Return the codes of errors by field name, as errors() does for messages."""
    assert response.status_code == 200, response.status_code
    formsets = [inline.formset for inline in response.context["inline_admin_formsets"]]
    found = {}
    for form in (response.context["adminform"].form, *(form for formset in formsets for form in formset.forms)):
        for field, problems in form.errors.as_data().items():
            found[f"{form.prefix}-{field}" if form.prefix else field] = [problem.code for problem in problems]
    return found
