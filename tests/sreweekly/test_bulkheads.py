from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Event

import pytest

from sreweekly import bulkheads
from sreweekly.bulkheads import Bulkhead
from sreweekly.uploads import readings
from tests.sreweekly.conftest import compose_command

PATIENT, IMPATIENT = 60, 0.01


@pytest.fixture
def full(monkeypatch):
    """Return a function that lets all turns and places of a bulkhead be taken."""
    with ExitStack() as stack:

        def fill(name: str) -> None:
            bulkhead = Bulkhead(1, waiting=0, patience=PATIENT)
            monkeypatch.setattr(bulkheads, name, bulkhead)
            assert stack.enter_context(bulkhead.turn())

        yield fill


def test_next_begins_when_one_has_ended():
    bulkhead, began, may_end = Bulkhead(1, waiting=1, patience=PATIENT), Event(), Event()
    order = []

    def work(name: str) -> None:
        with bulkhead.turn() as is_on:
            assert is_on
            order.append(name)
            began.set()
            may_end.wait(PATIENT)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(work, "first")
        began.wait(PATIENT)
        second = threads.submit(work, "second")
        assert order == ["first"]
        may_end.set()
        first.result(PATIENT)
        second.result(PATIENT)
    assert order == ["first", "second"]


def test_who_is_too_many_is_refused_at_once():
    bulkhead = Bulkhead(1, waiting=0, patience=PATIENT)
    with bulkhead.turn(), bulkhead.turn() as is_on:
        assert not is_on


def test_who_has_waited_too_long_is_refused():
    bulkhead = Bulkhead(1, waiting=1, patience=IMPATIENT)
    with bulkhead.turn(), bulkhead.turn() as is_on:
        assert not is_on


def test_turn_ends_with_an_error():
    bulkhead = Bulkhead(1, waiting=0, patience=PATIENT)
    with pytest.raises(ValueError, match="broken"), bulkhead.turn():
        raise ValueError("broken")
    with bulkhead.turn() as is_on:
        assert is_on


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("desk", {"/": 200, "/accounts/login/": 200, "/health/live/": 200, "/admin/": 503}),
        ("pages", {"/": 503, "/accounts/login/": 503, "/health/live/": 200, "/admin/": 302}),
    ],
)
def test_one_group_does_not_hold_up_the_other(client, full, name, statuses):
    full(name)
    answers = {path: client.get(path) for path in statuses}
    assert {path: answer.status_code for path, answer in answers.items()} == statuses
    assert {"Retry-After" in answer.headers for answer in answers.values() if answer.status_code == 503} == {True}


def test_threads_are_left_for_what_takes_no_turn():
    command = compose_command("web")
    threads, clients = (int(command[command.index(option) + 1]) for option in ("--blocking-threads", "--backpressure"))
    assert threads >= bulkheads.desk.size + bulkheads.pages.size + readings.size + 32
    assert clients > 2 * threads  # Most of those who hold a connection need no thread.
