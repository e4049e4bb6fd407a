"""What could not be asked is told apart from what is not there."""

import dns.resolver
import pytest

from mailings.dns.asking import Asker, NotAskedError
from tests.mailings.dns.nameserver import asked_of, serving, txt

NAME = "sreweekly.example"


def test_strings_of_a_record_are_joined_and_long_ones_come_over_tcp():
    record = "x" * 1500
    with serving({(NAME, "TXT"): txt("short", record)}) as (server, resolver):
        assert sorted(Asker(resolver).texts(NAME)) == ["short", record]
        assert len(server.asked) == 2


@pytest.mark.parametrize("zone", [{}, {(NAME, "A"): ["192.0.2.1"]}])
def test_what_is_not_there_is_an_empty_answer(zone):
    assert asked_of(zone, lambda asker: asker.texts(NAME)) == []


@pytest.mark.parametrize("answer", ["SERVFAIL", "REFUSED", "silence"])
def test_server_that_does_not_say_is_no_empty_answer(answer, monkeypatch):
    monkeypatch.setattr("mailings.dns.asking.LIFETIME", 0.2)
    with pytest.raises(NotAskedError, match=NAME):
        asked_of({(NAME, "TXT"): answer}, lambda asker: asker.texts(NAME))


def test_server_that_is_away_is_no_empty_answer(monkeypatch):
    monkeypatch.setattr("mailings.dns.asking.LIFETIME", 0.2)
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], 1
    with pytest.raises(NotAskedError):
        Asker(resolver).addresses(NAME)


def test_machine_without_name_servers_is_told(monkeypatch):
    def fail():
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr("dns.resolver.Resolver", fail)
    with pytest.raises(NotAskedError):
        Asker()


@pytest.mark.parametrize(
    "name", ["", ".", "a..example", "x" * 64 + ".example", "a." * 200, "☃" * 70, "a b.example", "\0"]
)
def test_what_is_no_name_has_no_records(name):
    assert asked_of({}, lambda asker: asker.texts(name)) == []


def test_name_in_any_script_is_asked():
    assert asked_of({("xn--bcher-kva.example", "TXT"): txt("a")}, lambda asker: asker.texts("bücher.example")) == ["a"]
