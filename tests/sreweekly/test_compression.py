import gzip

import brotli
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
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZip", "gzip"),
        ("deflate", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate, zstd", "zstd"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br ; q=0.5 , zstd;q=0.6", "zstd"),
        ("gzip;q=0", ""),
        ("gzip;q=0.000", ""),
        ("gzip;q=0.001", "gzip"),
        ("identity", ""),
        ("identity, gzip", "gzip"),
        ("identity;q=1, gzip;q=0.5", ""),
        ("identity;q=0", ""),
        ("*", "gzip"),
        ("*;q=0", ""),
        ("gzip;q=0, *", ""),
        ("br, *;q=0", "br"),
        ("gzip;q=2", ""),
        ("gzip;q=much", ""),
        ("gzip;level=9", ""),
        (";;,,q=1", ""),
    ],
)
def test_choice(accepted, encoding):
    assert choose_encoding(accepted) == encoding


@given(st.text())
def test_any_header_is_read(accepted):
    assert choose_encoding(accepted) in {"", *DECODERS}


@pytest.mark.parametrize("encoding", DECODERS)
def test_answer_is_what_it_was(encoding):
    response = ask(encoding, **{"Content-Length": str(len(LONG))})
    assert DECODERS[encoding](response.content).decode() == LONG
    assert response["Content-Encoding"] == encoding
    assert int(response["Content-Length"]) == len(response.content) < len(LONG)


@pytest.mark.parametrize("encoding", DECODERS)
def test_bytes_are_the_same_each_time(encoding):
    with time_machine.travel("2026-01-01 00:00Z"):
        first = ask(encoding)
    with time_machine.travel("2031-06-01 00:00Z"):
        assert ask(encoding).content == first.content


@pytest.mark.parametrize("accepted", ["", "br", "identity"])
@pytest.mark.parametrize("status", [200, 304])
def test_caches_are_told_that_it_varies(accepted, status):
    assert ask(accepted, status=status, Vary="Origin")["Vary"] == "Origin, Accept-Encoding"


@pytest.mark.parametrize("accepted", ["", "br", "gzip"])
@pytest.mark.parametrize("status", [200, 304])
@pytest.mark.parametrize("etag", ['"a"', 'W/"a"'])
def test_one_weak_etag_stands_for_all_encodings(accepted, status, etag):
    assert ask(accepted, status=status, ETag=etag)["ETag"] == 'W/"a"'


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
def test_answer_is_left_alone(answer):
    response = ask("gzip", **answer)
    assert response.content.decode() == LONG
    assert response.get("Content-Encoding") == answer.get("Content-Encoding")


@pytest.mark.parametrize(
    "content_type",
    [
        *("text/html; charset=utf-8", "text/css", "application/json", "application/feed+json", "application/xml"),
        *("application/rss+xml; charset=utf-8", "application/atom+xml", "image/svg+xml", "application/javascript"),
    ],
)
def test_text_is_compressed(content_type):
    assert ask("gzip", **{"Content-Type": content_type})["Content-Encoding"] == "gzip"


def test_little_is_not_worth_it():
    assert "Content-Encoding" not in ask("gzip", content="x" * 199)
    assert "Content-Encoding" in ask("gzip", content="x" * 200)


def test_head_has_the_length_of_get():
    assert ask("br", method="HEAD")["Content-Length"] == ask("br")["Content-Length"]


@pytest.mark.django_db
def test_304_claims_no_length(client):
    etag = client.get("/feed/")["ETag"]
    assert "Content-Length" not in client.get("/feed/", headers={"If-None-Match": etag})


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", DECODERS)
@pytest.mark.parametrize("address", ["/", "/archive/", "/sre-weekly-issue-1/", "/feed/", "/feed/json/"])
def test_public_pages_are_compressed(client, address, encoding):
    make_issue(number=1, articles=3)
    plain, packed = client.get(address), client.get(address, headers={"Accept-Encoding": encoding})
    assert DECODERS[encoding](packed.content) == plain.content
    assert packed["Content-Length"] == str(len(packed.content))
    assert packed["Vary"] == plain["Vary"]
    assert "Accept-Encoding" in packed["Vary"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/admin/", "/admin/issues/issue/", "/accounts/login/", "/accounts/2fa/"])
def test_desk_is_never_compressed(client, address):
    client.force_login(make_editor())
    assert "Content-Encoding" not in client.get(address, headers={"Accept-Encoding": "gzip, br, zstd"})


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["", *DECODERS])
@pytest.mark.parametrize("then", ["", *DECODERS])
def test_etag_got_with_one_encoding_is_304_with_another(client, first, then):
    make_article(issue=make_issue())
    etag = client.get("/feed/", headers={"Accept-Encoding": first})["ETag"]
    response = client.get("/feed/", headers={"Accept-Encoding": then, "If-None-Match": etag})
    assert (response.status_code, response["ETag"]) == (304, etag)
