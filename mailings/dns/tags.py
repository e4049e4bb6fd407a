"""Lists of tags, such as “v=DMARC1; p=none”: RFC 6376, section 3.2."""


def read_tags(text: str) -> dict[str, str]:
    """Return the tags by their names, without spaces in their values. The first of two with one name counts."""
    tags: dict[str, str] = {}
    for part in text.split(";"):
        name, separator, value = part.partition("=")
        if separator:
            tags.setdefault(name.strip().lower(), "".join(value.split()))
    return tags
