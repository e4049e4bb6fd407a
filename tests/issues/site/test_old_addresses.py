from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import lxml.html
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from issues.models.addresses import Address
from issues.site.old_addresses import QUERIES
from tests.issues.site.test_views import FUTURE
from tests.make import make_article, make_editor, make_issue, make_page, make_placement
from text.newsletter import parse_moves

pytestmark = pytest.mark.django_db

CACHED = "public, max-age=300, s-maxage=300, stale-while-revalidate=60, stale-if-error=604800"
HIDDEN = [{"status": "draft"}, {"publish_at": FUTURE}]


def make_post(post_id: int, permalink: str = "", *, issue=None, page=None):
    """Let the addresses that WordPress gave a post lead to the issue or page that was made of it."""
    Address.objects.add_wordpress([(issue or page, post_id, permalink)])


def assert_moved(client, address, target):
    response = client.get(address)
    assert (response.status_code, response.get("Location"), response.content) == (301, target, b"")
    assert response["Cache-Control"] == CACHED
    path = target.partition("#")[0]
    assert path == "/archive/" or client.get(path).status_code == 200, "It moved further."


# By the number of a post


@pytest.mark.parametrize(
    "query",
    [
        "p=300",
        "page_id=300",
        "attachment_id=300",
        "post_type=post&p=300",
        "p=300&preview=true",
        "utm_source=x&p=300",
        "p=1&p=300",
        "p=0300",
        "p=300%29",
        "p=&page_id=300",
    ],
)
def test_number_of_a_post_leads_to_its_issue(client, query):
    make_post(300, issue=make_issue(number=29))
    for start in ("/", "/index.php"):
        assert_moved(client, f"{start}?{query}", "/sre-weekly-issue-29/")


@pytest.mark.parametrize("name", ["name", "pagename"])
@pytest.mark.parametrize(
    "value", ["sre-weekly-issue-5", "SRE-Weekly-Issue-5).", "blog/sre-weekly-issue-5", "sre-weekly"]
)
def test_name_of_a_post_leads_to_it(client, django_assert_num_queries, name, value):
    make_issue(number=5)
    for query in (f"{name}={value}", f"year=2016&monthnum=5&{name}={value}&preview=true"):
        assert_moved(client, f"/?{query}", "/sre-weekly-issue-5/")
    with django_assert_num_queries(2):
        assert client.get(f"/?{name}=nothing").status_code == 404
    for nothing in ("", ".", "/", "index.php", "archive", "feed/", "%00"):
        assert client.get(f"/?{name}={nothing}").status_code == 404


def test_number_of_a_post_leads_to_its_page(client):
    make_post(2, page=make_page())
    assert_moved(client, "/?page_id=2", "/about/")
    assert_moved(client, "/?p=2", "/about/")


@pytest.mark.parametrize(
    "number", ["", "301", "abc", "-300", "9" * 18, "9" * 19, "9" * 5000, "٣٠٠", "%00300", "%ff", "1%27 OR 1=1"]
)
def test_unknown_number_is_not_found(client, number):
    make_issue()
    assert client.get(f"/?p={number}").status_code == 404


@pytest.mark.parametrize("hidden", HIDDEN)
def test_hidden_issue_is_as_unknown_as_any_number(client, hidden):
    make_post(300, issue=make_issue(**hidden))
    client.force_login(make_editor())
    for query in ("p={}", "page_id={}", "p={}&preview=true"):
        hidden_answer, unknown_answer = (client.get(f"/?{query.format(number)}") for number in (300, 301))
        assert hidden_answer.status_code == unknown_answer.status_code == 404
        assert hidden_answer.content == unknown_answer.content


def test_hidden_page_is_as_unknown_as_any_address(client):
    make_post(2, "https://sreweekly.com/former/", page=make_page(is_published=False))
    for address in ("/?p=2", "/About", "/about/", "/former/"):
        assert client.get(address).status_code == 404


def test_post_of_a_deleted_page_is_not_found(client):
    page = make_page()
    make_post(300, page=page)
    page.delete()
    assert client.get("/?p=300").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_a_post_takes_one_query(client, django_assert_num_queries, count):
    for number in range(1, count + 1):
        make_post(number, issue=make_issue(articles=count))
    with django_assert_num_queries(1):
        client.get("/?p=1")


@pytest.mark.parametrize("query", ["q=x", "fbclid=" + "x" * 2000, "P=300"])
def test_other_queries_leave_the_home_page_as_it_is(client, django_assert_num_queries, query):
    make_issue(articles=1)
    with django_assert_num_queries(9):
        response = client.get(f"/?{query}")
    assert response.content == client.get("/").content


# In other letters, without a slash, or former


@pytest.mark.parametrize("address", ["SRE-Weekly-Issue-5/", "sre-weekly-issue-5", "index.php/SRE-weekly-issue-5/?a"])
def test_issue_is_one_step_away_in_any_letters_and_without_its_slash(client, address):
    make_issue(number=5)
    assert_moved(client, f"/{address}", "/sre-weekly-issue-5/")


def test_issue_with_capitals_in_its_address_is_found_without_them(client):
    make_issue(number=500, slug="Five-Hundred")
    assert_moved(client, "/five-hundred", "/Five-Hundred/")


def test_odd_address_of_issue_4_answers(client):
    make_issue(number=4, slug="sre-weekly-issue-4-2")
    assert client.get("/sre-weekly-issue-4-2/").status_code == 200
    assert_moved(client, "/SRE-weekly-issue-4-2", "/sre-weekly-issue-4-2/")


def test_page_is_one_step_away_in_any_letters_and_without_its_slash(client):
    make_page()
    for address in ("/About/", "/about"):
        assert_moved(client, address, "/about/")


def test_previous_address_is_one_step_away_in_any_letters(client):
    Address.objects.add_former(make_issue(number=5), "old")
    for address in ("/old/", "/OLD"):
        assert_moved(client, address, "/sre-weekly-issue-5/")


@pytest.mark.parametrize("hidden", HIDDEN)
def test_hidden_issue_is_found_at_none_of_its_addresses(client, hidden):
    issue = make_issue(slug="hidden", **hidden)
    Address.objects.add_former(issue, "old")
    make_post(1, "https://sreweekly.com/2024/05/first/", issue=issue)
    for address in ("/Hidden/", "/hidden", "/old/", "/2024/05/first/"):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("path", ["2024/05/first", "first", "日本/二"])
def test_permalink_of_a_post_with_another_address_here_redirects(client, path):
    issue, page = make_issue(number=5), make_page()
    make_post(1, f"https://sreweekly.com/{quote(path).lower()}/", issue=issue)
    make_post(2, f"https://sreweekly.com/{quote(path).lower()}/page/", page=page)
    for address in (f"/{path}/", f"/{path}", f"/{path.upper()}/"):
        assert_moved(client, address, issue.get_absolute_url())
    assert_moved(client, f"/{path}/page/", page.get_absolute_url())


def test_part_of_a_permalink_is_not_found(client):
    make_post(1, "https://sreweekly.com/2024/05/first/", issue=make_issue(number=5))
    make_post(2, "https://sreweekly.com/?p=2", issue=make_issue(number=6))
    for address in ("/first/", "/05/first/", "/2024/05/firs/", "/2024/05/", "/2024-05-first/"):
        assert client.get(address).get("Location", "/archive/2024/") == "/archive/2024/"


def test_present_address_counts_before_a_permalink(client):
    make_issue(number=6, slug="first")
    make_post(1, "https://sreweekly.com/first/", issue=make_issue(number=5))
    assert client.get("/first/").status_code == 200
    assert_moved(client, "/First", "/first/")


@pytest.mark.parametrize("count", [1, 3])
def test_moves_take_a_fixed_number_of_queries(client, django_assert_num_queries, count):
    for number in range(count):
        make_post(number, f"https://sreweekly.com/x{number}/", issue=make_issue(articles=count))
    make_page()
    for address, queries in (("/About/", 3), ("/about", 1), ("/nothing", 2), ("/a/b/c", 2), ("/archive", 0)):
        with django_assert_num_queries(queries):
            client.get(address)


# Configured


def test_about_page_is_found_at_its_first_address(client):
    make_page()
    for address in ("/about-sre-weekly-2/", "/About-SRE-Weekly-2"):
        assert_moved(client, address, "/about/")


def test_configured_move_leads_to_other_sites_too(client, settings):
    settings.OLD_ADDRESSES = parse_moves("OLD_ADDRESSES", "/Jobs/list/ https://jobs.example/?a=b")
    assert client.get("/jobs/list")["Location"] == "https://jobs.example/?a=b"


def test_page_counts_before_a_configured_move(client, settings):
    settings.OLD_ADDRESSES = {"about": "/elsewhere/"}
    make_page()
    assert client.get("/about/").status_code == 200
    assert_moved(client, "/about", "/about/")


def test_moves_are_pairs_of_addresses():
    assert parse_moves("OLD_ADDRESSES", " /A/ /b/,, c/d   https://e.example/ ,") == {
        "a": "/b/",
        "c/d": "https://e.example/",
    }


@pytest.mark.parametrize("text", ["/a/", "/a/ //evil.example", "/a/ javascript:x", "/a?b /c/", "/a/ /b/ /c/"])
def test_malformed_move_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="OLD_ADDRESSES"):
        parse_moves("OLD_ADDRESSES", text)


# Pages of issues


def tree(response):
    assert response.status_code == 200
    return lxml.html.fromstring(response.content.decode())


def make_issues(count: int) -> None:
    for day in range(1, count + 1):
        make_issue(number=day, articles=1, intro=f"Intro {day}.", publish_at=datetime(2026, 1, day, tzinfo=UTC))


def test_pages_hold_five_whole_issues_the_latest_first(client):
    make_issues(12)
    make_issue(number=13, status="draft")
    make_issue(number=14, publish_at=FUTURE)
    for address, numbers in [
        ("/category/general/", [12, 11, 10, 9, 8]),
        ("/page/2/", [7, 6, 5, 4, 3]),
        ("/category/general/page/2/", [7, 6, 5, 4, 3]),
        ("/page/3/", [2, 1]),
    ]:
        page = tree(client.get(address))
        assert page.xpath("//article/header/h2/a/text()") == [f"SRE Weekly Issue #{number}" for number in numbers]
        assert page.xpath("//article/div/p/text()") == [f"Intro {number}." for number in numbers]
        assert len(page.xpath("//div[@class='sreweekly-entry']")) == len(numbers)


def test_page_prints_an_issue_as_its_own_page_does(client):
    contents = "//div[@class='entry-content cf']"
    make_placement(make_issue(number=1, articles=2, outages=1, intro="Hello."))
    own, listed = (
        "".join(lxml.html.tostring(tree(client.get(address)).xpath(contents)[0], encoding="unicode").split())
        for address in ("/sre-weekly-issue-1/", "/category/general/")
    )
    assert own == listed.replace("SponsorofSREWeeklyIssue#1", "Sponsor")  # Two regions of one page differ in name.


@pytest.mark.parametrize(
    ("address", "title", "links"),
    [
        ("/page/2/", "Issues, page 2", {"prev": "/", "next": "/page/3/"}),
        ("/page/3/", "Issues, page 3", {"prev": "/page/2/"}),
        ("/category/general/", "Issues", {"next": "/category/general/page/2/"}),
        (
            "/category/general/page/2/",
            "Issues, page 2",
            {"prev": "/category/general/", "next": "/category/general/page/3/"},
        ),
    ],
)
def test_pages_name_themselves_and_their_neighbours(client, address, title, links):
    make_issues(11)
    page = tree(client.get(f"{address}?utm_source=x"))
    assert (page.findtext("head/title"), page.xpath("string(//h1)")) == (f"{title} · SRE Weekly", title)
    assert page.xpath("//link[@rel='canonical']/@href") == [f"https://sreweekly.example{address}"]
    assert {a.get("rel"): a.get("href") for a in page.xpath("//nav[@aria-label='Pages']/a")} == links


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/page/1/", "/"),
        ("/page/2", "/page/2/"),
        ("/category/general", "/category/general/"),
        ("/category/general/page/1/", "/category/general/"),
        ("/?paged=2", "/page/2/"),
        ("/index.php?paged=2", "/page/2/"),
        ("/?paged=1", "/"),
        ("/?cat=1", "/category/general/"),
        ("/?paged=2&cat=1", "/category/general/page/2/"),
        ("/?category_name=general", "/category/general/"),
        ("/?category_name=General.&paged=2", "/category/general/page/2/"),
        ("/page2", "/page/2/"),
        ("/category/GENERAL/", "/category/general/"),
        ("/index.php?utm_source=x", "/"),
    ],
)
def test_every_page_has_one_address(client, address, target):
    make_issues(6)
    assert_moved(client, address, target)


def test_pages_that_do_not_exist_are_not_found(client):
    make_issues(6)
    for address in [
        *("/page/3/", "/page/0/", "/page/x/", f"/page/{'9' * 5000}/", "/page/2/3/", "/page/", "/page/٢/"),
        *("/category/general/page/3/", "/category/other/", "/category/other/page/2/", "/category/", "/?paged=x"),
        *(
            "/category/general/other/",
            "/?paged=",
            "/?cat=1&paged=0",
            "/?category_name=other",
            f"/?paged={'9' * 5000}",
            "/category/other/feed/",
        ),
    ]:
        assert client.get(address).status_code == 404, address


def test_category_of_an_empty_newsletter_is_friendly(client):
    page = tree(client.get("/category/general/"))
    assert page.xpath("//main/p/text()") == ["The first issue is being written. Come back soon."]


def test_category_is_configured(client, settings):
    settings.OLD_CATEGORY = "newsletter"
    assert client.get("/category/newsletter/").status_code == 200
    assert client.get("/category/general/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_page_of_issues_takes_eight_queries(client, django_assert_num_queries, count):
    for _ in range(count):
        make_placement(make_issue(articles=count, outages=count))
    with django_assert_num_queries(8):
        client.get("/category/general/")


def test_pages_may_be_kept_and_take_nothing(client):
    make_issues(6)
    response = client.get("/page/2/")
    assert (response["Cache-Control"], dict(response.cookies)) == (CACHED, {})
    assert client.head("/page/2/").status_code == 200
    assert client.post("/page/2/").status_code == 405


# Feeds


def test_feed_is_one_step_away(client):
    make_issue()
    for address in [
        *("/feed", "/feed/rss2/", "/feed/rss", "/feed/rdf/", "/feed/feed/", "/rss/", "/rdf", "/wp-rss2.php"),
        *("/wp-feed.php", "/category/general/feed/", "/category/general/feed/rss2", "/?feed=feed", "/?feed=rss"),
        *("/?feed=rss2&cat=1", "/?feed=rdf&utm_source=x", "/index.php?feed=rss2", "/?feed=rss2&category_name=general"),
        *("/author/lex/feed/", "/author/lex/rss2", "/?feed=rss2&author=1", "/?feed=feed&author_name=lex"),
        *("/2016/feed/", "/2016/05/feed", "/2016/5/17/feed/rss2/", "/2016/05/rss/", "/?feed=rss2&m=201605"),
        *("/page/2/feed/", "/category/general/page/2/feed", "/?feed=rss2&paged=2", "/?feed=rss&year=2016&monthnum=5"),
    ]:
        assert_moved(client, address, "/feed/")
    for address in [
        *(
            "/feed/atom",
            "/atom/",
            "/wp-atom.php",
            "/?feed=atom",
            "/category/general/feed/atom/",
            "/author/lex/feed/atom",
        ),
        *("/2016/05/atom/", "/page/2/feed/atom/", "/?feed=atom&author=1"),
    ]:
        assert_moved(client, address, "/feed/atom/")


def test_feed_of_a_tag_leads_to_that_of_its_articles(client):
    make_article(issue=make_issue(), tags=("slo",))
    for address in ("/tag/slo/feed/", "/tag/SLO/feed", "/tag/slo/feed/rss2/", "/tag/slo/rss", "/?feed=rss2&tag=slo"):
        assert_moved(client, address, "/tags/slo/feed/")
    for address in ("/tag/slo/feed/atom/", "/tag/slo/atom", "/?tag=slo&feed=atom"):
        assert_moved(client, address, "/tags/slo/feed/atom/")
    for address in ("/tag/none/feed/", "/?feed=atom&tag=none", "/?feed=x&tag=slo"):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("name", ["", "x", "%00", "x" * 5000, "comments"])
def test_unknown_feed_is_not_found(client, name):
    assert client.get(f"/?feed={name}").status_code == 404


# Gone addresses


COMMENTS = [
    *(
        "/comments/feed/",
        "/comments/feed",
        "/comments/",
        "/comments/feed/rss2/",
        "/comments/feed/atom/",
        "/comments/rss2/",
    ),
    *("/sre-weekly-issue-5/feed/", "/sre-weekly-issue-5/feed", "/sre-weekly-issue-5/feed/atom/", "/about/feed/"),
    *("/?feed=comments-rss2", "/?feed=rss2&p=300", "/?feed=rss2&s=x", "/wp-commentsrss2.php"),
    *(
        "/2016/05/17/sre-weekly-issue-5/feed/",
        "/एक-हिन्दी/feed/",
        "/about/rss2/",
        "/?feed=atom&name=about",
        "/about/atom",
    ),
    *("/search/slo/feed/", "/search/slo/rss2", "/search/a/b/feed/atom", "/?feed=rss2&withcomments=1"),
    *("/category/general/embed/", "/author/lex/trackback", "/?feed=rss2&attachment_id=1"),
]
PROGRAMS = [
    *("/wp-content/", "/wp-content", "/wp-content/themes/frontier/style.css?ver=1", "/wp-includes/js/jquery.js"),
    *("/wp-admin", "/wp-admin/", "/wp-admin/admin-ajax.php?action=x", "/wp-login.php", "/wp-login.php?redirect_to=/"),
    *(
        "/wp-cron.php?doing_wp_cron",
        "/xmlrpc.php",
        "/xmlrpc.php?rsd",
        "http://testserver//xmlrpc.php",
        "http://testserver//wp-includes/a.xml",
    ),
    *("/wp-json/", "/wp-json", "/wp-json/wp/v2/users?per_page=100", "/?rest_route=/wp/v2/users", "/?rest_route="),
    *("/wp-comments-post.php", "/wp-trackback.php", "/sre-weekly-issue-5/trackback/", "/sre-weekly-issue-5/embed/"),
    *("/wp-content/%00", "/wp-content/a%0ab", "/wp-content/" + "x" * 5000, "/index.php?rest_route=/"),
    *("/wp-register.php", "/wp-config.php", "/wp-mail.php?x=y", "/wp-sitemap.xsl", "/wp-sitemap-index.xsl"),
]


def test_gone_address_says_so_in_a_line_that_may_be_kept_for_a_day(client, django_assert_num_queries):
    make_issue(number=5)
    for address in COMMENTS + PROGRAMS:
        with django_assert_num_queries(0):
            response = client.get(address)
        assert (response.status_code, response.content) == (410, b"This is gone, and will not come back.\n"), address
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response["Cache-Control"] == "public, max-age=86400, stale-if-error=604800"
        assert (response.has_header("Vary"), dict(response.cookies)) == (False, {})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND"])
def test_gone_address_is_gone_for_every_method(django_assert_num_queries, method):
    robot = Client(enforce_csrf_checks=True)
    for address in ("/xmlrpc.php", "/wp-json/wp/v2/posts", "/?rest_route=/wp/v2/posts"):
        with django_assert_num_queries(0):
            response = robot.generic(method, address, "<methodCall/>", "text/xml")
        assert response.status_code == 410


def test_nothing_can_be_sent_to_the_home_page():
    assert Client(enforce_csrf_checks=True).post("/", {"p": "1"}).status_code == 405


# By date, author, tag, words


def test_dates_lead_to_their_year_in_the_archive(client):
    make_issue(publish_at=datetime(2024, 5, 17, tzinfo=UTC))
    for address in ("/2024/", "/2024/05", "/2024/5/", "/2024/05/17/", "/2024/13/", "/2024/05/page/2/"):
        assert_moved(client, address, "/archive/2024/")
    for address in ("/1024/", "/20245/", "/2024/005/", "/2024/05/17/18/", "/٢٠٢٤/"):
        assert client.get(address).status_code == 404


def test_dates_in_a_query_lead_to_their_year_in_the_archive(client):
    make_issue(publish_at=datetime(2024, 5, 17, tzinfo=UTC))
    for query in (
        "m=2024",
        "m=202405",
        "m=20240517",
        "m=2024-05",
        "year=2024",
        "year=2024&monthnum=5&day=17",
        "m=202413",
    ):
        assert_moved(client, f"/?{query}", "/archive/2024/")
    for query in ("m=", "m=5", "m=lamp", "year=24", "year=-2024", "m=%00", "m=٢٠٢٤"):
        assert client.get(f"/?{query}").status_code == 404


def test_author_of_posts_leads_to_the_archive(client):
    for address in [
        *("/author/lex/", "/author/nobody", "/author/lex/page/2/", "/author/lex.b/", "/author/Lex%20B/page2"),
        *("/?author=1", "/?author=1&paged=2", "/?author_name=lex", "/index.php?author=7"),
    ]:
        assert_moved(client, address, "/archive/")


def test_tag_leads_to_its_articles(client):
    issue = make_issue()
    for _ in range(2):
        make_article(issue=issue, tags=("slo",))
    for address in ("/tag/slo/", "/tag/slo", "/tag/SLO/", "/tag/slo/page/2/", "/?tag=slo", "/?tag=SLO.&paged=2"):
        assert_moved(client, address, "/tags/slo/")


@pytest.mark.parametrize("hidden", HIDDEN)
def test_tag_of_a_hidden_issue_is_as_unknown_as_any(client, hidden):
    make_article(issue=make_issue(**hidden), tags=("slo",))
    assert client.get("/tag/slo/").content == client.get("/tag/none/").content
    assert client.get("/tag/slo/").status_code == 404


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/?s=retry+storms", "retry storms"),
        ("/?s=", ""),
        ("/?s=%22a%26b%22%23%3F", '"a&b"#?'),
        ("/?s=%E6%97%A5&utm_source=x", "日"),
        ("/search/retry+storms/", "retry storms"),
        ("/search/%E6%97%A5", "日"),
        ("/index.php?s=x", "x"),
        ("/search/retry+storms/page/2/", "retry storms"),
        ("/search/a/b", "a/b"),
        ("/?s=x&paged=2", "x"),
    ],
)
def test_words_lead_to_the_search(client, django_assert_num_queries, address, words):
    with django_assert_num_queries(0):
        response = client.get(address)
    target = f"/search/?{urlencode({'q': words})}"
    assert (response.status_code, response["Location"], response["Cache-Control"]) == (301, target, CACHED)
    assert client.get(target).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        *("wp-sitemap", "wp-sitemap-posts-post-1", "wp-sitemap-posts-page-2", "wp-sitemap-taxonomies-post_tag-1"),
        *("wp-sitemap-users-1", "sitemap_index", "post-sitemap", "post-sitemap2", "sitemap-1", "image-sitemap-1"),
    ],
)
def test_sitemaps_of_wordpress_and_its_plug_ins_lead_to_the_sitemap(client, name):
    for address in (f"/{name}.xml", f"/index.php/{name}.xml", "/?sitemap=index", "/?sitemap=posts&paged=1"):
        assert_moved(client, address, "/sitemap.xml")


@pytest.mark.parametrize("words", ["x" * 20_000, "🎉" * 5_000, "\0", "\r\nSet-Cookie: a=b", "%"])
def test_any_words_lead_to_the_search(client, words):
    response = client.get("/", {"s": words})
    assert response.status_code == 301
    assert client.get(response["Location"]).status_code in (200, 400)


# Anything


ADDRESSES = st.text(max_size=30) | st.from_regex(r"-?[0-9]{1,30}", fullmatch=True) | st.sampled_from(["rss2", "atom"])


@given(st.dictionaries(st.sampled_from([*QUERIES, "page", "utm_x"]), ADDRESSES))
@limits(max_examples=25)
def test_any_query_is_answered(client, query):
    text = urlencode(query, errors="replace")
    response = client.get(f"/?{text}")
    assert response.status_code in (200, 301, 400, 404, 410)
    assert not response.get("Location", "/").startswith("//")


@given(
    st.sampled_from(
        ["", "page/", "category/", "category/general/", "tag/", "author/", "search/", "index.php/", "2024/"]
    ),
    st.text(max_size=40),
)
@limits(max_examples=25)
def test_any_path_is_answered(client, folder, text):
    response = client.get(f"/{folder}{quote(text.encode('utf-8', 'replace'), safe='/')}")
    assert response.status_code in (200, 301, 400, 404, 410)
    assert not response.get("Location", "/").startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "path", ["/evil.example/", "\\evil.example", "%5cevil.example/", "%2fevil.example", ":@evil.example"]
)
def test_nothing_after_index_php_leads_to_another_site(client, path):
    assert client.get(f"/index.php/{path}").status_code in (400, 404)


def test_missing_final_slash_of_other_addresses_redirects(client):
    make_article(issue=make_issue(), tags=("日",))
    for address, target in [
        ("/search?q=slo", "/search/?q=slo"),
        ("/authors", "/authors/"),
        ("/admin", "/admin/"),
        ("/feed/articles/atom", "/feed/articles/atom/"),
        ("/tags/%E6%97%A5?page=1", "/tags/%E6%97%A5/?page=1"),
    ]:
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (301, target)
