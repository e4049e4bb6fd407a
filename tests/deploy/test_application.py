"""The real application behind the proxy, with the longest addresses, headers and uploads that it takes."""

import gzip
import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import brotli
import pytest
from backports import zstd

from issues.site.old_addresses import LONGEST_WORDS
from pictures.reading import read_picture
from tests.deploy.proxy import Proxy, eventually, nginx_command, proxying
from tests.pictures.files import make_file
from tests.sreweekly.conftest import COMPOSE, ROOT, compose_command, free_port, running, wait_until

DECODERS = {"br": brotli.decompress, "zstd": zstd.decompress, "gzip": gzip.decompress}


@contextmanager
def application(image, environment) -> Iterator[None]:
    with running(compose_command("web"), cwd=image, env=environment):
        yield


@pytest.fixture(scope="session")
def static(image, tmp_path_factory) -> Path:
    """Return a folder in which the files are that the service `static` copies."""
    folder = tmp_path_factory.mktemp("files")
    service = COMPOSE["services"]["static"]
    target = service["volumes"][0].partition(":")[2]
    assert service["command"][-1] == f"{target}/"
    (folder / "static").mkdir()
    subprocess.run([*service["command"][:-1], folder / "static"], cwd=image, check=True)
    return folder


@pytest.fixture(scope="session")
def site(image, environment, static, tmp_path_factory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "files").symlink_to(static)
    with (
        application(image, environment),
        proxying(folder, int(environment["GRANIAN_PORT"]), WORDPRESS_IMPORT_MB="40") as proxy,
    ):
        eventually(lambda: proxy.ask("/health/").status == 200, 60)
        yield proxy


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip", None])
def test_page_arrives_in_the_encoding_that_was_asked_for(site, encoding):
    answer = site.ask("/search/", Accept_Encoding=encoding or "identity")
    assert answer.headers["Content-Encoding"] == encoding
    assert b"</html>" in DECODERS.get(encoding, bytes)(answer.body)


def test_pages_are_stored_and_the_desk_is_not(site):
    path = "/archive/?stored"  # No other test asks for it.
    assert site.ask(path).cache == "MISS"
    # It is fresh for a second. A slower machine is given the former answer, and the next is stored meanwhile.
    eventually(lambda: site.ask(path).cache == "HIT")
    assert [site.ask("/accounts/login/").cache for _ in range(2)] == [None, None]
    assert site.ask("/admin/").status == 302


def test_headers_are_there_once(site):
    for path in ("/", "/accounts/login/", "/nothing-is-here/"):
        headers = site.ask(path).headers
        for name in ("Strict-Transport-Security", "Content-Security-Policy", "X-Request-Id"):
            assert len(headers.get_all(name)) == 1, (path, name)


def test_picture_is_stored_until_it_is_deleted(site, environment):
    """The database is not asked, and has no row of it."""
    read = read_picture(make_file())
    file = Path(environment["PICTURES_DIR"]) / str(read.name)
    file.write_bytes(read.content)
    path = f"/pictures/{read.name}"
    assert site.ask(path).cache == "MISS"
    again = eventually(lambda: answer if (answer := site.ask(path)).cache == "HIT" else None)
    assert again.body == read.content
    assert again.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert site.ask(path, If_None_Match=again.headers["ETag"]).status == 304
    file.unlink()
    eventually(lambda: site.ask(path).status == 404, 10)


@pytest.mark.parametrize("letter", ["a", "%E6%96%87", "%F0%9F%98%80"])
def test_longest_search_is_passed_on(site, letter):
    answer = site.ask(f"/?s={letter * LONGEST_WORDS}")
    assert answer.status == 301
    address = urlsplit(answer.headers["Location"])
    assert len(parse_qs(address.query)["q"][0]) == LONGEST_WORDS
    # It is longer than a search may be, which the page says itself. Browsers send the address before it, too.
    path = f"{address.path}?{address.query}"
    assert site.ask(path, Referer=f"https://newsletter.example{path}").status == 400


LONG = [
    *(f"/archive?x={'x' * count}" for count in (3300, 12_000, 31_000)),
    *(f"/admin/issues/issue/save/?text={'%E6%96%87' * count}" for count in (200, 1800, 3400)),
    *(f"/?s={'%F0%9F%98%80' * count}" for count in (400, 2600)),
    *(f"/{path}?x={'|{}^' * 7000}" for path in ("tags", "admin", "accounts/2fa/")),
    f"/index.php/search?q={'%25' * 9000}",
    f"/search/{'%E6%96%87' * 3000}/",
    f"/tags/{'%E6%96%87' * 3000}",
    f"/authors/{'x' * 30_000}",
]


@pytest.mark.parametrize(
    "path",
    [
        *(
            "//archive//",
            "/archive).",
            "/archive%20",
            "/archive%E2%80%8B",
            "/index.php/archive/",
            "/archive%3E",
            "/ARCHIVE",
        ),
        *("/ARCHIVE", "/archive/index.php", "/%2Farchive", "/archive/.", "/archive%0A", "/archive|", "/archive%3Fx"),
    ],
)
def test_address_with_something_around_it_is_one_step_away(site, path):
    answer = site.ask(path)
    assert (answer.status, answer.headers["Location"]) == (301, "/archive/")


@pytest.mark.parametrize("address", LONG)
def test_long_redirect_is_passed_on_and_can_be_followed(site, address):
    answer = site.ask(address)
    assert answer.status in (301, 302, 404, 414)
    if "Location" in answer.headers:
        assert site.ask(answer.headers["Location"]).status in (200, 301, 302, 400, 404)


@pytest.mark.parametrize(
    ("address", "parameter", "kept"),
    [
        (f"/archive?x={'x' * 3300}", "x", "x" * 3300),
        (f"/?s={'%E6%96%87' * 400}", "q", "文" * 400),
        (f"/admin/?text={'%E6%96%87' * 600}", "next", f"/admin/?text={'%E6%96%87' * 600}"),
        (f"/admin/?text={'x' * 1800}", "next", f"/admin/?text={'x' * 1800}"),
    ],
)
def test_long_redirect_keeps_what_was_sent(site, address, parameter, kept):
    location = urlsplit(site.ask(address).headers["Location"])
    assert parse_qs(location.query)[parameter] == [kept]


def test_proxy_of_one_s_own_passes_long_redirects_on(site, environment, tmp_path):
    """The example in docs/operating.md, in an nginx that has nothing else."""
    (example,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs" / "operating.md").read_text(), re.DOTALL)
    port = free_port()
    server = example.replace("127.0.0.1:8000", f"127.0.0.1:{environment['GRANIAN_PORT']}").replace("$scheme", "https")
    paths = "".join(f"{name}_temp_path temporary; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (tmp_path / "nginx.conf").write_text(
        f"events {{}} http {{ access_log off; {paths} server {{ listen 127.0.0.1:{port}; {server} }} }}"
    )
    with running(nginx_command(tmp_path), env=os.environ) as process:
        wait_until(lambda: (tmp_path / "nginx.pid").exists(), process)
        proxy = Proxy(tmp_path, port, port)
        for address in LONG:
            assert proxy.ask(address, encrypted=False).status in (301, 302, 404, 414), address[:40]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_nothing_can_be_sent_to_readers_pages(site, method):
    for path in ("/", "/archive/", "/feed/", "/nothing/"):
        answer = site.ask(path, method, b"x=y")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD"), path


def test_longest_cookies_are_passed_on(site):
    """Browsers keep 4096 bytes of each: RFC 6265, section 6.1. Django has three: session, CSRF token, messages."""
    cookies = "; ".join(f"{name}={'x' * 4000}" for name in ("sessionid", "csrftoken", "messages"))
    assert site.ask("/accounts/login/", Cookie=cookies).status == 200


def test_upload_to_the_desk_reaches_the_desk(site):
    body = b"text=" + bytes(31 * 2**20)
    assert {site.ask("/admin/issues/issue/add/", "POST", body).status for _ in range(10)} == {403}


def test_capture_answers_too_long_a_list_itself(site):
    answer = site.ask("/capture/", "POST", b"x" * 100_000, Content_Type="application/json")
    assert (answer.status, "error" in json.loads(answer.body)) == (401, True)


def test_static_files_come_from_the_folder(site, static):
    name = json.loads((static / "static/staticfiles.json").read_text())["paths"]["admin/css/base.css"]
    answer = site.ask(f"/static/{name}", Accept_Encoding="br, gzip")
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.cache is None
    assert gzip.decompress(answer.body) == (static / "static" / name).read_bytes()


def test_static_file_that_changes_at_its_address_is_kept_for_a_minute(site):
    answer = site.ask("/static/admin/css/base.css")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=60")


def test_static_file_that_is_not_in_the_folder_comes_from_the_application(site, static):
    path = static / "static" / "admin/css/login.css"
    path.unlink()
    answer = site.ask("/static/admin/css/login.css")
    assert (answer.status, answer.cache) == (200, "MISS")
    assert site.ask("/static/nothing.css").status == 404


@pytest.mark.parametrize("path", ["/static/../nginx.conf", "/static/%2e%2e/nginx.conf", "/static../nginx.conf", "/log"])
def test_no_other_file_is_served(site, path):
    assert site.ask(path).status in (400, 404)


def test_readers_do_not_notice_that_the_application_is_away(image, environment, static, tmp_path):
    environment = environment | {"GRANIAN_PORT": str(free_port())}
    (tmp_path / "files").symlink_to(static)
    with proxying(tmp_path, int(environment["GRANIAN_PORT"])) as proxy:
        with application(image, environment):
            eventually(lambda: proxy.ask("/health/").status == 200, 60)
            paths = ["/", "/feed/", "/archive/", "/static/admin/css/base.css"]
            assert {proxy.ask(path).status for path in paths} == {200}
        assert {proxy.ask(path).status for path in paths} == {200}
        assert {proxy.ask(path).status for path in ("/admin/", "/tags/")} == {503}
