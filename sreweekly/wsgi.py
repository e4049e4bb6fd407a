import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sreweekly.settings")

django = get_wsgi_application()

# Only now, because both read the settings.
from django.conf import settings  # noqa: E402
from prometheus_client import REGISTRY  # noqa: E402

from sreweekly.page_store import PageStore  # noqa: E402
from sreweekly.site_version import SiteVersionWatcher  # noqa: E402

application = PageStore(django, SiteVersionWatcher(), settings.PAGE_STORE_MB * 2**20)
REGISTRY.register(application)
