from datetime import UTC, datetime

import pytest

from issues.preflight import preflight
from tests.issues.preflight.checking import reload, summaries
from tests.make import make_article, make_issue, make_placement, make_publication

pytestmark = pytest.mark.django_db


def test_findings_are_in_order_of_level_and_then_of_print():
    issue = make_issue(status="draft", publish_at=datetime(2030, 1, 6, 12, tzinfo=UTC), number=1)
    make_article(issue=issue, blurb="TODO", publication=make_publication(), section="outages")
    untitled = make_article(issue=issue, title="", blurb="", publication=make_publication())
    make_article(issue=issue, url="", publication=make_publication())
    findings = preflight(reload(issue))
    assert summaries(findings) == [
        ("stop", "no_title", "id_articles-0-title"),
        ("stop", "no_address", "id_articles-1-url"),
        ("warning", "no_blurb", "id_articles-0-blurb"),
        ("warning", "placeholder", "id_articles-2-blurb"),
        ("note", "no_sponsor", "id_placements-0-sponsor"),
        ("note", "not_checked", "id_articles-0-url"),
    ]
    assert findings[0].article == untitled


PICTURE = f"![A picture](/pictures/{'a' * 20}-3x2.png)"


@pytest.mark.parametrize(
    ("blurb", "queries"), [("A blurb.", 3), ("As the article above says.", 4), (f"{PICTURE} {PICTURE}", 4)]
)
def test_preflight_takes_a_fixed_number_of_queries(django_assert_num_queries, blurb, queries):
    for count in (1, 3):
        issue = make_issue(outages=count)
        for _ in range(count):
            make_article(issue=issue, blurb=blurb)
        make_placement(issue)
        loaded = reload(issue)
        with django_assert_num_queries(queries):
            preflight(loaded)


def test_empty_issue_is_checked():
    assert preflight(reload(make_issue(status="draft")))[0].code == "no_articles"
