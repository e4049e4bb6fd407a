"""From a page to a candidate, and from a candidate to an article."""

import re
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from collecting.capture import MAX_ADDRESS_LENGTH, CapturedPage, collect, find_addresses, parse_page, save_links
from collecting.models.candidates import MAX_EXCERPT_LENGTH, Candidate
from collecting.models.devices import Device
from issues.models.articles import Article
from issues.recognition import find_authors_named, find_publication
from tests.make import make_article, make_author, make_candidate, make_device, make_issue, make_publication
from text.validators import FORBIDDEN_CHARACTERS

URL = "https://example.com/post"


def page(url=URL, **words):
    return CapturedPage(url, **words)


def refused_fields(**given):
    with pytest.raises(ValidationError) as error:
        parse_page(given)
    return set(error.value.message_dict)


# Parsing


def test_fields_have_the_names_of_the_form():
    given = {"url": URL, "title": "T", "author": ["A", "B"], "site": "S", "text": "Q", "canonical": f"{URL}/"}
    assert parse_page(given) == CapturedPage(URL, "T", "A, B", "S", "Q", f"{URL}/")


@pytest.mark.parametrize(
    "url",
    [
        "   ",
        "javascript:alert(1)",
        "ftp://example.com/x",
        "//example.com/x",
        "https://",
        "https://example.com/".ljust(2_001, "x"),
        "https://example.com/\0x",
        "https://example.com/\ud800x",
        "https://a:b@example.com/",
    ],
)
def test_invalid_address_is_refused(url):
    assert refused_fields(url=url) == {"url"}


def test_scheme_in_capitals_is_corrected():
    assert parse_page({"url": " HTTPS://Example.com/X "}).url == "https://Example.com/X"


def test_unknown_field_and_other_values_than_text_are_refused():
    assert refused_fields(url=URL, title=7, text=["x"], titel="Words") == {"title", "text", "titel"}


def test_control_characters_and_line_breaks_are_removed_from_titles():
    assert parse_page({"url": URL, "title": " A\0b\n\tc\ud800 "}).title == "Ab c"


def test_long_title_is_cut_and_kept_whole_in_the_excerpt():
    read = parse_page({"url": URL, "title": "x" * 600, "text": "Quote"})
    assert len(read.title) == 500
    assert read.excerpt == "x" * 600 + "\n\nQuote"
    assert len(read.notes) == 1


def test_long_selection_is_cut_and_noted():
    read = parse_page({"url": URL, "text": "x" * (MAX_EXCERPT_LENGTH + 1)})
    assert len(read.excerpt) == MAX_EXCERPT_LENGTH
    assert len(read.notes) == 1


def test_invalid_canonical_link_is_left_out_and_noted():
    read = parse_page({"url": URL, "canonical": "javascript:alert(1)"})
    assert (read.page_canonical, len(read.notes)) == ("", 1)


@pytest.mark.parametrize(
    ("text", "addresses", "rest"),
    [
        (URL, [URL], ""),
        (f"Read this: {URL}.", [URL], "Read this: ."),
        (f"({URL})", [URL], "( )"),
        ("https://en.wikipedia.org/wiki/A_(b)", ["https://en.wikipedia.org/wiki/A_(b)"], ""),
        ("See https://en.wikipedia.org/wiki/A_(b)", ["https://en.wikipedia.org/wiki/A_(b)"], "See"),
        ("HTTPS://A.example b https://c.example/", ["HTTPS://A.example", "https://c.example/"], "b"),
        ("no address", [], "no address"),
        (f"{URL}。そして", [URL], "。そして"),
        (f"（{URL}）ね", [URL], "（ ）ね"),
        (f"{URL}（注）", [URL], "（注）"),
        (f'<a href="{URL}">x</a>', [URL], '<a href=" ">x</a>'),
        (f"**{URL}** `{URL}x`", [URL, f"{URL}x"], "** ** ` `"),
        (f"({URL}_(b)).", [f"{URL}_(b)"], "( )."),
        (f"「{URL}」、{URL}x", [URL, f"{URL}x"], "「 」、"),
    ],
)
def test_addresses_are_found_in_shared_text(text, addresses, rest):
    assert find_addresses(text) == (addresses, rest)


@pytest.mark.parametrize(
    ("author", "site", "read"),
    [
        ("By Ann Lee (ann@lamp.example)", "", ("Ann Lee", "", 0)),
        (["Ann Lee", "King, Jr.", "Lamp Journal"], "Lamp Journal", ("Ann Lee, King Jr.", "Lamp Journal", 0)),
        ("Ann Lee; Bob Muster and 3 others", "", ("Ann Lee, Bob Muster", "", 0)),
        # An organisation is the site. What is left out is told.
        ("Lamp Engineering", "", ("", "Lamp Engineering", 0)),
        ("Lamp Journal", "Lamp Journal", ("", "Lamp Journal", 0)),
        ("Lamp Engineering", "Lamp Journal", ("", "Lamp Journal", 1)),
        ("@ann", "", ("", "", 1)),
    ],
)
def test_who_wrote_a_page_is_told_from_what_else_is_given(author, site, read):
    page = parse_page({"url": URL, "author": author, "site": site})
    assert (page.author, page.site_name, len(page.notes)) == read


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(["title", "author", "site", "text", "canonical"]), st.text()))
def test_any_text_of_a_page_is_cleaned(words):
    read = parse_page({"url": URL, **words})
    kept = (read.title, read.author, read.site_name, read.excerpt, read.page_canonical)
    assert not any(FORBIDDEN_CHARACTERS.search(text) for text in kept)


@settings(max_examples=25)
@given(st.text() | st.text().map("https://example.com/".__add__))
def test_any_address_is_valid_or_refused(text):
    try:
        url, refused = parse_page({"url": text}).url, set()
    except ValidationError as error:
        url, refused = "", set(error.message_dict)
    assert refused == {"url"} or re.fullmatch(r"https?://\S+", url)


# Candidates


@pytest.mark.django_db
def test_page_waits_once_under_all_its_addresses():
    first, second = collect([page(), page("http://www.example.com/post/?utm_source=x#top", title="T")])
    assert (first.is_new, second.is_new) == (True, False)
    assert Candidate.objects.get().title == "T"


@pytest.mark.django_db
def test_second_capture_fills_empty_fields_and_appends_the_excerpt():
    collect([page(title="First", excerpt="One")])
    (again,) = collect([page(title="Other", author="Ann", excerpt="Two")])
    candidate = Candidate.objects.get()
    assert not again.is_new
    assert (candidate.title, candidate.author, candidate.excerpt) == ("First", "Ann", "One\n\nTwo")


@pytest.mark.django_db
def test_declined_page_can_arrive_again():
    make_candidate(url=URL, state="declined")
    assert collect([page()])[0].is_new


@pytest.mark.django_db
def test_longest_address_is_kept():
    url = "https://example.com/".ljust(MAX_ADDRESS_LENGTH, "日")
    assert collect([parse_page({"url": url})])[0].is_new
    assert not collect([parse_page({"url": url})])[0].is_new


@pytest.mark.django_db
def test_earlier_run_is_found_by_the_canonical_link():
    article = make_article(issue=make_issue(), url="https://example.com/real")
    (one,) = collect([page("https://amp.example.com/real", page_canonical="https://example.com/real")])
    assert one.runs == [article]


@pytest.mark.django_db(transaction=True)
def test_simultaneous_requests_leave_one_candidate_with_both_excerpts():
    def capture(words):
        barrier.wait()
        collect([page(excerpt=words)])
        connection.close()

    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=capture, args=[words]) for words in ("One", "Two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Candidate.objects.get().excerpt.split()) == ["One", "Two"]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_collecting_takes_a_fixed_number_of_queries(django_assert_num_queries, count):
    pages = [page(f"https://example.com/{number}", title="") for number in range(count)]
    with django_assert_num_queries(5):  # Two are for the savepoint.
        collect(pages)
    with django_assert_num_queries(5):
        collect([page(one.url, title="T") for one in pages])


# Articles


@pytest.mark.django_db
def test_candidate_becomes_an_article_of_the_backlog():
    candidate = make_candidate(url=f"{URL}?utm_source=feed", title="<b>T</b>")
    article, is_new = candidate.take()
    article.refresh_from_db()
    assert is_new
    assert (article.title, article.url, article.pasted_url) == ("<b>T</b>", URL, f"{URL}?utm_source=feed")
    assert (article.state, article.issue, article.blurb) == ("saved", None, "")
    assert (candidate.state, candidate.article) == ("taken", article)


@pytest.mark.django_db
def test_excerpt_and_credits_are_in_the_notes():
    article, _ = make_candidate(url=URL, author="Ann", site_name="Acme", excerpt="One\n\nTwo").take()
    assert article.notes == "> One\n>\n> Two\n\nAuthor as given by the page: Ann\nSite as given by the page: Acme"


@pytest.mark.django_db
def test_known_authors_and_publication_are_credited():
    ann, bob = make_author("Ann"), make_author("Robert B.", aliases=["Bob"])
    acme = make_publication(hosts=["example.com"])
    article, _ = make_candidate(url="https://www.example.com/x", author="ann and Bob").take()
    assert (article.credited_authors, article.publication) == ([ann, bob], acme)


@pytest.mark.django_db
@pytest.mark.parametrize("printed", ["Ann, Carol", "Anne", "", ", and ,", "Alex"])
def test_nobody_is_credited_for_an_unclear_name(printed):
    make_author("Ann")
    make_author("One", aliases=["Alex"])
    make_author("Two", aliases=["Alex"])
    assert find_authors_named(printed) == []


@pytest.mark.django_db
def test_name_with_a_comma_is_one_author():
    author = make_author("Robert Poston, MD")
    assert find_authors_named("Robert Poston, MD") == [author]


@pytest.mark.django_db
def test_host_of_two_publications_gives_none():
    for _ in range(2):
        make_publication(hosts=["shared.example"])
    assert find_publication("shared.example") is None


@pytest.mark.django_db
def test_link_in_the_backlog_is_not_saved_twice_and_is_filled_in():
    kept = make_article(url=URL, title="", notes="Mine.")
    (saved,) = save_links([page(title="T", excerpt="Q")])
    assert (saved.article, saved.is_new) == (kept, False)
    assert (saved.article.title, saved.article.notes) == ("T", "Mine.\n\n> Q")


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "after"), [("declined", "saved"), ("held", "held"), ("shortlisted", "shortlisted")])
def test_declined_link_comes_back_and_others_keep_their_state(state, after):
    make_article(url=URL, state=state)
    (saved,) = save_links([page()])
    assert (saved.article.state, saved.was_declined) == (after, state == "declined")


@pytest.mark.django_db
def test_saving_at_the_desk_takes_the_waiting_candidate():
    make_candidate(url=URL, excerpt="From the phone")
    (saved,) = save_links([page(excerpt="From the desk")])
    assert Candidate.objects.get().state == "taken"
    assert saved.article.notes == "> From the phone\n>\n> From the desk"


@pytest.mark.django_db
def test_candidate_is_taken_once():
    candidate = make_candidate(url=URL)
    article, _ = candidate.take()
    article.place(make_issue(status="draft"))
    assert Candidate.objects.get().take("shortlisted") == (article, False)
    article.refresh_from_db()
    assert (Article.objects.count(), article.state) == (1, "saved")


# Devices


@pytest.mark.django_db
def test_token_is_not_in_the_database():
    device, token = make_device()
    assert len(token) == 43
    assert token not in str(vars(device))
    assert Device.objects.holding(token, "token") == device


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["is_active", "is_staff"])
def test_device_of_a_former_editor_is_refused(field):
    device, token = make_device()
    setattr(device.user, field, False)
    device.user.save()
    assert Device.objects.holding(token, "token") is None


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "queries"), [(59, 0), (61, 1)])
def test_use_is_noted_at_most_once_an_hour(django_assert_num_queries, minutes, queries):
    device, _ = make_device(last_used_at=timezone.now() - timedelta(minutes=minutes))
    with django_assert_num_queries(queries):
        device.note_use()
