# Django finds the admin classes here.
from mailings.admin import imports, mailings, subscribers, suppressions  # noqa: F401
