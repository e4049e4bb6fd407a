"""Form fields of what is printed: tags."""

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.urls import reverse
from django.utils.text import slugify

from desk.widgets import NO_CLEARING
from issues.models.articles import Tagging
from text.validators import validate_line


class TagSelect(AutocompleteSelectMultiple):
    """Tags by name, with suggestions; what is typed and unknown becomes a new tag."""

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
            if len(name) > 100:
                raise forms.ValidationError(f"“{name[:40]}…” is too long for a tag: 100 characters at the most.")
            slug = slugify(name, allow_unicode=True)
            if len(slug) > 95:  # Of 100: taggit appends a number where another tag has it.
                raise forms.ValidationError(f"The address made of “{name[:40]}…” would be too long: shorten the tag.")
            if not slug:
                raise forms.ValidationError(f"“{name}” needs letters or digits: its page’s address is made of them.")
        return list({name.casefold(): name for name in names if name}.values())

    def has_changed(self, initial, data):
        return sorted(initial or []) != sorted(data or [])
