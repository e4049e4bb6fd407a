from functools import cache

from django.urls import register_converter

from text.slugs import SLUG


class SlugConverter:
    """Match slugs in any script. Django's own "slug" is ASCII; "str" lets NUL through, which PostgreSQL refuses."""

    regex = SLUG

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


@cache
def register() -> None:
    """Register the converter as "unicode". Every module of routes that uses it calls this; the first call counts."""
    register_converter(SlugConverter, "unicode")
