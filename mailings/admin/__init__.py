# Django finds the admin classes here.
from mailings.admin import imports, subscribers, suppressions  # noqa: F401
