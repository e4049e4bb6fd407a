"""Form fields for articles and issues: tags, and choices of rows that are already loaded."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.urls import reverse
from django.utils.text import slugify

from desk.widgets import NO_CLEARING, OrderedModelMultipleChoiceField
from issues.models.articles import Tagging
from text.validators import validate_line


class TagSelect(AutocompleteSelectMultiple):
    """Select that suggests tags by name, and takes new ones."""

    def get_url(self) -> str:
        return reverse("admin:taggit_tag_suggest")

    def build_attrs(self, base_attrs, extra_attrs=None):
        return super().build_attrs(base_attrs, extra_attrs) | {
            "data-tags": "true",
            "data-token-separators": '[","]',
            **NO_CLEARING,
        }

    def optgroups(self, name, value, attrs=None):
        return [(None, [self.create_option(name, tag, tag, True, 0) for tag in value if tag], 0)]


class TagsField(forms.Field):
    """A list of tag names."""

    is_unordered = True

    def __init__(self, **kwargs):
        super().__init__(widget=TagSelect(Tagging._meta.get_field("tag"), admin.site), **kwargs)

    def clean(self, value: list[str] | None) -> list[str]:
        names = [" ".join(name.split()) for name in value or []]
        for name in names:
            validate_line(name)
            slug = slugify(name, allow_unicode=True)
            if not slug:
                sentence = f"“{name}” needs letters or digits for the address of its page."
                raise forms.ValidationError(sentence, code="slug")
            # Name and slug have room for 100 characters. taggit appends a number if another tag has the slug.
            if max(len(name), len(slug) + 5) > 100:
                raise forms.ValidationError(f"The tag “{name[:40]}…” is too long. Shorten it.", code="max_length")
        return list({name.casefold(): name for name in names if name}.values())

    def has_changed(self, initial, data):
        return sorted(initial or []) != sorted(data or [])


class LoadedChoiceField(forms.ModelChoiceField):
    """A choice of one row. It takes a row from `loaded`, by its key as text, without a query."""

    loaded: dict[str, Any] = {}

    def to_python(self, value):
        return self.loaded.get(str(value)) or super().to_python(value)


class LoadedMultipleChoiceField(OrderedModelMultipleChoiceField):
    """An ordered choice of many rows. It takes them from `loaded`, as LoadedChoiceField does."""

    loaded: dict[str, Any] = {}

    def clean(self, value):
        keys = list(dict.fromkeys(map(str, value or [])))
        if keys and all(key in self.loaded for key in keys):
            return [self.loaded[key] for key in keys]
        return super().clean(value)


class LoadedRowForm(forms.ModelForm):
    """A row of a formset that does not check its choices with another query: their fields have checked them."""

    def _get_validation_exclusions(self):
        choices = {name for name, field in self.fields.items() if isinstance(field, LoadedChoiceField)}
        return super()._get_validation_exclusions() | choices  # type: ignore[misc]


class LoadedRowFormSet(forms.BaseInlineFormSet):
    """Rows that pass loaded objects to their fields, so that saving needs no query for each row."""

    def add_fields(self, form, index):
        super().add_fields(form, index)
        row = form.instance
        if not row.pk:
            return
        form.fields["id"] = LoadedChoiceField(
            self.get_queryset(), initial=row.pk, required=False, widget=forms.HiddenInput
        )
        form.fields["id"].loaded = {str(row.pk): row}
        for name, field in form.fields.items():
            if isinstance(field, LoadedChoiceField) and name != "id":
                chosen = getattr(row, name, None)
                field.loaded = {str(chosen.pk): chosen} if chosen else {}
