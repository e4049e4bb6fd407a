"""Form fields and widgets of the desk."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.forms import SimpleArrayField
from django.db import models
from django.forms.widgets import Script
from markdownx.widgets import AdminMarkdownxWidget

from desk.moments import MomentField, MomentWidget
from text.fields import MarkdownField


class DeskScript(Script):
    """Script with the address of a view. Hashed by its path alone: Django looks the address up for each hash."""

    def __init__(self, src: str, address: Any, **attributes: Any) -> None:
        super().__init__(src, **{"data-address": address, **attributes})
        self._key = hash(src)

    __eq__ = Script.__eq__

    def __hash__(self) -> int:
        return self._key


class MarkdownEditor(AdminMarkdownxWidget):
    """markdownx's editor with our own scripts, which also work in rows added later and leave the Tab key alone."""

    template_name = "django/forms/widgets/textarea.html"

    class Media:
        extend = False
        js = (
            DeskScript("desk/markdown-preview.js", settings.MARKDOWNX_URLS_PATH),
            "desk/writing.js",
            DeskScript(
                "desk/pictures.js",
                settings.MARKDOWNX_UPLOAD_URLS_PATH,
                **{"data-limit": settings.PICTURE_MAX_BYTES},
            ),
        )

    def value_from_datadict(self, data, files, name):
        r"""Return the text with line ends as it is kept. Browsers send \r\n, which would count as a change."""
        text = super().value_from_datadict(data, files, name)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text

    @staticmethod
    def add_markdownx_attrs(attrs: dict[str, Any]) -> dict[str, Any]:
        """Mark the field for the scripts, without the settings that only markdownx's own script reads."""
        return attrs | {"class": "vLargeTextField markdownx-editor"}


class DeskFields(BaseModelAdmin):
    """Admin class that shows Markdown fields with a preview, array fields with one entry on each line, and moments."""

    formfield_overrides = {models.DateTimeField: {"form_class": MomentField, "widget": MomentWidget}}

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if isinstance(db_field, MarkdownField):
            kwargs["widget"] = MarkdownEditor(attrs={"rows": 6, "cols": False})
        elif isinstance(db_field, ArrayField):
            kwargs["form_class"] = LinesField
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:
            # Browsers silently cut pasted text to this length; the field's validator reports it instead.
            field.widget.attrs.pop("maxlength", None)
        return field


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
