"""The backlog, used with the keyboard, and the suggestions in an article's form."""

from datetime import date

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from fetching.models import FetchedPage
from issues.models.articles import Article
from tests.browser.desk import add_row, find_violations, press
from tests.make import make_article, make_author, make_issue, make_publication


@pytest.fixture
def issue(transactional_db):
    return make_issue(number=12, status="draft")


@pytest.fixture
def five(issue):
    """Make five articles in the inbox. "One" is listed first."""
    return [make_article(title=title) for title in ("Five", "Four", "Three", "Two", "One")]


def row(desk, title):
    return desk.locator("#result_list tbody tr").filter(has=desk.get_by_role("link", name=title, exact=True))


def open_list(desk, query=""):
    desk.goto(f"/admin/issues/article/{query}")
    expect(desk.locator("#backlog-keys")).to_be_visible()


def says(desk, sentence):
    expect(desk.locator("#backlog-status")).to_contain_text(sentence)


def states():
    return dict(Article.objects.values_list("title", "state"))


def test_inbox_is_triaged_and_three_articles_are_placed_by_keys_alone(desk, issue, five):
    open_list(desk, "?state=saved")
    expect(desk.locator("#result_list tbody tr").first).to_be_focused()
    for key, sentence in [("s", "shortlisted"), ("s", "shortlisted"), ("d", "declined"), ("h", "held")]:
        desk.keyboard.press(key)
        says(desk, f"is {sentence} now.")
    expect(row(desk, "Five")).to_be_focused()
    desk.keyboard.press("s")
    says(desk, "“Five” is shortlisted now.")
    wanted = {"One": "shortlisted", "Two": "shortlisted", "Three": "declined", "Four": "held", "Five": "shortlisted"}
    assert states() == wanted

    open_list(desk, "?state=shortlisted")
    for title in ("One", "Two", "Five"):
        desk.keyboard.press("p")
        says(desk, f"“{title}” is in #12 now.")
        desk.keyboard.press("j")
    assert [article.title for article in issue.articles.order_by("position")] == ["One", "Two", "Five"]


def test_selected_articles_are_placed_in_the_order_of_the_list(desk, issue, five):
    open_list(desk)
    for key in ("j", "j", "x", "k", "k", "x", "p"):
        desk.keyboard.press(key)
    says(desk, "2 articles are in #12 now.")
    assert [article.title for article in issue.articles.order_by("position")] == ["One", "Three"]
    expect(desk.locator(".action-select:checked")).to_have_count(0)


def test_keys_keep_the_issue_and_the_rows_for_which_they_were_pressed(desk, issue, five):
    other = make_issue(number=13, status="draft")
    open_list(desk)
    posts: list[str] = []
    desk.on("request", lambda request: posts.append(request.url) if "/place/" in request.url else None)

    def hold(route):
        desk.wait_for_timeout(300)
        route.continue_()

    desk.route("**/place/*/", hold)
    for _ in range(5):
        desk.keyboard.press("x")
        desk.keyboard.press("j")
    desk.keyboard.press("p")
    desk.locator("#backlog-issue").select_option(str(other.pk))
    says(desk, "5 articles are in #12 now.")
    assert len(posts) == 1
    assert (issue.articles.count(), other.articles.count()) == (5, 0)


def test_placing_a_held_article_asks_first_and_can_be_undone(desk, issue):
    make_article(title="One", state="held", not_before=date(2999, 1, 1))
    open_list(desk)
    row(desk, "One").focus()
    desk.keyboard.press("p")
    says(desk, "Press a to place anyway.")
    expect(row(desk, "One").locator(".state")).to_have_text("held")
    desk.keyboard.press("a")
    says(desk, "“One” is in #12 now.")
    expect(row(desk, "One").locator(".state")).to_have_text("in SRE Weekly Issue #12")
    desk.keyboard.press("u")
    says(desk, "“One” is held now.")
    assert Article.objects.backlog().get().state == "held"


def test_keys_do_nothing_in_fields_with_modifiers_or_outside_the_list(desk, five):
    open_list(desk)
    desk.locator("#searchbar").press_sequentially("shdip")
    desk.locator("#backlog-issue").press("d")
    desk.locator("body").press("d")
    row(desk, "One").press("Alt+d")
    row(desk, "One").press("Control+s")
    desk.wait_for_load_state("networkidle")
    expect(desk.locator("#backlog-status")).to_be_empty()
    assert set(states().values()) == {"saved"}


def test_row_is_restored_when_the_server_refuses(desk, five, allowed_errors):
    allowed_errors.append("404")
    open_list(desk)
    Article.objects.filter(title="One").delete()
    row(desk, "One").press("s")
    says(desk, "The server answered 404: nothing was changed.")
    expect(row(desk, "One").locator(".state")).to_have_text("inbox")


def test_lost_connection_is_reported(desk, five, allowed_errors):
    allowed_errors.append("ERR_INTERNET_DISCONNECTED")
    open_list(desk)
    desk.context.set_offline(True)
    row(desk, "One").press("s")
    says(desk, "The server could not be reached: nothing was changed.")


def test_keys_show_help_open_the_address_and_edit_the_article(desk, five):
    Article.objects.filter(title="One").update(url="http://127.0.0.1:9/")
    open_list(desk)
    row(desk, "One").press("?")
    expect(desk.get_by_role("dialog", name="Keys of the list")).to_be_visible()
    assert find_violations(desk) == []
    desk.keyboard.press("Escape")
    expect(row(desk, "One")).to_be_focused()
    with desk.expect_popup() as popup:
        desk.keyboard.press("o")
    popup.value.close()
    desk.keyboard.press("e")
    expect(desk.locator("#id_title")).to_have_value("One")


def test_credits_are_suggested_but_not_filled_in_by_themselves(desk, issue):
    jane = make_author("Jane")
    make_publication("Acme", hosts=["acme.example"])
    make_article(issue=make_issue(), url="https://acme.example/before", authors=(jane,), title="Before")
    desk.goto("/admin/issues/article/add/")
    desk.locator("#id_url").fill("https://acme.example/before?utm_source=x")
    expect(desk.get_by_text("Already ran in #")).to_be_visible()
    assert desk.locator("#id_publication").input_value() == ""
    desk.get_by_role("button", name="Publication: Acme").click()
    desk.get_by_role("button", name="Author: Jane (1 article from there)").click()
    desk.get_by_role("button", name="Address: https://acme.example/before").click()
    desk.locator("#id_title").fill("Again")
    press(desk, "Save")
    article = Article.objects.get(title="Again")
    assert (str(article.publication), article.credited_authors) == ("Acme", [jane])
    assert article.url == "https://acme.example/before"


def test_details_of_a_page_and_its_new_author_are_taken_over_in_an_issue(desk, issue):
    url = "https://acme.example/new"
    desk.goto(f"/admin/issues/issue/{issue.pk}/change/")
    prefix = add_row(desk)
    desk.locator(f"{prefix}-url").fill(url)
    desk.get_by_role("button", name="Read the page").click()
    expect(desk.get_by_text("The page is being read.")).to_be_visible()
    FetchedPage.objects.filter(url=url).update(
        fetched_at=timezone.now(), outcome="ok", title="The title", authors=["Jane Doe"]
    )
    desk.get_by_role("button", name="Title: The title").click()
    expect(desk.locator(f"{prefix}-title")).to_have_value("The title")
    desk.get_by_role("button", name="New author “Jane Doe”").click()
    expect(desk.locator(f"{prefix}-author_list + .names-box .name")).to_contain_text("Jane Doe")
    press(desk, "Save")
    assert [author.name for author in issue.articles.get().credited_authors] == ["Jane Doe"]


def test_backlog_is_accessible(desk, issue):
    jane = make_author("Jane")
    printed = make_article(issue=make_issue(), authors=(jane,))
    for state in Article.State.values:
        make_article(url=printed.url, authors=(jane,), state=state, not_before=date(2999, 1, 1), tags=("dns",))
    open_list(desk, "?place=all")
    row(desk, printed.title).press("s")
    says(desk, "was not changed")
    found = find_violations(desk)
    desk.goto(f"/admin/issues/article/{printed.pk}/change/")
    desk.locator("#id_url").focus()
    expect(desk.get_by_role("button", name="Read the page")).to_be_visible()
    assert found + find_violations(desk) == []
