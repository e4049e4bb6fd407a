"""What mail servers say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailings.answers import find_status, is_no_mailbox, plain_reason


@pytest.mark.parametrize(
    ("reason", "is_gone"),
    [
        ("550 5.1.1 <ada@example.com>: Recipient address rejected", True),
        ("550-5.1.1 The email account that you tried to reach does not exist.", True),
        ("550 5.2.1 The email account that you tried to reach is disabled.", True),
        ("556 5.1.10 Domain takes no mail", True),
        ("550 No such user here", True),
        ("550 User unknown", True),
        ("550 5.0.0 mailbox does not exist", True),
        ("550 5.7.1 Message rejected as spam", False),
        ("550 5.7.1 The domain of the sender does not exist", False),
        ("552 5.2.2 Mailbox full", False),
        ("450 4.1.1 User unknown: greylisted", False),
        ("450 User unknown", False),
        ("554 Transaction failed", False),
        ("", False),
    ],
)
def test_only_a_mailbox_that_is_gone_is_a_hard_bounce(reason, is_gone):
    assert is_no_mailbox(reason) is is_gone


def test_status_code_counts_more_than_words():
    assert not is_no_mailbox("550 5.1.1 No such user", "5.7.1")
    assert is_no_mailbox("Delivery failed", "5.1.1")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550-5.1.1 x", "5.1.1"),
        ("host 10.5.1.1 said: 452 4.2.2 Full", "4.2.2"),
        ("5.1.1.7 and 5.1", ""),
        ("5.١.١", ""),
        ("", ""),
    ],
)
def test_status_is_found_in_words(text, status):
    assert find_status(text) == status


def test_reason_is_one_line_without_addresses():
    told = "550 5.1.1\r\nBcc: <eve@example.com>\0 \u202e bounces+7=example.com@x.example says\u2028no"
    assert plain_reason(told) == "550 5.1.1 Bcc: <(address)> (address) says no"
    assert len(plain_reason("x " * 10_000)) <= 500


@pytest.mark.parametrize(
    "written", ["o'brien@example.com", "'ada@example.com'", "https://x.example/?to=ada%40example.com"]
)
def test_address_is_left_out_however_it_is_written(written):
    told = plain_reason(f"550 See {written} for more")
    assert "(address)" in told
    assert not {"brien", "ada", "example.com"} & set(re.split(r"[^a-z.]+", told))


@given(st.text(st.sampled_from("a@=<> .\0\n\udcffé"), max_size=60))
def test_no_reason_has_an_address(text):
    told = plain_reason(text)
    assert "@" not in told
    assert told.isprintable()
