"""The page before rows are deleted says what uses them."""

from typing import Any

import pytest
from django.urls import reverse
from taggit.models import Tag

from collecting.models.sources import Source
from issues.models.articles import Article
from tests.make import (
    make_article,
    make_author,
    make_candidate,
    make_correction,
    make_issue,
    make_page,
    make_placement,
    make_publication,
    make_sponsor,
    sign_in,
)


def ask(desk, row: Any):
    return desk.get(reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_delete", args=[row.pk]))


def delete(desk, row: Any):
    return desk.post(reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_delete", args=[row.pk]), {"post": "yes"})


def delete_selected(desk, *rows: Any, **fields):
    url = reverse(f"admin:{rows[0]._meta.label_lower.replace('.', '_')}_changelist")
    if isinstance(rows[0], Article):
        url += "?place=all"
    return desk.post(url, {"action": "delete_selected", "_selected_action": [row.pk for row in rows], **fields})


def exists(row: Any) -> bool:
    return type(row)._default_manager.filter(pk=row.pk).exists()


def make_used_author():
    author = make_author()
    make_article(issue=make_issue(), authors=(author,))
    return author


def make_used_publication():
    return make_article(issue=make_issue(), publication=make_publication()).publication


def make_used_tag():
    make_article(issue=make_issue(), tags=("slo",))
    return Tag.objects.get()


def make_used_sponsor():
    return make_placement(make_issue()).sponsor


def make_used_source():
    source = Source.objects.create(title="A feed", url="https://example.com/feed")
    make_candidate(source=source)
    return source


def make_used_page():
    make_article(issue=make_issue(), blurb="See [us](/about/).")
    return make_page(is_published=False)


FORBIDDEN = [make_used_author, make_used_publication, make_used_sponsor, lambda: make_issue(status="draft", articles=1)]
ALLOWED = [
    *(make_used_tag, make_used_source, make_used_page),
    lambda: make_publication(sponsor=make_sponsor()).sponsor,
    lambda: make_placement(make_issue()),
    lambda: make_correction(make_issue()),
    lambda: make_issue(status="draft", articles=1).articles.get(),
]


@pytest.mark.parametrize("make", FORBIDDEN)
def test_row_that_is_needed_is_not_deleted_and_the_page_says_by_what(desk, make):
    row = make()
    context = ask(desk, row).context
    assert [place.address.partition("/admin/")[1] for use in context["protected"] for place in use.places] == [
        "/admin/"
    ]
    assert delete(desk, row).status_code == 200
    assert delete_selected(desk, row, post="yes").context["protected"]
    assert exists(row)


@pytest.mark.parametrize("make", ALLOWED)
def test_page_says_what_becomes_of_what_uses_the_row(desk, make):
    row = make()
    deletion = ask(desk, row).context["deleted_objects"]
    assert [use.total for use in deletion.uses] == [1]
    assert deletion.uses[0].then
    assert delete_selected(desk, row).context["deletable_objects"][0].uses == deletion.uses
    assert delete(desk, row).status_code == 302
    assert not exists(row)


def test_first_ten_are_shown_with_the_number_of_all_and_a_link_to_them(desk):
    author = make_author()
    for _ in range(12):
        make_article(authors=(author,))
    response = ask(desk, author)
    [use] = response.context["protected"]
    assert (use.total, len(use.places), use.unnamed) == (12, 10, 2)
    assert desk.get(use.all_address).context["cl"].result_count == 12
    assert use.all_address.replace("&", "&amp;") in response.text


@pytest.mark.parametrize("make", [make_used_author, make_used_publication, make_used_tag, make_used_sponsor])
def test_merging_is_offered_instead(desk, make):
    row = make()
    address = ask(desk, row).context["deleted_objects"].merge_address
    assert [choice.row for choice in desk.get(address).context["choices"]] == [row]


def test_address_of_a_published_page_is_named(desk):
    [use] = ask(desk, make_page()).context["deleted_objects"].uses
    assert use.places[0].address == "/about/"


def test_selected_rows_are_deleted_together(desk):
    rows = [make_author(), make_author()]
    assert not delete_selected(desk, *rows).context["protected"]
    assert delete_selected(desk, *rows, post="yes").status_code == 302
    assert not any(map(exists, rows))


def test_row_that_nobody_may_delete_is_not_offered_for_it(desk):
    drafted, published = make_issue(status="draft"), make_issue()
    response = delete_selected(desk, drafted, published)
    assert response.context["perms_lacking"]
    assert delete_selected(desk, drafted, published, post="yes").status_code == 403
    assert exists(drafted)


@pytest.mark.parametrize("make", [*FORBIDDEN, *ALLOWED])
def test_deleting_needs_permission(db, make):
    row = make()
    name = row._meta.model_name
    client = sign_in(f"view_{name}", f"change_{name}")
    assert ask(client, row).status_code == delete(client, row).status_code == 403
    assert exists(row)


def test_rows_that_do_not_know_their_uses_show_what_goes_with_them(desk, django_user_model):
    user = django_user_model.objects.create_user("other")
    assert "other" in ask(desk, user).text
    assert delete(desk, user).status_code == 302


@pytest.mark.parametrize("make", [make_used_author, make_used_publication, make_used_tag])
def test_page_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, make):
    row = make()
    fields = {"author": {"authors": (row,)}, "publication": {"publication": row}, "tag": {"tags": (row.name,)}}
    for _ in range(2):
        with django_assert_num_queries(6):
            ask(desk, row)
        make_article(issue=make_issue(), **fields[row._meta.model_name])
