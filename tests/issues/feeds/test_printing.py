import hashlib
from datetime import UTC, datetime

import pytest

from issues.feeds import documents
from issues.feeds.documents import Format, article_entry, issue_entry
from issues.feeds.versions import WRITTEN_SINCE
from issues.feeds.views import WRITERS, newsletter_feed
from issues.models.articles import Article
from issues.models.issues import Issue
from tests.issues.printing.test_markup_contract import make_sample

pytestmark = pytest.mark.django_db

MOMENT = datetime(2024, 8, 12, 0, 45, tzinfo=UTC)
LINKS = {
    "hub": "https://hub.example/",
    "current": "https://sreweekly.example/feed/",
    "prev-archive": "https://x.example/",
}


def test_way_of_writing_changes_with_written_since(monkeypatch):
    make_sample()
    Issue.objects.update(updated_at=MOMENT)
    # How issues are printed has a date and a test of its own: tests/issues/test_rendering.py.
    monkeypatch.setattr(documents, "render_html", lambda issue: "<p>Contents")
    issue = Issue.objects.with_contents().get()
    article = Article.objects.with_credits().select_related("issue").get(pk=900_001)
    printed = "".join(
        WRITERS[form][0](newsletter_feed(form, LINKS), [issue_entry(issue), article_entry(article)], MOMENT)
        for form in Format
    )
    assert (WRITTEN_SINCE.isoformat(), hashlib.sha256(printed.encode()).hexdigest()) == (
        "2026-11-23T18:30:00+00:00",
        "86fd77fd3ef810e4f8997b770f6ddbcc9908cbd9cf4fc80059e47dc22c3810ae",
    ), (
        "Feeds are written differently now, so feed readers must fetch them again. "
        "Set WRITTEN_SINCE in issues/feeds/versions.py to the present time (UTC), and write both values here."
    )
