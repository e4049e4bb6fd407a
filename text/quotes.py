"""Quote the titles of other people in sentences."""


def quote(title: object) -> str:
    """Return a title in quotation marks, single ones if it begins or ends with double ones."""
    words = str(title)
    has_double = words.startswith(("“", '"', "„", "«")) or words.endswith(("”", '"', "“", "»"))
    return f"‘{words}’" if has_double else f"“{words}”"
