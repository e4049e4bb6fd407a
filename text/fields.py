"""Model fields with the rules of what is printed. Know no app, so that every app may use them."""

from django.db import models

from text.markdown import MAX_MARKDOWN_LENGTH, validate_markdown
from text.validators import validate_http_address, validate_line, validate_printable

# A constraint's condition, for a field named url.
IS_HTTP_OR_EMPTY = models.Q(url="") | models.Q(url__regex=r"^https?://\S+$")


class MarkdownField(models.TextField):
    """Text in Markdown, of at most MAX_MARKDOWN_LENGTH characters. Its rules are in sreweekly/markup.py."""

    default_validators = [validate_printable, validate_markdown]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": MAX_MARKDOWN_LENGTH} | kwargs)


class LineField(models.CharField):
    """One line of text: a title, a name."""

    default_validators = [validate_line]


class HttpAddressField(models.CharField):
    """An absolute http(s) address, kept exactly as given. (Forms of Django's URLField rewrite theirs.)"""

    default_validators = [validate_http_address]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 2000} | kwargs)
