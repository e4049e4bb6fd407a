"""From what a page gives to a candidate, and from a candidate to an article."""

import re
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from collecting.capture import MAX_ADDRESS_LENGTH, CapturedPage, collect, find_addresses, read_page, save
from collecting.models.candidates import MAX_EXCERPT_LENGTH, Candidate
from collecting.models.devices import Device
from issues.models.articles import Article
from issues.recognition import find_authors_named, find_publication
from issues.runs import describe_run
from tests.make import make_article, make_author, make_candidate, make_device, make_editor, make_issue, make_publication
from text.validators import FORBIDDEN_CHARACTERS

URL = "https://example.com/post"


def page(url=URL, **words):
    return CapturedPage(url, **words)


def sentences(**given):
    with pytest.raises(ValidationError) as error:
        read_page(given)
    return error.value.message_dict


# Reading


def test_page_is_read_under_the_names_of_forms():
    read = read_page({"url": URL, "title": "T", "author": ["A", "B"], "site": "S", "text": "Q", "canonical": URL + "/"})
    assert read == CapturedPage(URL, "T", "A, B", "S", "Q", URL + "/")


@pytest.mark.parametrize(
    "url",
    ["", "   ", "javascript:alert(1)", "ftp://example.com/x", "data:text/html,x", "//example.com/x", "https://", "x"],
)
def test_what_is_no_web_address_is_refused(url):
    assert sentences(url=url) == {"url": ["Give a web address that begins with http:// or https://."]}


def test_long_address_is_refused_with_its_length():
    url = "https://example.com/".ljust(10_240, "x")
    assert sentences(url=url) == {"url": ["10,240 characters are too many for an address: 2,000 at the most."]}


@pytest.mark.parametrize("character", ["\0", "\x1b", "\ud800"])
def test_control_character_in_an_address_is_refused(character):
    assert "U+" in sentences(url=f"https://example.com/{character}x")["url"][0]


def test_password_in_an_address_is_refused():
    assert "Remove the user name" in sentences(url="https://a:b@example.com/")["url"][0]


def test_scheme_as_phones_write_it_is_mended():
    assert read_page({"url": " HTTPS://Example.com/X "}).url == "https://Example.com/X"


def test_what_is_no_text_is_refused_at_its_field():
    assert sentences(url=URL, title=7, text=["x"]) == {"title": ["Give title as text."], "text": ["Give text as text."]}


def test_unknown_field_is_told_because_its_words_would_be_lost():
    assert list(sentences(url=URL, titel="Words")) == ["titel"]


def test_control_characters_and_line_breaks_are_mended_in_titles():
    assert read_page({"url": URL, "title": " A\0b\n\tc\ud800 "}).title == "Ab c"


def test_long_title_is_cut_and_stays_whole_in_the_notes():
    read = read_page({"url": URL, "title": "x" * 600, "text": "Quote"})
    assert len(read.title) == 500
    assert read.excerpt == "x" * 600 + "\n\nQuote"
    assert read.notes == ["The title was cut at 500 characters; all of it is in the notes."]


def test_long_selection_is_cut_and_this_is_told():
    read = read_page({"url": URL, "text": "x" * (MAX_EXCERPT_LENGTH + 1)})
    assert len(read.excerpt) == MAX_EXCERPT_LENGTH
    assert read.notes == ["The text was cut at 20,000 characters."]


def test_canonical_link_that_is_no_address_is_left_out_and_told():
    read = read_page({"url": URL, "canonical": "javascript:alert(1)"})
    assert (read.page_canonical, len(read.notes)) == ("", 1)


@pytest.mark.parametrize(
    ("text", "addresses", "rest"),
    [
        (URL, [URL], ""),
        (f"Read this: {URL}.", [URL], "Read this: ."),
        (f"Title\n{URL}", [URL], "Title"),
        (f"({URL})", [URL], "( )"),
        ("https://en.wikipedia.org/wiki/A_(b)", ["https://en.wikipedia.org/wiki/A_(b)"], ""),
        ("See https://en.wikipedia.org/wiki/A_(b)", ["https://en.wikipedia.org/wiki/A_(b)"], "See"),
        ("HTTPS://A.example b https://c.example/", ["HTTPS://A.example", "https://c.example/"], "b"),
        ("no address", [], "no address"),
    ],
)
def test_addresses_are_found_in_what_phones_share(text, addresses, rest):
    assert find_addresses(text) == (addresses, rest)


@given(st.dictionaries(st.sampled_from(["title", "author", "site", "text", "canonical"]), st.text()))
def test_any_words_of_a_page_are_mended(words):
    read = read_page({"url": URL, **words})
    kept = (read.title, read.author, read.site_name, read.excerpt, read.page_canonical)
    assert not any(FORBIDDEN_CHARACTERS.search(text) for text in kept)


@given(st.text() | st.text().map("https://example.com/".__add__))
def test_any_address_is_kept_or_refused_in_a_sentence(text):
    try:
        url = read_page({"url": text}).url
    except ValidationError as refusal:
        told = refusal.message_dict
    else:
        told = {} if re.fullmatch(r"https?://\S+", url) else {"url": []}
    assert all(told.values())


# Candidates


@pytest.mark.django_db
def test_same_page_waits_once_under_all_its_addresses():
    first, second = collect([page(), page("http://www.example.com/post/?utm_source=x#top", title="T")])
    assert (first.is_new, second.is_new) == (True, False)
    assert Candidate.objects.get().title == "T"


@pytest.mark.django_db
def test_page_saved_again_fills_what_was_empty_and_adds_what_is_selected():
    collect([page(title="First", excerpt="One")])
    (again,) = collect([page(title="Other", author="Ann", excerpt="Two")])
    candidate = Candidate.objects.get()
    assert not again.is_new
    assert (candidate.title, candidate.author, candidate.excerpt) == ("First", "Ann", "One\n\nTwo")


@pytest.mark.django_db
def test_page_that_was_declined_may_arrive_again():
    make_candidate(url=URL, state="declined")
    assert collect([page()])[0].is_new


@pytest.mark.django_db
def test_longest_address_with_letters_of_any_script_is_kept():
    url = "https://example.com/".ljust(MAX_ADDRESS_LENGTH, "日")
    assert collect([read_page({"url": url})])[0].is_new
    assert not collect([read_page({"url": url})])[0].is_new


@pytest.mark.django_db
def test_earlier_run_is_found_by_the_canonical_link_too():
    make_article(issue=make_issue(number=7), url="https://example.com/real")
    (one,) = collect([page("https://amp.example.com/real", page_canonical="https://example.com/real")])
    assert [describe_run(run)[:18] for run in one.runs] == ["Already ran in #7 "]


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_leave_one_candidate_with_the_words_of_both():
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
    with django_assert_num_queries(5):  # With the savepoint's two.
        collect(pages)
    with django_assert_num_queries(5):
        collect([page(one.url, title="T") for one in pages])


# Articles


@pytest.fixture
def editor(db):
    return make_editor()


def test_candidate_becomes_an_article_of_the_backlog(editor):
    candidate = make_candidate(url=f"{URL}?utm_source=feed", title="<b>T</b>")
    article = candidate.take(editor)
    article.refresh_from_db()
    assert (article.title, article.url, article.pasted_url) == ("<b>T</b>", URL, f"{URL}?utm_source=feed")
    assert (article.state, article.issue, article.blurb) == ("saved", None, "")
    assert (candidate.state, candidate.article) == ("taken", article)


def test_words_of_the_page_are_in_the_notes(editor):
    article = make_candidate(url=URL, author="Ann", site_name="Acme", excerpt="One\n\nTwo").take(editor)
    assert article.notes == "> One\n>\n> Two\n\nAuthor as given by the page: Ann\nSite as given by the page: Acme"


def test_authors_and_publication_that_are_known_are_credited(editor):
    ann, bob = make_author("Ann"), make_author("Robert B.", aliases=["Bob"])
    acme = make_publication(hosts=["example.com"])
    article = make_candidate(url="https://www.example.com/x", author="ann and Bob").take(editor)
    assert (article.credited_authors, article.publication) == ([ann, bob], acme)


@pytest.mark.django_db
@pytest.mark.parametrize("printed", ["Ann, Carol", "Anne", "", "Ann Smith", ", and ,", "Alex"])
def test_nobody_is_credited_for_what_may_be_somebody_else_s(printed):
    make_author("Ann")
    make_author("One", aliases=["Alex"])
    make_author("Two", aliases=["Alex"])
    assert find_authors_named(printed) == []


@pytest.mark.django_db
def test_name_with_a_comma_is_one_author():
    author = make_author("Robert Poston, MD")
    assert find_authors_named("Robert Poston, MD") == [author]


@pytest.mark.django_db
def test_host_of_two_publications_is_neither_s():
    for _ in range(2):
        make_publication(hosts=["shared.example"])
    assert find_publication("shared.example") is None


def test_link_in_the_backlog_is_not_saved_twice_and_gets_what_is_missing(editor):
    kept = make_article(url=URL, title="", notes="Mine.")
    (saved,) = save([page(title="T", excerpt="Q")], editor)
    assert (saved.article, saved.was_in_backlog) == (kept, "saved")
    assert (saved.article.title, saved.article.notes) == ("T", "Mine.\n\n> Q")


@pytest.mark.parametrize(("state", "after"), [("declined", "saved"), ("held", "held"), ("shortlisted", "shortlisted")])
def test_link_that_was_declined_comes_back_and_others_stay_what_they_are(editor, state, after):
    make_article(url=URL, state=state)
    assert save([page()], editor)[0].article.state == after


def test_what_a_phone_sent_is_taken_by_the_editor_s_own_save(editor):
    make_candidate(url=URL, excerpt="From the phone")
    (saved,) = save([page(excerpt="From the desk")], editor)
    assert Candidate.objects.get().state == "taken"
    assert saved.article.notes == "> From the phone\n>\n> From the desk"


def test_candidate_is_taken_once(editor):
    candidate = make_candidate(url=URL)
    article = candidate.take(editor)
    article.place(make_issue(status="draft"))
    assert Candidate.objects.get().take(editor, "shortlisted") == article
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
def test_device_of_who_is_no_editor_any_more_is_refused(field):
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
