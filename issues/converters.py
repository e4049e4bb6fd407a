class SlugConverter:
    """Slugs in any script. Django's own is ASCII; "str" lets NUL through, which PostgreSQL refuses."""

    regex = r"[-\w]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
