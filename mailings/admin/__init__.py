# Django finds an app's pages of the desk here.
from mailings.admin import mailings  # noqa: F401
