"""Addresses that are not quite right: with something around them, cut off, or in WordPress's longer forms."""

import time
import unicodedata
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from taggit.models import Tag

from issues.models.addresses import Address
from issues.models.tags import FormerTag
from issues.site.moved import tidy
from tests.issues.site.test_old_addresses import HIDDEN, assert_moved, make_post
from tests.make import make_article, make_author, make_editor, make_issue, make_page

pytestmark = pytest.mark.django_db

# What mail programs, chats and people leave around an address.
AFTER = [
    *(".", ",", ")", ").", ">", "%3E", "/)", "/).", "//", "///", "/%20", "%20", "%C2%A0", "%E2%80%8B", "%EF%BB%BF"),
    *(";", "!", "'", "%22", "/%22%3Eread%20it%3C/a%3E", "]", "*", "_", "%7D", "%E2%80%9D", "%E3%80%82", "%EF%BC%89"),
    *("%2520", "%252C", "%0A", "%09", "%C2%AD", "&gt;", "&nbsp;", "/%20and%20more", "/index.php", "%5C", "%60", "="),
    *("…", "%3Futm_source=x", "/%3Futm_source%3Dx", "%23respond", "/&amp;a=b", "&utm_source=x"),
]
BEFORE = ["/", "//", "/index.php/", "/index.php//", "/%20", "/%E2%80%8B", "/(", "/%3C", "/%22", "/%E2%80%9C"]
BELOW = [
    *("/2/", "/2", "/page/2/", "/page2/", "/comment-page-1/", "/comment-page-12", "/amp/", "/amp", "/attachment/lamp/"),
]


# Something around an address


@pytest.mark.parametrize("after", AFTER)
def test_what_follows_an_address_by_accident_is_taken_off(client, after):
    make_issue(number=5)
    make_page()
    make_article(issue=make_issue(number=6), authors=(make_author("Ann"),), tags=("slo",))
    for path in ("/sre-weekly-issue-5", "/about", "/archive", "/feed/atom", "/authors/ann", "/tags/slo"):
        assert_moved(client, path + after, f"{path}/")


@pytest.mark.parametrize("before", BEFORE)
def test_what_precedes_an_address_by_accident_is_taken_off(client, before):
    make_issue(number=5)
    for path in ("sre-weekly-issue-5/", "archive/", "feed/"):
        assert_moved(client, f"http://testserver{before}{path}/", f"/{path}")


@pytest.mark.parametrize("path", ["//", "/index.php/", "/.", "/%20", "/index.php//index.php", "/%E2%80%8B"])
def test_home_page_is_found_with_something_around_it(client, path):
    make_post(300, issue=make_issue(number=5))
    assert_moved(client, f"http://testserver{path}", "/")
    assert_moved(client, f"http://testserver{path}?p=300", "/sre-weekly-issue-5/")


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/page/2).", "/page/2/"),
        ("/category//general//page/2", "/category/general/page/2/"),
        ("/index.php/category/general/", "/category/general/"),
        ("/category/General/", "/category/general/"),
        ("/index.php/page/1/", "/"),
        ("/index.php/2026/01/", "/archive/2026/"),
        ("/index.php/feed/rss2/", "/feed/"),
        ("/index.php/tag/slo/feed/", "/tags/slo/feed/"),
        ("/tag/slo),", "/tags/slo/"),
        ("/author/lex.", "/archive/"),
        ("/feed/rss2).", "/feed/"),
        ("//feed//rss2//", "/feed/"),
        ("/FEED/", "/feed/"),
        ("/Archive", "/archive/"),
        ("/Category/General", "/category/general/"),
        ("/Wp-Sitemap.xml", "/sitemap.xml"),
        ("/tags/former", "/tags/slo/"),
        ("/sre-weekly-issue-1.txt.", "/sre-weekly-issue-1.txt"),
        ("/archive?number=1", "/sre-weekly-issue-1/"),
    ],
)
def test_one_step_leads_to_where_the_right_address_would_lead(client, address, target):
    for day in range(1, 7):
        make_article(issue=make_issue(number=day, publish_at=datetime(2026, 1, day, tzinfo=UTC)), tags=("slo",))
    FormerTag.objects.create(slug="former", tag=Tag.objects.get())
    response = client.get(f"http://testserver{address}")
    assert (response.status_code, response["Location"]) in [(301, target), (302, target)]
    assert client.get(target).status_code == 200


@pytest.mark.parametrize(
    "path", ["🎉-first", "🎉", "एक-हिन्दी", "ไทย-ที่", "one–two", "one—two", "❤️", "👩‍💻-day", "don’t"]
)
def test_address_in_any_letters_leads_to_its_post(client, path):
    issue = make_issue(number=5)
    make_post(1, f"https://sreweekly.com/{quote(path).lower()}/", issue=issue)
    for address in (f"/{path}/", f"/{quote(path)}", f"/{quote(quote(path))}/", f"/{path}).", f"/2016/05/{path}/"):
        assert_moved(client, address, "/sre-weekly-issue-5/")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("path", ["café", "việt-nam", "кофейный", "장애", "ガイド"])
def test_letters_and_accents_may_be_one_character_or_two(client, form, path):
    make_post(1, f"https://sreweekly.com/{quote(path)}/", issue=make_issue(number=5))
    assert_moved(client, f"/{quote(unicodedata.normalize(form, path))}/", "/sre-weekly-issue-5/")


# WordPress's longer forms


@pytest.mark.parametrize("below", BELOW)
def test_what_wordpress_had_below_a_post_leads_to_it(client, below):
    make_issue(number=5)
    make_page()
    for path in ("/sre-weekly-issue-5", "/about"):
        assert_moved(client, path + below, f"{path}/")


@pytest.mark.parametrize(
    "folder", ["2016/05/17", "2016/5", "2016", "blog", "index.php/2016/05/17", "a/b/c", "2016//05/17"]
)
def test_folder_before_a_post_is_taken_off(client, folder):
    make_issue(number=5)
    for end in ("", "/", ").", "/2/", "/comment-page-1/"):
        assert_moved(client, f"/{folder}/sre-weekly-issue-5{end}", "/sre-weekly-issue-5/")


@pytest.mark.parametrize("folder", ["accounts", "authors", "category/general", "page/2", "static", "tags", "feed"])
def test_folder_of_the_site_holds_no_post(client, folder):
    make_page()
    assert client.get(f"/{folder}/about/x/").status_code == 404


@pytest.mark.parametrize("query", ["replytocom=12", "preview=true", "amp", "amp=1", "share=mastodon", "cpage=2"])
def test_parameters_of_a_post_change_nothing(client, query):
    make_issue(number=5, articles=1)
    assert client.get(f"/sre-weekly-issue-5/?{query}").content == client.get("/sre-weekly-issue-5/").content


# WordPress's guess


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("sre-weekly-issue-4", "/sre-weekly-issue-4-2/"),
        ("SRE-Weekly-Issue-4.", "/sre-weekly-issue-4-2/"),
        ("sre-weekly-iss", "/sre-weekly-issue-4-2/"),
        ("2016/01/03/sre-weekly-issue-4", "/sre-weekly-issue-4-2/"),
        ("sre-weekly-issue-4/page/2", "/sre-weekly-issue-4-2/"),
        ("abou", "/about/"),
        ("About-", "/about/"),
        ("blog/abo", "/about/"),
    ],
)
def test_start_of_an_address_leads_to_the_oldest_that_begins_with_it(client, path, target):
    make_page()
    make_issue(number=40, publish_at=datetime(2016, 10, 2, tzinfo=UTC))
    make_issue(number=4, slug="sre-weekly-issue-4-2", publish_at=datetime(2016, 1, 3, tzinfo=UTC))
    for end in ("", "/"):
        assert_moved(client, f"/{path}{end}", target)


def test_number_does_not_go_on_in_a_guess(client):
    make_issue(number=50)
    for path in ("/sre-weekly-issue-5/", "/sre-weekly-issue-5", "/sre-weekly-issue-5)."):
        assert client.get(path).status_code == 404


def test_guess_comes_after_what_is_known(client, settings):
    settings.OLD_ADDRESSES = {"about-us": "/archive/"}
    make_page(slug="about-us-all")
    make_page(slug="former-page")
    make_issue(number=5)
    Address.objects.add_former(make_issue(number=6), "former")
    assert_moved(client, "/about-us/", "/archive/")
    assert_moved(client, "/former/", "/sre-weekly-issue-6/")


@pytest.mark.parametrize("path", ["a%25", "s%5Fe", "%3Fp=", "x%00y", "x", "é", "sr", "s"])
def test_what_no_address_begins_with_is_not_found(client, path):
    make_post(300, issue=make_issue(number=5))
    assert client.get(f"/{quote(path, safe='%')}/").status_code == 404


@pytest.mark.parametrize("hidden", HIDDEN)
def test_no_guess_tells_that_there_is_a_draft(client, hidden):
    make_issue(slug="secret-plan", **hidden)
    make_page(slug="secret-page", is_published=False)
    client.force_login(make_editor())
    for path in ("/secret/", "/secret-plan.", "/secret-plan/2/", "/2026/01/secret-plan/", "/?name=secret-plan"):
        known = client.get(path)
        assert known.status_code == 404
        assert known.content == client.get(path.replace("secret", "sacred")).content


# Limits


@pytest.mark.parametrize("count", [1, 3])
def test_nearest_address_takes_one_query(client, django_assert_num_queries, count):
    for number in range(1, count + 1):
        make_issue(number=number)
    for path in ("/sre-weekly-issue-1).", "/2016/05/17/sre-weekly-issue-1/", "/sre-weekly-iss.", "/nothing/at/all."):
        with django_assert_num_queries(2 if "nothing" in path else 1):
            client.get(path)


@pytest.mark.parametrize(
    "path", ["/1" * 8000, "/index.php" * 3000, "." * 30_000, "a." * 15_000, "/page/2" * 4000, "%25" * 9000]
)
def test_long_path_is_refused_quickly(client, path):
    started = time.perf_counter()
    assert client.get(f"/a{path}b").status_code == 404
    assert time.perf_counter() - started < 1


@given(st.text(max_size=60), st.text(max_size=60))
@limits(max_examples=25)
def test_tidied_path_stays_as_it_is(start, end):
    path = tidy(f"{start}a{end}")
    assert tidy(path) == path or "%" in path or "&" in path
    assert not path.startswith(("/", "\\"))
    assert "//" not in path


@given(st.text(max_size=40))
@limits(max_examples=25)
def test_nothing_around_an_address_leads_to_another_site(client, text):
    response = client.get(f"http://testserver/{quote(text.encode('utf-8', 'replace'), safe='/')}/archive")
    assert response.status_code in (301, 400, 404, 410)
    assert not response.get("Location", "/").startswith(("//", "/\\"))
