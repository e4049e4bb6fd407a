import gzip

import brotli
import hypothesis
import pytest
import time_machine
from backports import zstd
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from sreweekly.compression import choose_encoding, compress
from tests.make import make_article, make_editor, make_issue

DECODERS = {"br": brotli.decompress, "zstd": zstd.decompress, "gzip": gzip.decompress}
LONG = "<p>" + "word " * 100


def ask(accepted="gzip", method="GET", content=LONG, status=200, cookie="", **headers):
    response = HttpResponse(content, status=status, headers={"Cache-Control": "public, max-age=300", **headers})
    if cookie:
        response.set_cookie(cookie, "x")
    request = RequestFactory().generic(method, "/", headers={"Accept-Encoding": accepted})
    return compress(lambda request: response)(request)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""),
        ("x-gzip", "gzip"),
        ("GZip", "gzip"),
        ("deflate", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate, zstd", "zstd"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br ; q=0.5 , zstd;q=0.6", "zstd"),
        ("gzip;q=0.000", ""),
        ("gzip;q=0.001", "gzip"),
        ("identity, gzip", "gzip"),
        ("identity;q=1, gzip;q=0.5", ""),
        ("identity;q=0", ""),
        ("*", "gzip"),
        ("gzip;q=0, *", ""),
        ("br, *;q=0", "br"),
        ("gzip;q=2", ""),
        ("gzip;q=much", ""),
        ("gzip;level=9", ""),
        (";;,,q=1", ""),
    ],
)
def test_best_accepted_encoding_is_chosen(accepted, encoding):
    assert choose_encoding(accepted) == encoding


@given(st.text())
@hypothesis.settings(max_examples=25)
def test_any_header_is_accepted(accepted):
    assert choose_encoding(accepted) in {"", *DECODERS}


@pytest.mark.parametrize("encoding", DECODERS)
def test_response_decodes_to_the_same_text(encoding):
    response = ask(encoding, **{"Content-Length": str(len(LONG))})
    assert DECODERS[encoding](response.content).decode() == LONG
    assert response["Content-Encoding"] == encoding
    assert int(response["Content-Length"]) == len(response.content) < len(LONG)


@pytest.mark.parametrize("encoding", DECODERS)
def test_bytes_do_not_change_with_time(encoding):
    with time_machine.travel("2026-01-01 00:00Z"):
        first = ask(encoding)
    with time_machine.travel("2031-06-01 00:00Z"):
        assert ask(encoding).content == first.content


@pytest.mark.parametrize(("accepted", "status"), [("", 200), ("br", 200), ("br", 304)])
@pytest.mark.parametrize("etag", ['"a"', 'W/"a"'])
def test_response_varies_by_encoding_and_has_one_weak_etag_for_all(accepted, status, etag):
    response = ask(accepted, status=status, ETag=etag, Vary="Origin")
    assert (response["Vary"], response["ETag"]) == ("Origin, Accept-Encoding", 'W/"a"')


@pytest.mark.parametrize(
    "answer",
    [
        {"Cache-Control": "private"},
        {"Cache-Control": "no-store"},
        {"Cache-Control": "public, no-store"},
        {"Cache-Control": ""},
        {"cookie": "sessionid"},
        {"Vary": "Cookie"},
        {"Content-Encoding": "br"},
        {"Content-Type": "image/png"},
        {"Content-Type": "application/zip"},
        {"status": 404},
        {"status": 206},
        {"method": "POST"},
    ],
)
def test_response_that_is_not_public_text_is_not_compressed(answer):
    response = ask("gzip", **answer)
    assert response.content.decode() == LONG
    assert response.get("Content-Encoding") == answer.get("Content-Encoding")


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/html; charset=utf-8", "application/feed+json", "application/xml"),
        *("application/rss+xml; charset=utf-8", "image/svg+xml", "application/javascript"),
    ],
)
def test_text_is_compressed(content_type):
    assert ask("gzip", **{"Content-Type": content_type})["Content-Encoding"] == "gzip"


def test_short_response_is_not_compressed():
    assert "Content-Encoding" not in ask("gzip", content="x" * 199)
    assert "Content-Encoding" in ask("gzip", content="x" * 200)


def test_head_has_the_content_length_of_get():
    assert ask("br", method="HEAD")["Content-Length"] == ask("br")["Content-Length"]


@pytest.mark.django_db
def test_304_has_no_content_length(client):
    etag = client.get("/feed/")["ETag"]
    assert "Content-Length" not in client.get("/feed/", headers={"If-None-Match": etag})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "encoding"), [("/", "br"), ("/sre-weekly-issue-1/", "zstd"), ("/feed/", "gzip"), ("/feed/json/", "br")]
)
def test_public_pages_are_compressed(client, address, encoding):
    make_issue(number=1, articles=3)
    plain, packed = client.get(address), client.get(address, headers={"Accept-Encoding": encoding})
    assert DECODERS[encoding](packed.content) == plain.content
    assert packed["Content-Length"] == str(len(packed.content))
    assert packed["Vary"] == plain["Vary"]
    assert "Accept-Encoding" in packed["Vary"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/admin/", "/accounts/login/"])
def test_desk_is_never_compressed(client, address):
    client.force_login(make_editor())
    assert "Content-Encoding" not in client.get(address, headers={"Accept-Encoding": "gzip, br, zstd"})


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "then"), [("", "br"), ("br", ""), ("br", "gzip"), ("gzip", "br")])
def test_etag_of_one_encoding_is_304_with_another(client, first, then):
    make_article(issue=make_issue())
    etag = client.get("/feed/", headers={"Accept-Encoding": first})["ETag"]
    response = client.get("/feed/", headers={"Accept-Encoding": then, "If-None-Match": etag})
    assert (response.status_code, response["ETag"]) == (304, etag)
