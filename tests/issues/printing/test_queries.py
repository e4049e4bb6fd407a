"""Nothing in printing/ makes a query: views load an issue once and print it in any form."""

import pytest

from issues.models.issues import Issue
from issues.printing import cards
from issues.printing.data import issue_data
from issues.printing.html import reading_minutes, render_html, summarize
from issues.printing.mail import render_mail
from issues.printing.metadata import describe_issue
from issues.printing.text import render_text
from issues.printing.version import digest
from tests.make import make_article, make_author, make_correction, make_issue, make_placement, make_publication

pytestmark = pytest.mark.django_db

FORMS = [
    *(render_html, summarize, reading_minutes, render_text, render_mail, issue_data, describe_issue, digest),
    *(cards.card_digest, cards.draw_issue_card),
]


@pytest.mark.parametrize("count", [1, 3])
def test_loaded_issue_is_printed_in_all_forms_without_a_query(django_assert_num_queries, count):
    issue = make_issue(outages=count)
    for _ in range(count):
        authors = (make_author(), make_author())
        make_article(issue=issue, authors=authors, publication=make_publication(), tags=("slo", "dns"))
        make_correction(issue)
    make_placement(issue)
    with django_assert_num_queries(6):
        loaded = Issue.objects.with_contents().get()
    with django_assert_num_queries(0):
        for form in FORMS:
            form(loaded)
