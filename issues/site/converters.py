from functools import cache

from django.urls import register_converter


class SlugConverter:
    """Slugs in any script. Django's own is ASCII; "str" lets NUL through, which PostgreSQL refuses."""

    regex = r"[-\w]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


@cache
def register() -> None:
    """Make the converter known as "unicode". For each module of addresses that uses it."""
    register_converter(SlugConverter, "unicode")
