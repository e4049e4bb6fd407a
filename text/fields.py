"""Model fields for printed text, with its validators."""

from django.db import models

import text.lookups  # noqa: F401  # Registers the lookups.
from text.markdown import MAX_MARKDOWN_LENGTH, validate_markdown
from text.received import compose
from text.slugs import validate_slug
from text.validators import validate_http_address, validate_line, validate_printable

# The condition of a constraint on a field called url.
IS_HTTP_OR_EMPTY = models.Q(url="") | models.Q(url__regex=r"^https?://\S+$")


class BackstopConstraint(models.CheckConstraint):
    """A database constraint on values that fields and clean() already refuse, with their own messages and no query.

    Django would otherwise check it in validate(), with a query for every row of a form.
    """

    def validate(self, *args, **kwargs):
        """Do nothing: the field reports the error."""


class MarkdownField(models.TextField):
    """Markdown of at most MAX_MARKDOWN_LENGTH characters. text/markdown.py has the rules."""

    default_validators = [validate_printable, validate_markdown]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": MAX_MARKDOWN_LENGTH} | kwargs)


class LineField(models.CharField):
    """One line of text: a title, a name. Cleaning it composes it, so that no name is kept twice in two spellings."""

    default_validators = [validate_line]

    def to_python(self, value):
        value = super().to_python(value)
        return compose(value) if isinstance(value, str) else value


class HttpAddressField(models.CharField):
    """An absolute http(s) address, kept as typed. (The form field of Django's URLField changes some addresses.)"""

    default_validators = [validate_http_address]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 2000} | kwargs)


class SlugField(models.CharField):
    """The last part of an address, in any script. Django's refuses vowel signs."""

    default_validators = [validate_slug]
