"""The page “Credits to look at” settles doubtful credits, many at once, and remembers what is right."""

import pytest
from django.contrib.admin.models import LogEntry

from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.issues import Issue
from issues.models.settled import SettledCredit
from issues.printing.html import render_html
from tests.make import make_article, make_author, make_issue, make_publication, note_changes, sign_in, sign_in_as

PAGE = "/admin/issues/author/doubts/"
JSON = {"Accept": "application/json"}


def write(*authors, publication=None, byline="", **fields):
    article = make_article(authors=authors, publication=publication, byline=byline, **fields)
    if not authors:
        article.credit([])
    return article


def keys(desk, **query):
    """Return the keys of the rows, by section."""
    return {s.kind: [row.key for row in s.rows] for s in desk.get(PAGE, query).context["sections"]}


def settle(desk, decision, *rows, **fields):
    return desk.post(PAGE, {decision: "", "row": rows, **fields}, follow=True)


def settle_by_script(desk, decision, *rows):
    return desk.post(PAGE, {decision: rows}, headers=JSON).json()["rows"]


def levels(response):
    return [message.level_tag for message in response.context["messages"]]


def credits(article):
    article = Article.objects.with_credits().get(pk=article.pk)
    return [author.name for author in article.credited_authors], article.publication and article.publication.name


# Bylines


def test_selected_bylines_credit_whom_they_name_and_stay_as_printed(desk, client):
    make_author("Ann Lee", aliases=["A. B. Lee"])
    known = make_publication("Lamp", aliases=["Lamp Journal"])
    issue = make_issue()
    one = write(byline="A. B. Lee and Bob Muster — Lamp Journal (summary)", issue=issue)
    two = write(byline="Zoë Fox, with guests")
    other = write(byline="Zoë Fox, with guests", issue=issue)
    note_changes()
    before = render_html(Issue.objects.with_contents().get())
    response = settle(desk, "yes", f"byline-{one.pk}", f"byline-{two.pk}")
    assert levels(response) == ["success"]
    assert credits(one) == (["Ann Lee", "Bob Muster"], known.name)
    assert credits(two) == credits(other) == (["Zoë Fox"], None)
    assert render_html(Issue.objects.with_contents().get()) == before
    assert client.get("/authors/ann-lee/").status_code == 200
    assert issue.revisions.count() == 2
    assert LogEntry.objects.filter(object_id=one.pk, action_flag=2).exists()
    assert keys(desk) == {}


def test_byline_that_names_nobody_known_is_refused_and_can_be_found_right(desk):
    article = write(byline="a paper on lamps")
    [row] = settle_by_script(desk, "yes", f"byline-{article.pk}")
    assert (row["done"], credits(article)) == (False, ([], None))
    settle(desk, "no", f"byline-{article.pk}")
    assert keys(desk) == {}


@pytest.mark.parametrize("byline", ["", "  "])
def test_byline_that_was_emptied_meanwhile_is_gone(desk, byline):
    article = write(byline=byline)
    for decision in ("yes", "no"):
        assert settle_by_script(desk, decision, f"byline-{article.pk}") == []
    assert not SettledCredit.objects.exists()


def test_credits_of_a_byline_are_taken_back(desk):
    article, same = (write(byline="Ann Lee — Lamp (summary)") for _ in range(2))
    before = write(make_author("Ann Lee"), publication=make_publication("Lamp"), byline="Ann Lee — Lamp (summary)")
    [row] = settle_by_script(desk, "yes", f"byline-{article.pk}")
    assert credits(article) == credits(same) == (["Ann Lee"], "Lamp")
    settle_by_script(desk, "return", row["now"])
    assert credits(article) == credits(same) == ([], None)
    assert credits(before) == (["Ann Lee"], "Lamp")


def test_credits_that_were_changed_since_are_not_taken_back(desk):
    article = write(byline="Ann Lee — Lamp (summary)")
    [row] = settle_by_script(desk, "yes", f"byline-{article.pk}")
    article.credit([make_author("Bob")])
    settle_by_script(desk, "return", row["now"])
    assert credits(article) == (["Bob"], "Lamp")


def test_articles_with_such_bylines_are_filtered_and_lead_to_the_page(desk):
    one, two = write(byline="Ann Lee (summary)"), write(byline="Bob Muster (summary)")
    write(make_author(), byline="Ann, with guests")
    bare = write()
    listed = {"place": "all", "credits": "byline"}
    found = desk.get("/admin/issues/article/", listed).context["cl"].result_list
    assert {article.pk for article in found} == {one.pk, two.pk}
    [none] = desk.get("/admin/issues/article/", {**listed, "credits": "none"}).context["cl"].result_list
    assert none.pk == bare.pk
    data = {"action": "credit_bylines", "_selected_action": [one.pk, bare.pk]}
    response = desk.post("/admin/issues/article/", data, follow=True)
    assert [section.rows[0].key for section in response.context["sections"]] == [f"byline-{one.pk}"]
    data["_selected_action"] = [bare.pk]
    assert levels(desk.post("/admin/issues/article/", data, follow=True)) == ["warning"]


# Kinds


def test_selected_authors_and_publications_become_the_other_kind(desk, client):
    issue = make_issue()
    visa, aws = make_author("Visa"), make_author("Aws", aliases=["AWS Cloud"])
    ann = make_publication("Ann Moss")
    one, two, three = (
        write(visa, issue=issue),
        write(aws, issue=issue, url="https://aws.example/"),
        write(issue=issue, publication=ann),
    )
    make_article(authors=(make_author("Ann Lee"),))
    note_changes()
    rows = keys(desk)
    assert rows == {
        "authors": [f"author-{aws.pk}", f"author-{visa.pk}"],
        "publications": [f"publication-{ann.pk}"],
    }
    settle(desk, "yes", *rows["authors"], *rows["publications"])
    assert (credits(one), credits(two), credits(three)) == (([], "Visa"), ([], "Aws"), (["Ann Moss"], None))
    assert Publication.objects.get(name="Aws").aliases == ["AWS Cloud"]
    assert client.get("/authors/visa/").url.endswith("/publications/visa/")
    assert issue.revisions.count() == 2
    # What was turned is not doubted again.
    assert keys(desk) == {}


def test_turning_is_taken_back_and_asked_for_again(desk):
    article = write(make_author("Visa", aliases=["VISA Inc."]))
    [before] = keys(desk)["authors"]
    [row] = settle_by_script(desk, "yes", before)
    assert credits(article) == ([], "Visa")
    settle_by_script(desk, "return", row["now"])
    assert (credits(article), Author.objects.get().aliases) == ((["Visa"], None), ["VISA Inc."])
    assert len(keys(desk)["authors"]) == 1


def test_author_joins_the_publication_that_has_this_name_or_other_name(desk):
    known = make_publication("Lamp", aliases=["Lamp Journal"])
    article = write(author := make_author("Lamp Journal"))
    [row] = settle_by_script(desk, "yes", f"author-{author.pk}")
    assert (row["done"], row["now"]) == (True, "")
    assert credits(article) == ([], known.name)


def test_author_of_an_article_of_another_publication_stays(desk):
    visa = make_author("Visa")
    article = write(visa, publication=make_publication("Press"))
    [row] = settle_by_script(desk, "yes", f"author-{visa.pk}")
    assert (row["done"], credits(article)) == (False, (["Visa"], "Press"))
    assert Publication.objects.count() == 1
    free = write(visa)
    [row] = settle_by_script(desk, "yes", f"author-{visa.pk}")
    assert (row["done"], credits(article), credits(free)) == (False, (["Visa"], "Press"), ([], "Visa"))


# Pairs


def make_pairs():
    """Return keys of two pairs of authors that hang together, and of one of publications."""
    jaime, jamie, jaimee = (make_author(name) for name in ("Jaime Woo", "Jamie Woo", "Jaimee Woo"))
    times, the_times = make_publication("New York Times"), make_publication("The New York Times")
    for author in (jaime, jaime, jamie):
        write(author, publication=the_times, issue=make_issue())
    return [
        f"authors-{jaime.pk}-{jamie.pk}",
        f"authors-{jamie.pk}-{jaimee.pk}",
        f"publications-{the_times.pk}-{times.pk}",
    ]


def test_merging_is_confirmed_and_then_merges_all(desk, client):
    rows = make_pairs()
    note_changes()
    response = settle(desk, "yes", *rows)
    assert [key for key, _ in response.context["pairs"]] == rows
    assert Author.objects.count() == 3
    kept = Publication.objects.get(name="New York Times")
    settle(desk, "yes", *rows, sure="1", **{f"kept-{rows[2]}": kept.pk})
    assert [(row.name, row.aliases) for row in Author.objects.all()] == [("Jaime Woo", ["Jaimee Woo", "Jamie Woo"])]
    assert [(row.name, row.aliases) for row in Publication.objects.all()] == [
        ("New York Times", ["The New York Times"])
    ]
    assert Article.objects.filter(authors__name="Jaime Woo", publication=kept).count() == 3
    assert client.get("/authors/jamie-woo/").url.endswith("/authors/jaime-woo/")


def test_script_merges_nothing_without_a_confirmation(desk):
    assert settle_by_script(desk, "yes", make_pairs()[0]) == []
    assert Author.objects.count() == 3


def test_two_that_are_two_are_not_offered_again_until_that_is_taken_back(desk):
    one, other = make_author("Jaime Woo"), make_author("Jamie Woo")
    [row] = settle_by_script(desk, "no", f"authors-{one.pk}-{other.pk}")
    assert keys(desk) == {}
    response = desk.get("/admin/issues/author/merge/")
    assert response.context["pairs"] == []
    settle(desk, "return", row["now"])
    assert "author-pairs" in keys(desk)
    assert not SettledCredit.objects.exists()


# What may be posted, and by whom


@pytest.mark.parametrize("decision", ["yes", "no", "return", "other"])
def test_page_answers_whatever_is_posted(desk, decision):
    make_author("Visa")
    odd = [
        "",
        "author",
        "author-x",
        "author-0",
        "author-999999999999999999",
        "author-1-2",
        "authors-1",
        "settled-7",
        "x-1",
    ]
    response = settle(desk, decision, *odd, "byline-99", "byline-", "byline-7-7", "authors-98-99", "publications-5-5")
    assert levels(response) == ["warning"]
    assert (Author.objects.count(), SettledCredit.objects.count()) == (1, 0)
    assert desk.get(PAGE, {"article": ["x", "99", "999999999999999999999"]}).status_code == 200


@pytest.mark.parametrize("role", ["Contributor", "Proofreader", "Sponsor manager"])
def test_page_is_for_those_who_may_change_published_credits(db, role):
    client = sign_in_as(role)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"no": "author-1"}).status_code == 403


def test_page_needs_all_permissions(db):
    client = sign_in("view_author", "change_author", "delete_author", "add_author", "change_article", "view_article")
    assert client.get(PAGE).status_code == 403
    assert client.get("/admin/issues/author/").context["doubts_address"] == ""
    assert "credit_bylines" not in client.get("/admin/issues/article/").text


@pytest.mark.parametrize("kind", ["author", "publication"])
def test_lists_lead_to_the_page(desk, kind):
    assert PAGE in desk.get(f"/admin/issues/{kind}/").text


# Queries


def test_page_takes_a_fixed_number_of_queries(desk, django_assert_num_queries):
    desk.get(PAGE)
    for number in range(2):
        write(byline=f"Ann Lee (part {number})")
        write(make_author(f"Visa{number}"))
        make_pairs() if not number else None
        with django_assert_num_queries(10):
            desk.get(PAGE)


@pytest.mark.parametrize(("decision", "first", "each"), [("yes", 18, 15), ("no", 4, 3)])
def test_settling_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, decision, first, each):
    settle_by_script(desk, "yes", f"byline-{write(byline='Ann Lee (summary)', issue=make_issue()).pk}")
    for count in (2, 3):  # Links are checked if one issue changes alone.
        rows = []
        for number in range(count):
            rows.append(f"byline-{write(byline=f'Ann Lee ({count}, {number})', issue=make_issue()).pk}")
        note_changes()
        with django_assert_num_queries(first + count * each):
            settle_by_script(desk, decision, *rows)
