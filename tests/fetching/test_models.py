from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import DEFAULT_QUEUE

from fetching import tasks
from fetching.client import Fetched
from fetching.models import FetchedPage
from fetching.outcome import Outcome
from fetching.reading import PageDetails
from fetching.tasks import fetch_page
from issues.models.articles import Article
from issues.tasks import refresh_canonical_urls
from tests.make import make_article, make_fetched_page
from tests.worker import forget_jobs, work

pytestmark = pytest.mark.django_db
URL = "https://example.com/post"
PAGE = "http://example.com/post"


def jobs():
    return [(job.args["url"], job.lock) for job in ProcrastinateJob.objects.order_by("id")]


def scheduled_times():
    return list(ProcrastinateJob.objects.values_list("scheduled_at", flat=True))


def test_request_defers_a_job_for_each_address():
    FetchedPage.objects.request([URL, "https://www.example.org/a", URL, ""])
    assert jobs() == [(URL, "fetch example.com"), ("https://www.example.org/a", "fetch example.org")]
    assert set(ProcrastinateJob.objects.values_list("task_name", flat=True)) == {fetch_page.name}
    assert all(page.is_waiting for page in FetchedPage.objects.all())


def test_page_is_requested_once_a_day():
    FetchedPage.objects.request([URL])
    FetchedPage.objects.request([URL])
    assert len(jobs()) == 1
    FetchedPage.objects.request([URL], older_than=timedelta(0))
    assert len(jobs()) == 2


def test_old_answer_stays_while_a_new_one_is_awaited():
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    make_fetched_page(URL, requested_at=yesterday, fetched_at=yesterday, outcome=Outcome.GONE)
    FetchedPage.objects.request([URL])
    page = FetchedPage.objects.get()
    assert (page.is_waiting, page.is_dead, len(jobs())) == (True, True, 1)


def test_request_that_is_rolled_back_defers_nothing():
    with transaction.atomic():
        FetchedPage.objects.request([URL])
        transaction.set_rollback(True)
    assert not FetchedPage.objects.exists()
    assert jobs() == []


@pytest.mark.parametrize("count", [1, 3])
def test_request_takes_a_fixed_number_of_queries(django_assert_num_queries, count):
    with django_assert_num_queries(5):
        FetchedPage.objects.request([f"{URL}/{number}" for number in range(count)])
    with django_assert_num_queries(1):
        assert len(FetchedPage.objects.for_urls([f"{URL}/{number}" for number in range(count)])) == count


def test_no_addresses_take_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        FetchedPage.objects.request([])


@pytest.fixture
def no_jobs():
    forget_jobs()
    yield
    forget_jobs()


@pytest.mark.django_db(transaction=True)
def test_simultaneous_requests_defer_one_job(no_jobs):
    def request(number):
        try:
            FetchedPage.objects.request([URL, "https://example.com/other"][:: 1 if number % 2 else -1])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(request, range(8)))
    assert sorted(jobs()) == [("https://example.com/other", "fetch example.com"), (URL, "fetch example.com")]


def test_long_addresses_are_kept():
    address = "https://example.com/" + "ü" * 5000
    FetchedPage.objects.request([address])
    assert FetchedPage.objects.for_urls([address, URL]).keys() == {address}


@pytest.mark.parametrize(
    ("outcome", "is_ok", "is_dead"),
    [
        (Outcome.OK, True, False),
        (Outcome.NOT_A_PAGE, True, False),
        (Outcome.GONE, False, True),
        (Outcome.REFUSED, False, False),
        (Outcome.UNREACHABLE, False, False),
    ],
)
def test_only_a_page_that_is_gone_is_dead(outcome, is_ok, is_dead):
    page = make_fetched_page(outcome=outcome)
    assert (page.is_ok, page.is_dead, page.is_waiting, str(page)) == (is_ok, is_dead, False, page.url)


@pytest.mark.parametrize(
    ("outcome", "final", "suggestion"),
    [
        (Outcome.OK, URL, URL),
        (Outcome.REFUSED, URL, URL),
        (Outcome.REFUSED, "https://example.com/login", "https://t.co/a"),
        (Outcome.GONE, URL, "https://t.co/a"),
        (Outcome.UNREACHABLE, URL, "https://t.co/a"),
        (Outcome.FORBIDDEN, "http://[", "https://t.co/a"),
    ],
)
def test_address_behind_a_shortener_is_suggested_if_known(outcome, final, suggestion):
    page = FetchedPage(url="https://t.co/a?utm_source=x", outcome=outcome, final_url=final)
    assert page.suggested_url == suggestion


def test_details_stay_when_the_page_becomes_unreachable():
    page = make_fetched_page(title="Queues", authors=["Ada"])
    page.record(Fetched(Outcome.UNREACHABLE, "It failed.", page.url, page.url), PageDetails())
    page.refresh_from_db()
    assert (page.outcome, page.sentence, page.title, page.authors) == ("unreachable", "It failed.", "Queues", ["Ada"])


def test_page_is_fetched_and_its_details_kept(web):
    web.redirect("http://example.com/old", PAGE)
    web.answer(PAGE, '<title>Queues</title><meta name="author" content="Ada"><time datetime="2026-11-20">')
    FetchedPage.objects.request(["http://example.com/old"])
    fetch_page("http://example.com/old")
    page = FetchedPage.objects.get()
    assert (page.outcome, page.status, page.sentence, page.is_waiting) == ("ok", 200, "", False)
    assert (page.title, page.authors, page.published_on) == ("Queues", ["Ada"], date(2026, 11, 20))
    assert (page.final_url, page.is_moved_permanently, page.suggested_url) == (PAGE, True, PAGE)


def test_missing_title_is_told(web):
    web.answer(PAGE, "<p>Hello</p>")
    FetchedPage.objects.request([PAGE])
    fetch_page(PAGE)
    assert "no title" in FetchedPage.objects.get().sentence


def test_job_that_runs_twice_sends_one_request(web):
    web.answer(PAGE, "<title>Queues</title>")
    FetchedPage.objects.request([PAGE])
    fetch_page(PAGE)
    fetch_page(PAGE)
    fetch_page("http://example.com/forgotten")
    assert len(web.requests) == 1


def test_title_of_an_article_is_not_overwritten(web):
    article = make_article(url=PAGE, title="")
    web.answer(PAGE, "<title>Queues</title>")
    FetchedPage.objects.request([PAGE])
    fetch_page(PAGE)
    article.refresh_from_db()
    assert article.title == ""


def test_unreachable_page_is_requested_twice_more(web):
    web.answer(PAGE, "", 503)
    FetchedPage.objects.request([PAGE])
    ProcrastinateJob.objects.all()._raw_delete("default")
    waits = []
    for attempt in range(3):
        before = timezone.now()
        fetch_page(PAGE, attempt)
        waits += [round((at - before).total_seconds(), -1) for at in scheduled_times()]
        ProcrastinateJob.objects.all()._raw_delete("default")
    assert waits == list(tasks.WAITS) == [60, 900]
    assert len(web.requests) == 3


def test_scheduled_retry_does_not_hold_back_its_host(web):
    web.answer(PAGE, "", 503)
    FetchedPage.objects.request([PAGE])
    fetch_page(PAGE)
    first, again = ProcrastinateJob.objects.order_by("id")
    assert (again.args, again.lock) == ({"url": PAGE, "attempt": 1}, first.lock)
    assert again.priority < first.priority


def test_page_that_recovered_is_not_requested_again(web):
    make_fetched_page(PAGE, outcome=Outcome.OK)
    fetch_page(PAGE, 1)
    assert web.requests == []


def test_keys_of_articles_follow_a_change_of_the_rules(django_assert_num_queries):
    article, *_ = [make_article(url=f"https://example.com/{number}?utm_source=x") for number in range(3)]
    Article.objects.exclude(pk=article.pk).update(canonical_url="as it was")
    refresh_canonical_urls(0)
    assert list(Article.objects.order_by("pk").values_list("canonical_url", flat=True)) == [
        f"example.com/{number}" for number in range(3)
    ]
    with django_assert_num_queries(1):
        refresh_canonical_urls(0)


@pytest.mark.django_db(transaction=True)
def test_worker_fetches_what_was_requested(web, no_jobs):
    urls = [web.answer(f"http://{name}.example/", "<title>Queues</title>") for name in ("one", "two", "three")]
    FetchedPage.objects.request(urls)
    work(DEFAULT_QUEUE)
    assert [page.title for page in FetchedPage.objects.for_urls(urls).values()] == ["Queues"] * 3


def test_second_job_for_a_host_waits_for_the_first():
    FetchedPage.objects.request([f"{URL}/1", f"{URL}/2", "https://www.example.org/"])
    taken = []
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        (worker,) = cursor.fetchone()
        for _ in range(3):
            cursor.execute("SELECT args->>'url' FROM procrastinate_fetch_job_v2(NULL, %s)", [worker])
            taken.append(cursor.fetchone()[0])
    assert taken == [f"{URL}/1", "https://www.example.org/", None]
