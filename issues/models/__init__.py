# Django finds an app's models here. Import each from its own module.
from issues.models import (  # noqa: F401
    addresses,
    articles,
    cards,
    corrections,
    credits,
    downloads,
    issues,
    pages,
    revisions,
    search,
    settled,
    site_version,
    subjects,
    tags,
)
