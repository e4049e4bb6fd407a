"""ETag and Last-Modified when the code that prints changes."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
import time_machine
from django.utils.http import http_date

from issues.models.issues import Issue
from issues.models.printings import PrintingCode
from issues.site import versions
from tests.issues.feeds import FEEDS
from tests.issues.printing.test_markup_contract import make_sample

pytestmark = pytest.mark.django_db

OLD, DEPLOYED = datetime(2020, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)


@pytest.fixture
def deploy(monkeypatch):
    """deploy(digest, moment): a new process with this code reads or notes since when it is in use."""
    PrintingCode.objects.all().delete()
    # A cache for this test: the tests after it find their own as it was.
    monkeypatch.setattr(versions, "printed_since", cache(versions.printed_since.__wrapped__))

    def deploy(digest, moment):
        monkeypatch.setattr(versions, "PRINTING_CODE", digest)
        versions.printed_since.cache_clear()
        with time_machine.travel(moment, tick=False):
            return versions.printed_since()

    return deploy


def test_new_code_moves_both_validators_of_everything_that_has_them(client, deploy):
    make_sample()
    Issue.objects.update(publish_at=OLD, updated_at=OLD)
    addresses = [*FEEDS, "/sre-weekly-issue-437.txt", "/sre-weekly-issue-437.json"]
    deploy("old", DEPLOYED - timedelta(days=1))
    before = {address: client.get(address) for address in addresses}
    deploy("new", DEPLOYED)
    for address, old in before.items():
        answer = client.get(address, headers={"If-Modified-Since": old["Last-Modified"]})
        assert (answer.status_code, answer["Last-Modified"]) == (200, http_date(DEPLOYED.timestamp()))
        assert client.get(address, headers={"If-None-Match": old["ETag"]}).status_code == 200


def test_new_code_moves_the_etag_of_downloads(client, deploy):
    deploy("old", OLD)
    before = client.get("/data/issues.jsonl")["ETag"]
    deploy("new", DEPLOYED)
    assert client.get("/data/issues.jsonl")["ETag"] != before


def test_restart_and_other_processes_keep_the_moment(deploy):
    assert deploy("code", DEPLOYED) == DEPLOYED
    assert deploy("code", DEPLOYED + timedelta(days=1)) == DEPLOYED


def test_code_that_comes_back_is_new_again(deploy):
    moments = [deploy(code, DEPLOYED + timedelta(days=day)) for day, code in enumerate(("old", "new", "old"))]
    assert moments == [DEPLOYED + timedelta(days=day) for day in range(3)]


def test_moment_moves_by_a_second_at_least_whatever_the_clock_says(deploy):
    deploy("old", DEPLOYED)
    assert deploy("new", OLD) == DEPLOYED + timedelta(seconds=1)


def test_moment_is_read_once_in_a_process(deploy, django_assert_num_queries):
    deploy("code", DEPLOYED)
    versions.printed_since.cache_clear()
    with django_assert_num_queries(1):
        assert [versions.printed_since() for _ in range(3)] == [DEPLOYED] * 3
