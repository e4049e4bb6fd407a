from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from issues.models.articles import Article
from issues.models.issues import Issue
from issues.models.search import SearchText
from issues.search.finding import _KNOWN
from tests.issues.search.asking import ask, index_all, make_found, results, suggestion
from tests.make import make_article, make_author, make_issue, make_placement, make_publication

pytestmark = pytest.mark.django_db
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
HIDDEN = [{"status": "draft"}, {"publish_at": FUTURE}]


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        ("failover", {"title": "Failover at noon"}),
        ("failover", {"blurb": "About *failover*."}),
        ("failover", {"byline": "Somebody from Failover Inc."}),
        ("failover", {"tags": ("failover",)}),
        ("cloud", {"title": "Example Cloud", "section": "outages"}),
        ("netflixtechblog", {"url": "https://netflixtechblog.com/1"}),
        ("https://www.netflixtechblog.com/one-two?utm_source=x", {"url": "https://netflixtechblog.com/one-two/"}),
        ("failing", {"blurb": "It failed."}),
        ("CD", {"title": "Your CI/CD"}),
        ("load balancer", {"title": "The load-balancer"}),
        ("naïve", {"title": "Naive retries"}),
        ("信頼性", {"title": "信頼性 101"}),
        ("الموثوقية", {"blurb": "عن الموثوقية اليوم"}),
        ("НАДЁЖНОСТЬ", {"blurb": "надёжность систем"}),
        ("ending", {"blurb": "x" * 5000 + " ending"}),
    ],
)
def test_article_is_found_by_its_words(client, words, fields):
    article = make_found(**fields)
    make_found("Another")
    assert results(client, words) == [article.title]


@pytest.mark.parametrize(
    "titles",
    [
        ("Oncall", "On-call", "On call", "ON‑CALL"),
        ("A postmortem", "A post-mortem", "A post mortem", "A post–mortem"),
        ("Failover now", "Fail-over now", "Fail over now"),
        ("No email", "No e-mail", "No e mail"),
        ("Loadbalancers", "Load-balancers", "Load balancers"),
        ("A cooldown", "A cool-down", "A cool down"),
        ("NodeJS", "Node.js", "Node JS"),
        ("HTTP3", "HTTP-3", "HTTP 3"),
        ("2FA", "2-FA", "2 FA"),
        ("TLS1.3", "TLS 1.3", "TLS-1.3"),
        ("Rollouts", "Roll-outs", "Roll-out"),
        ("IO", "I/O"),
        ("Max_connections", "max connections", "Max-connections"),
    ],
)
def test_closed_joined_and_open_forms_find_each_other(client, titles):
    issue = make_issue()
    for title in (*titles, "Mail after the fall, a load of js"):
        make_article(issue=issue, title=title)
    index_all()
    for words in (*titles, f'"{titles[0]}"', f'"{titles[-1]}"'):
        assert set(results(client, words)) == set(titles)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        *(
            (words, ["CVE-2021-44228"])
            for words in ("44228", "2021-44228", "cve 2021 44228", "CVE-2021-44228", '"2021 44228"')
        ),
        *(("800", ["Boeing 737-800"]), ("737", ["Boeing 737-800"]), ("737-800", ["Boeing 737-800"])),
        *(("3", ["HTTP-3"]), ("http 3", ["HTTP-3"]), ("iso 27001", ["ISO-27001"])),
    ],
)
def test_numbers_after_hyphens_are_found(client, words, found):
    issue = make_issue(number=9)
    for title in ("CVE-2021-44228", "Boeing 737-800", "HTTP-3", "ISO-27001"):
        make_article(issue=issue, title=title)
    index_all()
    assert results(client, words) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        *(
            ("C++", ["C++ coroutines"]),
            ("c#", ["Async in C#"]),
            ("C", ["Plain C, really"]),
            ("F#", ["F# (functional)"]),
        ),
        *(
            (".NET", ["The .NET runtime"]),
            ("net", ["A safety net"]),
            ("at&t", ["AT&T was down"]),
            ("R&D", ["R&D costs"]),
        ),
        *(("C++ coroutines", ["C++ coroutines"]), ("Notepad++", ["Notepad++"]), ("notepad", ["Notepad++"])),
    ],
)
def test_names_with_signs_are_found_by_their_signs(client, words, found):
    issue = make_issue()
    titles = ("C++ coroutines", "Async in C#", "Plain C, really", "F# (functional)", "The .NET runtime", "A safety net")
    for title in (*titles, "AT&T was down", "At tea", "R&D costs", "Notepad++"):
        make_article(issue=issue, title=title)
    index_all()
    assert results(client, words) == found


@pytest.mark.parametrize(
    ("words", "title"),
    [
        *(
            ("障害", "クラウド障害からの学び"),
            ("クラウド", "クラウド障害からの学び"),
            ("学", "クラウド障害からの学び"),
            ("ｸﾗｳﾄﾞ", "クラウド障害からの学び"),
        ),
        *(
            ("故障", "分布式系统故障复盘"),
            ("系统", "分布式系统故障复盘"),
            ("장애", "서비스 장애가 났다"),
            ("AWS障害", "AWS障害の記録"),
        ),
        *(("क्लाउड", "क्लाउड में हिन्दी"), ("हिन्दी", "क्लाउड में हिन्दी"), ("ระบบล่ม", "ระบบล่ม เมื่อวาน"), ("சேவை", "சேவை")),
    ],
)
def test_other_scripts_are_found(client, words, title):
    issue = make_issue()
    for other in {title, "害障のドウ", "क ल उ ड ह न द", "ล ม", "가 장"}:
        make_article(issue=issue, title=other)
    index_all()
    assert results(client, words) == [title]


def test_best_spelling_is_the_one_that_was_typed(client):
    make_found("On call", issue=make_issue(publish_at=datetime(2024, 1, 2, tzinfo=UTC)))
    make_found("Oncall", issue=make_issue(publish_at=datetime(2024, 1, 1, tzinfo=UTC)))
    assert results(client, "oncall") == ["Oncall", "On call"]


def test_author_and_publication_are_found_in_any_script_and_without_accents(client):
    for name in ("Zoë Łukasz", "山田太郎", "محمد"):
        make_article(issue=make_issue(), title=name, authors=(make_author(name),))
    make_found("ACM", publication=make_publication("ACM Queue"))
    for name, words in [("Zoë Łukasz", "zoe lukasz"), ("山田太郎", "山田太郎"), ("محمد", "محمد"), ("ACM", "queue")]:
        assert results(client, words) == [name]


def test_intro_and_title_of_an_issue_are_found_as_the_issue(client):
    make_issue(number=7, intro="Happy *anniversary*!")
    make_issue(number=8)
    index_all()
    page = ask(client, "anniversary")
    assert page.xpath("//ol/li/h2/a/@href") == ["/sre-weekly-issue-7/"]
    assert page.xpath("//mark/text()") == ["anniversary"]
    for words in ("issue 7", "#7", "SRE Weekly Issue #7"):
        assert results(client, words) == ["SRE Weekly Issue #7"]


def test_markup_links_disclosures_and_sponsors_are_not_found(client):
    issue = make_issue()
    make_placement(issue, message="Buy **quuxifiers** now", url="https://quuxco.example/")
    make_found(issue=issue, blurb="**Bold** & [link](https://example.org/hidden)", disclosure="Full quux disclosure.")
    sponsor = issue.placements.get().sponsor.name
    for words in ("strong", "https", "href", "amp", "hidden", "disclosure", "quuxifiers", "quuxco", sponsor):
        assert results(client, words) == []


# Drafts, scheduled issues, the backlog


@pytest.mark.parametrize("hidden", HIDDEN)
def test_hidden_issue_is_not_found_and_not_suggested(client, hidden):
    issue = make_issue(intro="Quuxward", **hidden)
    author, publication = make_author("Quux Author"), make_publication("Quux Times")
    make_found("Quuxing", issue=issue, authors=(author,), publication=publication, tags=("quuxtag",))
    make_found("Another")
    assert results(client, f"issue {issue.number}") == []
    for words in ("quuxward", "quuxing", "quux", "times", "quuxtag", "quuxwrad"):
        assert (results(client, words), suggestion(client, words)) == ([], "")


def test_form_of_a_word_in_a_draft_is_not_suggested(client):
    make_found("Kubernetess", issue=make_issue(status="draft"))
    make_found("Kubernetes")
    assert suggestion(client, "kubernetiss") == "kubernetes"


def test_backlog_is_not_found(client):
    make_article(title="Quux")
    index_all()
    assert results(client, "quux") == []
    assert not SearchText.objects.exists()


def test_scheduled_issue_is_found_from_the_moment_it_comes_out(client):
    make_found(issue=make_issue(publish_at=FUTURE))
    with time_machine.travel(FUTURE - timedelta(seconds=1), tick=False):
        assert results(client, "found") == []
    with time_machine.travel(FUTURE, tick=False):
        assert results(client, "found") == ["Found"]


def test_withdrawn_issue_is_not_found(client):
    issue = make_issue()
    make_found(issue=issue)
    issue.withdraw()
    assert results(client, "found") == []


# Operators and order


def test_operators(client):
    issue = make_issue()
    for title in ("Load balancer", "Balancer of load", "Cache and database", "Database alone"):
        make_article(issue=issue, title=title)
    index_all()
    for words, found in [
        ("load balancer", {"Load balancer", "Balancer of load"}),
        ("“load balancer”", {"Load balancer"}),
        ("database -cache", {"Database alone"}),
        ('load -"load balancer"', {"Balancer of load"}),
        ("alone or cache", {"Database alone", "Cache and database"}),
        ("-database -load", {"SRE Weekly Issue #1"}),
        ("or or", set()),
    ]:
        assert set(results(client, words)) == found


def test_title_weighs_more_than_blurb_and_blurb_more_than_tag(client):
    issue = make_issue()
    make_article(issue=issue, title="By tag", tags=("cache",))
    make_article(issue=issue, title="By blurb", blurb="cache")
    make_found("By cache", issue=issue)
    assert results(client, "cache") == ["By cache", "By blurb", "By tag"]


def test_newest_result_comes_first_among_equals_or_if_asked_for(client):
    for day in (1, 3, 2):
        make_article(issue=make_issue(publish_at=datetime(2024, 1, day, tzinfo=UTC)), title=f"Cache {day}")
    make_found("Cache cache", issue=make_issue(publish_at=datetime(2023, 1, 1, tzinfo=UTC)))
    assert results(client, "cache") == ["Cache cache", "Cache 3", "Cache 2", "Cache 1"]
    assert results(client, "cache", sort="new") == ["Cache 3", "Cache 2", "Cache 1", "Cache cache"]


def test_search_uses_its_index():
    make_found()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {_KNOWN}", [["found"]])
        assert "search_text_vector" in str(cursor.fetchall())


def test_lists_of_articles_do_not_load_search_texts(django_assert_num_queries):
    make_found()
    with django_assert_num_queries(9) as queries:
        list(Issue.objects.with_contents())
        list(Article.objects.published().with_credits())
    assert not any("search" in query["sql"] for query in queries.captured_queries)
