# Django finds an app's models here. Import each from its own module.
from mailings.models import deliveries, imports, mailings, reports, setup, subscribers, suppressions  # noqa: F401
