"""SPF, asked of a real name server."""

from time import process_time

import pytest

from mailings.dns.asking import Asker, NotAskedError
from mailings.dns.results import State
from mailings.dns.spf import MOST_LOOKUPS, SpfError, check_spf, read_spf
from tests.mailings.dns.nameserver import Zone, asked_of, serving, txt

DOMAIN, SERVER = "sreweekly.example", "mail.sreweekly.example"
HOSTS = {
    (SERVER, "A"): ["198.51.100.7"],
    (DOMAIN, "A"): ["198.51.100.8"],
    (DOMAIN, "MX"): ["10 mail.sreweekly.example."],
    ("smtp.provider.example", "A"): ["203.0.113.1"],
    ("_spf.provider.example", "TXT"): txt("v=spf1 ip4:203.0.113.64/26 -all"),
    ("localhost.example", "A"): ["127.0.0.1"],
}


def check(record, server=SERVER, **zone):
    records = {(DOMAIN, "TXT"): txt("verification=abc", *([record] if isinstance(record, str) else record))}
    return asked_of(HOSTS | records | zone.get("zone", {}), check_spf, DOMAIN, server)


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ip4:198.51.100.7 -all",
        "V=SPF1 IP4:198.51.100.0/24 ~ALL",
        "v=spf1 a:mail.sreweekly.example -all",
        "v=spf1 a/24 -all",
        "v=spf1 mx -all",
        "v=spf1 ?exists:%{i}.x.example +mx ~all unknown=1",
    ],
)
def test_record_that_names_the_server_is_fine(record):
    result = check(record)
    assert (result.state, result.value) == (State.FINE, "")


def test_missing_record_is_wrong_and_names_the_server_to_enter():
    result = check([])
    assert (result.state, result.host, result.value) == (State.WRONG, DOMAIN, f"v=spf1 a:{SERVER} ~all")


def test_server_that_is_missing_is_put_into_the_record():
    result = check("v=spf1 include:_spf.provider.example -all")
    assert (result.state, result.host) == (State.WRONG, DOMAIN)
    assert result.value == f"v=spf1 a:{SERVER} include:_spf.provider.example -all"
    assert check(result.value).state == State.FINE


def test_address_of_ipv6_that_is_missing_is_wrong():
    zone = {(SERVER, "AAAA"): ["2001:db8::7"]}
    assert check("v=spf1 ip4:198.51.100.7 -all", zone=zone).state == State.WRONG
    assert check("v=spf1 ip4:198.51.100.7 ip6:2001:db8::/64 -all", zone=zone).state == State.FINE


@pytest.mark.parametrize(
    ("record", "entered"),
    [
        ("v=spf1 a", "v=spf1 a ~all"),
        ("v=spf1 a ?all", "v=spf1 a ~all"),
        ("v=spf1 a +all", "v=spf1 a ~all"),
        ("v=spf1 a all", "v=spf1 a ~all"),
        ("v=spf1", "v=spf1 ~all"),
    ],
)
def test_record_that_forbids_nothing_is_wrong(record, entered):
    result = check(record)
    assert (result.state, result.value) == (State.WRONG, entered)


@pytest.mark.parametrize(
    "record",
    [
        ["v=spf1 a -all", "v=spf1 mx -all"],
        "v=spf1 ipv4:198.51.100.7 -all",
        "v=spf1 ip4:198.51.100.777 -all",
        "v=spf1 ip4:2001:db8::1 -all",
        "v=spf1 ip6 -all",
        "v=spf1 include -all",
        "v=spf1 a/99 -all",
        "v=spf1 include:nothing.example -all",
        "v=spf1 a:gone1.example a:gone2.example a:gone3.example -all",
        "v=spf1 include:open.example -all",
        "v=spf1 include:sreweekly.example -all",
        "v=spf1 mx:many.example -all",
    ],
)
def test_record_that_receivers_cannot_use_is_wrong(record):
    many = [f"10 mail{number}.many.example." for number in range(11)]
    zone = {("open.example", "TXT"): txt("v=spf1 +all"), ("many.example", "MX"): many}
    assert check(record, zone=zone).state == State.WRONG


@pytest.mark.parametrize("more", [0, 1])
def test_look_ups_are_counted_through_what_is_included(more):
    """Two are in the record itself, one in each of the others."""
    chain = {
        (f"{number}.example", "TXT"): txt(f"v=spf1 include:{number + 1}.example -all")
        for number in range(MOST_LOOKUPS - 2 + more)
    }
    chain[(f"{MOST_LOOKUPS - 2 + more}.example", "TXT")] = txt("v=spf1 -all")
    result = check("v=spf1 a:mail.sreweekly.example include:0.example -all", zone=chain)
    assert result.state == (State.WRONG if more else State.FINE)


def test_server_is_named_by_its_address_where_one_look_up_more_is_too_many():
    chain = {(f"{number}.example", "TXT"): txt(f"v=spf1 include:{number + 1}.example -all") for number in range(9)}
    chain[("9.example", "TXT")] = txt("v=spf1 -all")
    result = check("v=spf1 include:0.example -all", zone=chain)
    assert result.value == "v=spf1 ip4:198.51.100.7 include:0.example -all"
    assert check(result.value, zone=chain).state == State.FINE


def test_server_of_the_sender_is_no_providers_if_bounces_go_elsewhere():
    zone = {**HOSTS, ("back.example", "TXT"): txt("v=spf1 -all")}
    assert asked_of(zone, check_spf, "back.example", SERVER).state == State.UNKNOWN
    result = asked_of(zone, check_spf, "back.example", SERVER, DOMAIN)
    assert (result.state, result.host) == (State.WRONG, "back.example")


def test_redirect_is_followed_and_ends_the_record():
    zone = {("_spf.sreweekly.example", "TXT"): txt("v=spf1 mx:sreweekly.example -all")}
    assert check("v=spf1 redirect=_spf.sreweekly.example", zone=zone).state == State.FINE
    zone = {("_spf.sreweekly.example", "TXT"): txt("v=spf1 mx:sreweekly.example")}
    result = check("v=spf1 redirect=_spf.sreweekly.example", zone=zone)
    assert (result.state, result.value) == (State.WRONG, "")


def test_what_stands_behind_all_is_not_read():
    assert check("v=spf1 a:mail.sreweekly.example -all include:nothing.example").state == State.FINE


def test_include_that_fails_others_permits_nobody():
    zone = {("own.example", "TXT"): txt("v=spf1 ip4:198.51.100.7 -all")}
    assert check("v=spf1 -include:own.example -all", zone=zone).state == State.WRONG


@pytest.mark.parametrize(
    ("record", "server", "state"),
    [
        ("v=spf1 include:_spf.provider.example -all", "smtp.provider.example", State.FINE),
        ("v=spf1 a -all", "smtp.provider.example", State.UNKNOWN),
        ("v=spf1 a -all", "localhost.example", State.FINE),
        ("v=spf1 a -all", "", State.FINE),
        ("v=spf1 a -all", "198.51.100.8", State.FINE),
        ("v=spf1 a -all", "198.51.100.9", State.UNKNOWN),
        ("v=spf1 exists:%{i}.x.example -all", SERVER, State.UNKNOWN),
        ("v=spf1 redirect=%{d}.x.example", SERVER, State.UNKNOWN),
    ],
)
def test_what_nobody_can_tell_is_not_wrong(record, server, state):
    assert check(record, server).state == state


def test_time_out_in_the_middle_is_not_known(monkeypatch):
    monkeypatch.setattr("mailings.dns.asking.LIFETIME", 0.2)
    zone: Zone = {(DOMAIN, "TXT"): txt("v=spf1 include:slow.example -all"), ("slow.example", "TXT"): "silence"}
    with pytest.raises(NotAskedError, match="slow"):
        asked_of(zone, check_spf, DOMAIN, "")


def test_endless_circle_of_records_is_asked_at_most_eleven_times():
    zone = {(DOMAIN, "TXT"): txt(f"v=spf1 include:{DOMAIN} include:{DOMAIN} -all")}
    with serving(zone) as (server, resolver), pytest.raises(SpfError):
        read_spf(Asker(resolver), DOMAIN)
    assert len(server.asked) <= MOST_LOOKUPS + 1


@pytest.mark.parametrize("filler", [" ", "x", "-", "a.b-c="])
def test_enormous_record_takes_no_long_time(filler):
    begin = process_time()
    record = f"v=spf1 {filler * (40_000 // len(filler))} ?all"
    assert asked_of({("news.example", "TXT"): txt(record)}, check_spf, "news.example").state == State.WRONG
    assert process_time() - begin < 2
