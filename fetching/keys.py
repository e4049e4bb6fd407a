"""Keep the stored keys of addresses in step with the rules that make them."""

from contextlib import suppress
from itertools import batched
from typing import Any

from django.db import IntegrityError, models, transaction

from fetching.identity import canonicalize


def refresh_keys(model: type[models.Model]) -> None:
    """Make `canonical_url` from `url` again after a change of canonicalize(). One query, one more for 1,000 changes.

    If two rows have become the same link and a constraint forbids that, the second one keeps its former key.
    """
    rows: models.QuerySet[Any] = model._default_manager.only("url", "canonical_url")
    stale = [row for row in rows if row.canonical_url != canonicalize(row.url)]
    for row in stale:
        row.canonical_url = canonicalize(row.url)
    for some in batched(stale, 1000, strict=False):
        try:
            with transaction.atomic():
                rows.bulk_update(some, ["canonical_url"])
        except IntegrityError:
            for row in some:
                with suppress(IntegrityError), transaction.atomic():
                    rows.bulk_update([row], ["canonical_url"])
