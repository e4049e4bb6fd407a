"""Search: what is found and what never is, how it is asked for, and that what is found follows every change."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import lxml.etree
import lxml.html
import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from taggit.models import Tag

from issues.changes import note_changes
from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.search import SearchText
from issues.search.finding import EXCERPT_LENGTH, excerpt, mark
from issues.search.index import index
from issues.search.words import normalize, wanted_words, words_of
from tests.desk_forms import save
from tests.make import make_article, make_author, make_editor, make_issue, make_placement, make_publication

FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
HIDDEN = [{"status": "draft"}, {"publish_at": FUTURE}]


def make_found(title="Found", **fields):
    """An article of an issue of its own, where none is given, that search knows of."""
    article = make_article(**{"issue": None, **fields, "title": title} | {"issue": fields.get("issue") or make_issue()})
    note_changes(Issue.objects.all())
    return article


def ask(client, words="", status=200, **parameters):
    response = client.get("/search/", {"q": words, **parameters})
    assert response.status_code == status
    return lxml.html.fromstring(response.content.decode())


def results(client, words="", **parameters):
    return [" ".join(h2.text_content().split()) for h2 in ask(client, words, **parameters).xpath("//ol/li/h2")]


def sentences(client, words="", **parameters):
    return [" ".join(p.text_content().split()) for p in ask(client, words, **parameters).xpath("//main/p")]


def marked(client, words):
    return [element.text for element in ask(client, words).xpath("//mark")]


# Words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Zoë’s on-call", ["zoe", "s", "on-call"]),
        ("ZOE\u0308", ["zoe"]),
        ("Łukasz Ørsted Straße", ["lukasz", "orsted", "strasse"]),
        ("CI/CD: incident.io & R&D", ["ci", "cd", "incident", "io", "r", "d"]),
        ("<b>&amp;</b>", ["b", "amp", "b"]),
        ("on‑call—now", ["on-call", "now"]),
        ("信頼性 الموثوقية Надёжность", ["信頼性", "الموثوقية", "надежность"]),
        ("🎉 \0 -- '", []),
    ],
)
def test_words_have_no_capitals_and_accents(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("Two Words", "two words"),
        ('"A Phrase" more', '"a phrase" more'),
        ("“A phrase”", '"a phrase"'),
        ("this -that –other", "this -that -other"),
        ('-"a phrase"', '-"a phrase"'),
        ("this OR that", "this or that"),
        ('"or"', '"or"'),
        ("incident.io CI/CD", '"incident io" "ci cd"'),
        ('open "quote', "open quote"),
        ("https://www.example.com/a-b/?utm_source=x", '"example com a-b"'),
        ("a & b | !c <-> (d:*)", "a b c d"),
        ("- \" ' \\ 🎉 %", ""),
        ("\0", ""),
    ],
)
def test_query_is_what_a_reader_means(typed, query):
    assert normalize(typed) == query


def test_excluded_words_and_operators_are_not_wanted():
    assert wanted_words('one or "two one" -three -"four five"') == ["one", "two"]


# What is found


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("failover", {"title": "Failover at noon"}),
        ("failover", {"blurb": "About *failover*."}),
        ("failover", {"byline": "Somebody from Failover Inc."}),
        ("failover", {"tags": ("failover",)}),
        ("netflixtechblog", {"url": "https://netflixtechblog.com/1"}),
        ("https://www.netflixtechblog.com/one-two?utm_source=x", {"url": "https://netflixtechblog.com/one-two/"}),
        ("failing", {"blurb": "It failed."}),
        ("ci/cd", {"title": "Your CI/CD"}),
        ("CD", {"title": "Your CI/CD"}),
        ("load balancer", {"title": "The load-balancer"}),
        ("naive", {"title": "Naïve retries"}),
        ("naïve", {"title": "Naive retries"}),
        ("信頼性", {"title": "信頼性 101"}),
        ("الموثوقية", {"blurb": "عن الموثوقية اليوم"}),
        ("НАДЁЖНОСТЬ", {"blurb": "надёжность систем"}),
    ],
)
def test_article_is_found_by(db, client, words, fields):
    article = make_found(**fields)
    make_found("Another")
    assert results(client, words) == [article.title]


@pytest.mark.parametrize("name", ["Zoë Łukasz", "山田太郎", "محمد", "Йосиф"])
def test_author_is_found_in_any_script(db, client, name):
    make_found(authors=(make_author(name),))
    assert results(client, name) == ["Found"]


def test_accents_of_names_need_not_be_typed(db, client):
    make_found(authors=(make_author("Zoë Łukasz"),))
    assert results(client, "zoe lukasz") == ["Found"]


def test_publication_is_found(db, client):
    make_found(publication=make_publication("ACM Queue"))
    assert results(client, "acm") == ["Found"]


def test_outage_is_found(db, client):
    make_found("Example Cloud", section="outages")
    assert results(client, "cloud") == ["Example Cloud"]


def test_intro_is_found_as_its_issue(db, client):
    make_issue(number=7, intro="Happy *anniversary*!")
    note_changes(Issue.objects.all())
    (link,) = ask(client, "anniversary").xpath("//ol/li/h2/a")
    assert (link.text_content(), link.get("href")) == ("SRE Weekly Issue #7", "/sre-weekly-issue-7/")
    assert marked(client, "anniversary") == ["anniversary"]


@pytest.mark.parametrize("words", ["issue 7", "#7", "SRE Weekly Issue #7"])
def test_issue_is_found_by_its_number(db, client, words):
    make_issue(number=7)
    make_issue(number=8)
    note_changes(Issue.objects.all())
    assert results(client, words) == ["SRE Weekly Issue #7"]


@pytest.mark.parametrize("words", ["strong", "https", "href", "amp"])
def test_markup_is_not_found(db, client, words):
    make_found(blurb="**Bold** & [link](https://example.org/x)")
    assert results(client, words) == []


def test_address_of_a_link_in_a_blurb_is_not_found(db, client):
    make_found(blurb="[link](https://example.org/hidden)")
    assert results(client, "hidden") == []


def test_sponsor_is_never_found(db, client):
    issue = make_issue(articles=1)
    make_placement(issue, message="Buy **quuxifiers** now", url="https://quuxco.example/")
    note_changes(Issue.objects.all())
    for words in ("quuxifiers", "quuxco", issue.placements.get().sponsor.name):
        assert results(client, words) == []


def test_disclosure_is_not_found(db, client):
    make_found(disclosure="Full disclosure: Quuxco is my employer.")
    assert results(client, "quuxco") == []


def test_long_words_are_no_trouble(db, client):
    make_found(blurb="x" * 5000 + " ending")
    assert results(client, "ending") == ["Found"]


# Drafts, scheduled issues, the backlog


@pytest.mark.parametrize("hidden", HIDDEN)
def test_hidden_issue_is_nowhere(db, client, hidden):
    issue = make_issue(intro="Quuxward", **hidden)
    author, publication = make_author("Quux Author"), make_publication("Quux Times")
    make_found("Quuxing", issue=issue, authors=(author,), publication=publication, tags=("quuxtag",))
    for words in ("quuxward", "quuxing", "quux", "times", "quuxtag", f"issue {issue.number}"):
        assert sentences(client, words) == ["Nothing was found."]


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize(
    ("parameter", "value"), [("author", "quux-author"), ("publication", "Quux Times"), ("tag", "quuxtag")]
)
def test_names_in_a_hidden_issue_are_unknown(db, client, hidden, parameter, value):
    author, publication = make_author("Quux Author"), make_publication("Quux Times")
    make_found(issue=make_issue(**hidden), authors=(author,), publication=publication, tags=("quuxtag",))
    (error,) = ask(client, status=400, **{parameter: value}).xpath("//ul[@class='errorlist']/li/text()")
    assert value in error


@pytest.mark.parametrize("hidden", HIDDEN)
def test_words_of_a_hidden_issue_are_not_suggested(db, client, hidden):
    make_found("Kubernetes", issue=make_issue(**hidden))
    make_found("Quite another")
    assert sentences(client, "kuberntes") == ["Nothing was found."]


def test_form_of_a_word_in_a_draft_is_not_suggested(db, client):
    make_found("Kubernetess", issue=make_issue(status="draft"))
    make_found("Kubernetes")
    assert sentences(client, "kubernetiss") == ["Nothing was found.", "Did you mean kubernetes?"]


def test_year_of_a_hidden_issue_is_not_offered(db, client):
    make_issue(publish_at=datetime(2024, 6, 1, tzinfo=UTC))
    make_issue(publish_at=FUTURE)
    make_issue(publish_at=datetime(2023, 6, 1, tzinfo=UTC), status="draft")
    assert ask(client).xpath("//select[@name='year']/option/@value") == ["", "2024"]


def test_backlog_is_not_found(db, client):
    make_article(title="Quux")
    note_changes(Issue.objects.all())
    assert results(client, "quux") == []
    assert not SearchText.objects.exists()


def test_scheduled_issue_is_found_from_the_moment_it_comes_out(db, client):
    make_found(issue=make_issue(publish_at=FUTURE))
    with time_machine.travel(FUTURE - timedelta(seconds=1), tick=False):
        assert results(client, "found") == []
    with time_machine.travel(FUTURE, tick=False):
        assert results(client, "found") == ["Found"]


def test_withdrawn_issue_is_not_found(db, client):
    make_found().issue.withdraw()
    assert results(client, "found") == []


# Operators, order


@pytest.fixture
def library(db):
    issue = make_issue()
    for title in ("Load balancer", "Balancer of load", "Cache and database", "Database alone"):
        make_article(issue=issue, title=title)
    note_changes(Issue.objects.all())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("load balancer", {"Load balancer", "Balancer of load"}),
        ('"load balancer"', {"Load balancer"}),
        ("“load balancer”", {"Load balancer"}),
        ("database -cache", {"Database alone"}),
        ('load -"load balancer"', {"Balancer of load"}),
        ("alone or cache", {"Database alone", "Cache and database"}),
        ("-database -load", {"SRE Weekly Issue #1"}),
        ("or or", set()),
    ],
)
def test_operators(client, library, words, found):
    assert set(results(client, words)) == found


def test_title_counts_more_than_blurb_more_than_tag(db, client):
    issue = make_issue()
    make_article(issue=issue, title="By tag", tags=("cache",))
    make_article(issue=issue, title="By blurb", blurb="cache")
    make_article(issue=issue, title="By cache")
    note_changes(Issue.objects.all())
    assert results(client, "cache") == ["By cache", "By blurb", "By tag"]


def test_of_equals_the_newest_comes_first(db, client):
    for day in (1, 3, 2):
        make_article(issue=make_issue(publish_at=datetime(2024, 1, day, tzinfo=UTC)), title=f"Cache {day}")
    note_changes(Issue.objects.all())
    assert results(client, "cache") == ["Cache 3", "Cache 2", "Cache 1"]


def test_newest_first_where_asked_for(db, client):
    make_found("Cache cache", issue=make_issue(publish_at=datetime(2023, 1, 1, tzinfo=UTC)))
    make_found("Newer", blurb="cache", issue=make_issue(publish_at=datetime(2024, 1, 1, tzinfo=UTC)))
    assert results(client, "cache") == ["Cache cache", "Newer"]
    assert results(client, "cache", sort="new") == ["Newer", "Cache cache"]


# Filters


@pytest.fixture
def two(db):
    """An article that every filter leaves, and one that none does."""
    make_article(
        issue=make_issue(number=1, publish_at=datetime(2024, 12, 31, 12, tzinfo=UTC)),
        title="This cache",
        section="outages",
        authors=(make_author("Ann Lee"), make_author("Second")),
        publication=make_publication("ACM Queue"),
        tags=("SLO", "dns"),
    )
    make_article(issue=make_issue(number=2, publish_at=datetime(2025, 1, 2, tzinfo=UTC)), title="That cache")
    note_changes(Issue.objects.all())


FILTERS = [
    ({"year": "2024"}, "Year: 2024"),
    ({"section": "outages"}, "Section: Outages"),
    ({"author": "ann-lee"}, "Author: Ann Lee"),
    ({"author": " ANN lee "}, "Author: Ann Lee"),
    ({"publication": "acm-queue"}, "Publication: ACM Queue"),
    ({"publication": "acm queue"}, "Publication: ACM Queue"),
    ({"tag": "slo"}, "Tag: SLO"),
]


@pytest.mark.parametrize(("parameters", "shown"), FILTERS)
@pytest.mark.parametrize("words", ["", "cache"])
def test_filter_leaves(client, two, parameters, shown, words):
    page = ask(client, words, **parameters)
    assert [h2.text_content().strip() for h2 in page.xpath("//ol/li/h2")] == ["This cache"]
    (active,) = page.xpath("//ul[@class='active-filters']/li")
    assert " ".join(active.text_content().split()) == f"{shown} remove"


def test_filters_add_up(client, two):
    assert results(client, author="ann-lee", year="2024", tag="dns") == ["This cache"]
    assert results(client, author="ann-lee", year="2025") == []


def test_filter_is_removed_by_a_link(client, two):
    page = ask(client, "cache", author="ann-lee", tag="slo", page="1")
    links = page.xpath("//ul[@class='active-filters']/li/a")
    assert [(a.get("aria-label"), a.get("href")) for a in links] == [
        ("Remove Author", "/search/?q=cache&tag=slo"),
        ("Remove Tag", "/search/?q=cache&author=ann-lee"),
    ]


def test_form_keeps_what_was_asked_for(client, two):
    form = ask(client, "This Cache", author="ann-lee", year="2024", section="outages", sort="new").forms[0]
    assert {name: value for name, value in form.form_values() if value} == {
        "q": "This Cache",
        "author": "Ann Lee",
        "year": "2024",
        "section": "outages",
        "sort": "new",
    }
    assert form.xpath(".//details/@open") == [""]


def test_year_is_of_new_york(db, client):
    make_found(issue=make_issue(publish_at=datetime(2025, 1, 1, 1, 45, tzinfo=UTC)))
    assert results(client, "found", year="2024") == ["Found"]


@pytest.mark.parametrize(
    ("parameter", "value", "sentence"),
    [
        ("author", "nobody", "Nobody called “nobody” is credited in an issue."),
        ("publication", "nothing", "Nothing published by “nothing” is in an issue."),
        ("tag", "none", "No article has the tag “none”."),
        ("year", "1066", "Select a valid choice. 1066 is not one of the available choices."),
        ("year", "x", "Select a valid choice. x is not one of the available choices."),
        ("section", "jokes", "Select a valid choice. jokes is not one of the available choices."),
        ("q", "x" * 201, "Search for 200 characters at the most: these are 201."),
    ],
)
def test_what_cannot_be_asked_for_is_told_at_its_field(client, two, parameter, value, sentence):
    page = ask(client, **{"status": 400, "words": "cache", parameter if parameter != "q" else "words": value})
    assert page.xpath("//ul[@class='errorlist']/li/text()") == [sentence]
    (field,) = page.xpath(f"//*[@name='{parameter}']")
    assert field.get("aria-invalid") == "true"
    assert page.get_element_by_id(field.get("aria-describedby")).get("class") == "errorlist"


# Pages of results


def test_results_have_twenty_a_page(db, client):
    issue = make_issue()
    for number in range(1, 22):
        make_article(issue=issue, title=f"Cache {number}")
    note_changes(Issue.objects.all())
    first, second = (ask(client, "cache", page=number) for number in (1, 2))
    assert [len(page.xpath("//ol/li")) for page in (first, second)] == [20, 1]
    assert first.xpath("//p[@class='quiet']/text()") == ["21 results"]
    assert first.xpath("//nav[@aria-label='Pages']/a/@href") == ["?q=cache&page=2"]
    assert second.xpath("//nav[@aria-label='Pages']/a/@href") == ["?q=cache&page=1"]
    assert second.xpath("//ol[@class='articles results']/@start") == ["21"]
    assert second.findtext("head/title") == "cache · Search, page 2 · SRE Weekly"


@pytest.mark.parametrize("page", ["0", "2", "-1", "x", "1.5", "", "9" * 5000, "\0", "🎉"])
def test_pages_that_are_not_there_are_not_found(db, client, page):
    make_found()
    assert client.get("/search/", {"q": "found", "page": page}).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("parameters", "queries"),
    [
        ({}, 1),
        ({"q": "cache"}, 7),
        ({"q": "cache", "author": "ann-lee"}, 9),
        ({"author": "ann-lee", "publication": "acm-queue", "tag": "slo", "section": "articles"}, 13),
        ({"q": "nothinglikeit"}, 5),
    ],
)
def test_search_takes_a_fixed_number_of_queries(client, db, django_assert_num_queries, parameters, queries, count):
    author, publication = make_author("Ann Lee"), make_publication("ACM Queue")
    for _ in range(count):
        issue = make_issue(intro="cache")
        for _ in range(count):
            authors = (author, make_author())
            make_article(issue=issue, title="Cache", authors=authors, publication=publication, tags=("slo", "dns"))
    note_changes(Issue.objects.all())
    with django_assert_num_queries(queries):
        client.get("/search/", parameters)


def test_no_list_of_articles_drags_what_search_knows_along(db, django_assert_num_queries):
    make_found()
    with django_assert_num_queries(9) as queries:
        list(Issue.objects.with_contents())
        list(Article.objects.published().with_credits())
    assert not any("search" in query["sql"] for query in queries.captured_queries)


# How results are shown


def test_result_is_the_article_in_its_issue(db, client):
    issue = make_issue(number=7, publish_at=datetime(2024, 8, 12, 0, 45, tzinfo=UTC))
    article = make_found(
        "Cache <b>",
        issue=issue,
        url="https://www.example.com/1",
        blurb="Of *caches*.",
        authors=(make_author("Ann Lee"),),
        publication=make_publication("ACM Queue"),
        tags=("slo",),
    )
    (entry,) = ask(client, "cache").xpath("//ol[@class='articles results']/li")
    assert " ".join(entry.text_content().split()) == (
        "Cache <b> example.com Of caches. Ann Lee — ACM Queue in SRE Weekly Issue #7, August 11, 2024 slo"
    )
    assert [mark.text for mark in entry.iter("mark")] == ["Cache", "caches"]
    assert entry.xpath(".//a/@href") == [
        "https://www.example.com/1",
        "https://sreweekly.example/authors/ann-lee/",
        "https://sreweekly.example/publications/acm-queue/",
        f"/sre-weekly-issue-7/#article-{article.pk}",
        "https://sreweekly.example/tags/slo/",
    ]


def test_article_without_a_title_or_an_address_is_shown(db, client):
    issue = make_issue()
    make_article(issue=issue, title="", url="https://example.com/untitled", blurb="cache")
    make_article(issue=issue, title="Nowhere", url="", blurb="cache")
    note_changes(Issue.objects.all())
    assert results(client, "cache") == ["https://example.com/untitled", "Nowhere"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("fail", ["failed", "Fails", "failing"]),
        ("zoe", ["Zoë"]),
        ('"zoe failed"', ["Zoë", "failed", "Fails", "failing"]),
        ("fail -nothing", ["failed", "Fails", "failing"]),
        ("call", ["on-call"]),
    ],
)
def test_all_forms_of_the_words_are_marked(db, client, words, found):
    make_found(blurb="Zoë failed. Fails failing on-call")
    assert marked(client, words) == found


HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(1)> &lt;mark&gt;'


def test_what_was_typed_is_escaped(db, client):
    make_found(HOSTILE, blurb=HOSTILE, byline=HOSTILE, tags=(HOSTILE[:40],))
    response = client.get("/search/", {"q": f"{HOSTILE} or script"})
    content = response.content.decode()
    assert "<mark>script</mark>" in content
    assert "<img src=x" not in content
    assert "alert(1)</script>" not in content


def test_query_is_escaped_where_nothing_is_found(db, client):
    for parameters in ({"q": HOSTILE}, {"q": "cache", "author": HOSTILE, "tag": HOSTILE}):
        content = client.get("/search/", parameters).content.decode()
        assert "<img src=x" not in content
        assert "<script>alert" not in content


def test_marking_keeps_every_character():
    marked = "  “<mark>Fail</mark>”, &lt;<mark>fail</mark>&gt;\tfailing &amp; <mark>fail</mark>"
    assert mark("  “Fail”, <fail>\tfailing & fail", {"fail"}) == marked


def test_excerpt_shows_the_first_hit():
    text = "word " * 200 + "hit " + "word " * 200
    shown = excerpt(text, {"hit"})
    assert " hit " in shown
    assert shown.startswith("…word")
    assert shown.endswith("word…")
    assert len(shown) <= EXCERPT_LENGTH + 2


@pytest.mark.parametrize("hits", [set(), {"last"}, {"first"}])
def test_excerpt_ends_where_the_text_ends(hits):
    text = "first " + "word " * 100 + "last"
    shown = excerpt(text, hits)
    assert len(shown) <= EXCERPT_LENGTH + 2
    assert shown.startswith("first") == ("last" not in hits)
    assert shown.endswith("last") == ("last" in hits)


def test_excerpt_of_text_without_spaces_is_cut_somewhere():
    assert excerpt("長" * 1000, set()) == "長" * EXCERPT_LENGTH + "…"


# Where nothing is found


def suggestion(client, words, **parameters):
    return ask(client, words, **parameters).xpath("//main/p/a[bdi]/bdi/text()")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kuberntes", "kubernetes"),
        ("ukbernetes", "kubernetes"),
        ("kkubernetes", "kubernetes"),
        ("Kuberntes Failvoer", "kubernetes failover"),
        ('"kuberntes failover"', '"kubernetes failover"'),
        ("kuberntes -cache", "kubernetes -cache"),
        ("zoee", "zoee"[:0]),
    ],
)
def test_spelling_is_corrected(db, client, typed, meant):
    make_found("Kubernetes failover")
    assert suggestion(client, typed) == ([meant] if meant else [])


def test_suggestion_is_a_link_that_finds(db, client):
    make_found("Kubernetes", tags=("slo",))
    (link,) = ask(client, "kuberntes", tag="slo").xpath("//main/p/a[bdi]/@href")
    assert link == "/search/?q=kubernetes&tag=slo"
    assert b"1 result" in client.get(link).content


def test_of_two_words_as_like_the_more_frequent_is_suggested(db, client):
    for title in ("cluster", "bluster", "cluster"):
        make_found(title)
    assert suggestion(client, "clbuster") == ["cluster"]


def test_words_that_do_not_stand_together_are_offered_one_by_one(db, client):
    make_found("Kubernetes")
    make_found("Failover")
    assert suggestion(client, "kubernetes failover") == ["kubernetes or failover"]


def test_nothing_is_suggested_that_finds_nothing(db, client):
    make_found("Kubernetes", tags=("slo",))
    make_found("Other", tags=("dns",))
    assert suggestion(client, "kuberntes", tag="dns") == []


def test_search_without_the_filters_is_offered(db, client):
    make_found("Kubernetes", tags=("slo",))
    make_found("Other", tags=("dns",))
    (link,) = ask(client, "kubernetes", tag="dns").xpath("//main/p/a/@href")
    assert link == "/search/?q=kubernetes"


@pytest.mark.parametrize("words", ["the", "the of and", '"the"'])
def test_common_words_are_told(db, client, words):
    assert sentences(client, words)[1].startswith("Words such as “the” and “of” are in every issue")


def test_filters_that_leave_nothing_are_told(client, two):
    assert sentences(client, author="ann-lee", year="2025") == ["Nothing was found."]


@pytest.mark.parametrize("words", ["🎉", "--", '""', "'", "()"])
def test_query_without_words_is_told(db, client, words):
    assert sentences(client, words) == [
        "There is no word in this that can be searched for: letters or digits are needed."
    ]


# The page itself


def test_start_says_how_to_search(db, client):
    page = ask(client)
    assert page.xpath("//dl[@class='hints']/dt/code/text()") == [
        '"load balancer"',
        "failover -database",
        "outage or latency",
    ]
    assert page.xpath("//link[@rel='canonical']/@href") == ["https://sreweekly.example/search/"]
    assert not page.xpath("//meta[@name='robots']")


@pytest.mark.parametrize("parameters", [{"q": "found"}, {"q": "nothing"}, {"tag": "slo"}, {"q": "🎉"}])
def test_search_engines_keep_no_results(db, client, parameters):
    make_found(tags=("slo",))
    page = lxml.html.fromstring(client.get("/search/", parameters).content.decode())
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert not page.xpath("//link[@rel='canonical']")


def test_form_works_by_get_without_scripts(db, client):
    (form,) = ask(client).xpath("//main//form")
    assert (form.method, form.action, form.get("role")) == ("GET", "/search/", "search")
    assert not form.xpath(".//script | .//@onsubmit | .//@onchange")
    for field in form.xpath(".//input | .//select"):
        assert form.xpath(f".//label[@for='{field.get('id')}']")


@pytest.mark.parametrize("address", ["/search/", "/search/?q=found", "/opensearch.xml"])
def test_readers_get_no_cookie_and_what_a_cdn_may_keep(db, client, address):
    make_found()
    response = client.get(address)
    assert response.status_code == 200
    assert not response.cookies
    assert response["Cache-Control"].startswith("public, max-age=300, s-maxage=300")


def test_editors_find_what_readers_find(db, client):
    make_found(issue=make_issue(status="draft"))
    make_found()
    editors = Client()
    editors.force_login(make_editor())
    assert editors.get("/search/?q=found").content == client.get("/search/?q=found").content


def test_nothing_can_be_sent(db, client):
    assert client.post("/search/", {"q": "x"}).status_code == client.post("/opensearch.xml").status_code == 405


def test_missing_final_slash_keeps_the_query(db, client):
    response = client.get("/search?q=a%20b")
    assert (response.status_code, response["Location"]) == (301, "/search/?q=a%20b")


def test_opensearch_description(db, client):
    response = client.get("/opensearch.xml")
    assert response["Content-Type"].startswith("application/opensearchdescription+xml")
    description = lxml.etree.fromstring(response.content)
    name = "{http://a9.com/-/spec/opensearch/1.1/}"
    assert description.tag == f"{name}OpenSearchDescription"
    assert len(description.findtext(f"{name}ShortName")) <= 16
    templates = {url.get("type"): url.get("template") for url in description.iter(f"{name}Url")}
    assert templates["text/html"] == "https://sreweekly.example/search/?q={searchTerms}"


def test_opensearch_description_escapes_the_name(db, client, settings):
    settings.NEWSLETTER_NAME = "Ops & <Dev> with a long name"
    description = lxml.etree.fromstring(client.get("/opensearch.xml").content)
    assert description[0].text == "Ops & <Dev> with"


# Whatever is asked

STRANGE = [
    *("'", '"', "''''", '""""', "\\", "%", "_", "%s", "{}", "{{ x }}", "\0", "a\0b", "\r\n", "\t", " ", "\u200b"),
    *("'; DROP TABLE issues_issue; --", "1' OR '1'='1", "<script>", "../../etc/passwd", "${jndi:ldap://x}"),
    *("a & b", "a | b", "!a", "a <-> b", "a:*", "(a", "a)", "((((", "&", "|", "!", "<->", ":*", ":A", "a:B"),
    *("-", "--", "-a", "-a -b", '-"', '-""', "or", "or or or", "or a", "a or", "a or -b", "OR OR", "and", "not"),
    *("🎉", "🎉" * 100, "👩‍👩‍👧", "\u202eabc", "\ufeff", "ﷺ", "İ", "ß" * 200, "ﬀ" * 200, "e" + "\u0301" * 100),
    *("\ud7ff", "\uffff", "\U0010ffff", "日本語", "a-" * 90, "a." * 90, "1-2-3-4", "1e999", "-1", "0x00", "9" * 200),
    *("x" * 200, "x" * 201, "x" * 10_000, '"' * 10_000, "a or " * 2000, "-a " * 3000, "(" * 10_000),
    *("https://", "http://[", "https://example.com:99999999/", "https://[::1", "http://\0/"),
]


@pytest.mark.parametrize("text", STRANGE)
def test_any_text_is_answered(db, client, text):
    make_found("a b 1", tags=("slo",))
    for name in ("q", "year", "section", "author", "publication", "tag", "sort", "page"):
        status = client.get("/search/", {"q": "found", name: text}).status_code
        assert status in (200, 400, 404), f"{name} answered {status}"


@pytest.mark.parametrize(
    "query", ["q=%FF%FE", "q=%ED%A0%80", "q", "=", "&&&", "q=a&q=b", "q[]=a", "%00=%00", "q=%", "?q"]
)
def test_any_query_string_is_answered(db, client, query):
    make_found("a")
    assert client.get(f"/search/?{query}").status_code == 200


def test_very_many_parameters_are_refused(db, client):
    assert client.get("/search/?" + "a=1&" * 30_000).status_code == 400


# What is found follows every change


def found(client, *words):
    return [bool(results(client, word)) for word in words]


@pytest.fixture
def desk(db):
    client = Client()
    client.force_login(make_editor())
    return client


@pytest.fixture
def article(db):
    """“Oldtitle” by “Oldauthor” in “Oldtimes”, with the tag “oldtag”, in a published issue with “oldintro”."""
    author, publication = make_author("Oldauthor"), make_publication("Oldtimes")
    issue = make_issue(intro="oldintro")
    return make_found("Oldtitle", issue=issue, authors=(author,), publication=publication, tags=("oldtag",))


@pytest.mark.parametrize(
    ("old", "fields"),
    [
        ("oldtitle", {"title": "Newword"}),
        ("oldtimes", {"publication": ""}),
        ("oldauthor", {"author_list": []}),
        ("oldtag", {"tag_list": ["newword"]}),
        ("oldtitle", {"title": "Other", "blurb": "newword"}),
    ],
)
def test_saved_article_is_found_as_it_is_now(client, desk, article, old, fields):
    assert found(client, old) == [True]
    save(desk, f"/admin/issues/article/{article.pk}/change/", "article_form", **fields)
    assert found(client, old) == [False]
    if "newword" in str(fields).lower():
        assert found(client, "newword") == [True]


def test_row_of_an_issue_is_found_as_it_is_now(client, desk, article):
    url = f"/admin/issues/issue/{article.issue.pk}/change/"
    changes = {"articles-0-title": "Newtitle", "articles-0-tag_list": ["newtag"], "intro": "newintro"}
    save(desk, url, "issue_form", **changes)
    assert found(client, "oldtitle", "oldtag", "oldintro") == [False, False, False]
    assert found(client, "newtitle", "newtag", "newintro") == [True, True, True]


@pytest.mark.parametrize("kind", ["author", "publication"])
def test_renamed_name_is_found(client, desk, article, kind):
    row = article.authors.get() if kind == "author" else article.publication
    save(desk, f"/admin/issues/{kind}/{row.pk}/change/", f"{kind}_form", name="Newname")
    assert found(client, f"old{kind}" if kind == "author" else "oldtimes", "newname") == [False, True]


@pytest.mark.parametrize(("kind", "make"), [("author", make_author), ("publication", make_publication)])
def test_merged_name_is_found(client, desk, article, kind, make):
    kept = make("Newname")
    lost = article.authors.get() if kind == "author" else article.publication
    data = {"action": "merge", "_selected_action": [kept.pk, lost.pk], "kept": kept.pk}
    desk.post(f"/admin/issues/{kind}/", data)
    assert found(client, lost.name, "newname") == [False, True]


def test_renamed_tag_is_found(client, desk, article):
    save(desk, f"/admin/taggit/tag/{Tag.objects.get().pk}/change/", "tag_form", name="newtag")
    assert found(client, "oldtag", "newtag") == [False, True]


def test_placed_article_is_found(client, desk, db):
    issue, article = make_issue(status="draft"), make_article(title="Placed")
    desk.post("/admin/issues/article/", {"action": f"place_{issue.pk}", "_selected_action": [article.pk]})
    issue.refresh_from_db()
    issue.approve(timezone.now())
    assert found(client, "placed") == [True]


def test_article_sent_back_from_a_scheduled_issue_is_not_found_when_that_comes_out(client, desk, db):
    article = make_found("Sent back", issue=make_issue(publish_at=FUTURE))
    desk.post("/admin/issues/article/?place=all", {"action": "return_to_backlog", "_selected_action": [article.pk]})
    with time_machine.travel(FUTURE, tick=False):
        assert found(client, "sent") == [False]


def test_article_moved_to_another_issue_is_found_in_that_one_only(client, db):
    article = make_found("Moved", issue=make_issue(number=1))
    Article.objects.filter(pk=article.pk).update(issue=make_issue(number=2))
    note_changes(Issue.objects.filter(number=2))
    assert ask(client, "moved").xpath("//ol/li/small/a[last()]/bdi/text()") == ["SRE Weekly Issue #2"]


def test_deleted_article_and_issue_leave_nothing(client, db):
    issue = make_issue(status="draft")
    article = make_found(issue=issue)
    article.delete()
    issue.delete()
    assert not SearchText.objects.exists()


def test_rows_changed_past_the_desk_are_found_after_one_command(client, article, capsys):
    Article.objects.update(title="Imported")
    Tag.objects.update(name="importedtag")
    call_command("index_search")
    assert capsys.readouterr().out == "1 issues are indexed.\n"
    assert found(client, "oldtitle", "imported", "importedtag") == [False, True, True]


def test_indexing_again_changes_nothing(db):
    make_found(tags=("slo",))
    before = list(SearchText.objects.order_by("pk").values_list("issue", "article", "text", "vector", "words"))
    index(Issue.objects.all())
    after = list(SearchText.objects.order_by("pk").values_list("issue", "article", "text", "vector", "words"))
    assert before == after


@pytest.mark.django_db(transaction=True)
def test_two_who_index_the_same_issue_do_not_meet():
    make_issue(articles=3)

    def work():
        try:
            for _ in range(5):
                index(Issue.objects.all())
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work), pool.submit(work)]:
            done.result()
    assert SearchText.objects.count() == 4


@pytest.mark.parametrize("count", [1, 3])
def test_indexing_takes_a_fixed_number_of_queries(db, django_assert_num_queries, count):
    for _ in range(count):
        make_issue(articles=count, outages=count)
    with django_assert_num_queries(14):
        index(Issue.objects.all())


def test_only_what_changed_is_indexed(db, django_assert_num_queries):
    make_found()
    before = set(SearchText.objects.values_list("pk", flat=True))
    make_found()
    assert before < set(SearchText.objects.values_list("pk", flat=True))


def test_search_uses_its_index(db):
    make_found()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "search_text_vector" in SearchText.objects.matching("found").explain()


def test_query_strings_of_links_are_encoded(db, client):
    for _ in range(21):
        make_article(issue=Issue.objects.first() or make_issue(), title="C++ & D")
    note_changes(Issue.objects.all())
    (link,) = ask(client, "C++ & D").xpath("//nav[@aria-label='Pages']/a/@href")
    assert link == "?" + urlencode({"q": "C++ & D", "page": 2})
