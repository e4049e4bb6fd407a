"""What the proxy does with requests besides storing the answers. The application is a stub."""

import json
import os
import re
import socket
import ssl
import subprocess
import threading
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

import pycurl
import pytest

from tests.deploy.proxy import eventually, fill_in, nginx_command, proxying, variables
from tests.sreweekly.conftest import COMPOSE, ROOT, dockerfile, free_port

SERVICE = COMPOSE["services"]["proxy"]


def test_configuration_is_valid_and_complete(cached):
    subprocess.run([*nginx_command(cached.folder), "-t"], check=True, capture_output=True)
    assert "${" not in fill_in()


def test_plain_http_is_redirected(cached, stub):
    answer = cached.ask("/feed/?a=b", encrypted=False)
    assert (answer.status, answer.headers["Location"]) == (301, "https://newsletter.example/feed/?a=b")
    assert answer.headers["Strict-Transport-Security"] is None
    assert stub.requests == []


def test_challenge_of_let_us_encrypt_is_answered_by_plain_http(cached):
    challenge = cached.folder / "acme" / ".well-known" / "acme-challenge"
    challenge.mkdir(parents=True)
    (challenge / "token").write_text("proof")
    assert cached.ask("/.well-known/acme-challenge/token", encrypted=False).body == b"proof"
    assert cached.ask("/.well-known/acme-challenge/other", encrypted=False).status == 404


def test_http_2_answers(cached, stub):
    curl = pycurl.Curl()
    received: list[bytes] = []
    curl.setopt(pycurl.URL, f"https://newsletter.example:{cached.https_port}/")
    curl.setopt(pycurl.RESOLVE, [f"newsletter.example:{cached.https_port}:127.0.0.1"])
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
    curl.setopt(pycurl.SSL_VERIFYPEER, 0)
    curl.setopt(pycurl.SSL_VERIFYHOST, 0)
    curl.setopt(pycurl.WRITEFUNCTION, received.append)
    with closing(curl):
        curl.perform()
        assert (curl.getinfo(pycurl.INFO_HTTP_VERSION), curl.getinfo(pycurl.RESPONSE_CODE)) == (3, 200)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_present_versions_of_tls_are_spoken(cached, version):
    context = ssl._create_unverified_context()
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", cached.https_port)) as connection:
        context.wrap_socket(connection).close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_version_of_tls_is_refused(cached):
    context = ssl._create_unverified_context()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(("127.0.0.1", cached.https_port)) as connection,
        pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"),
    ):
        context.wrap_socket(connection)


# What the application is told


def test_forged_headers_are_replaced(cached, stub):
    forged = {"X_Forwarded_For": "10.0.0.1", "X_Forwarded_Proto": "http", "X_Request_Id": "forged"}
    answer = cached.ask("/admin/", **forged, X_Forwarded_Host="evil.example", Forwarded="for=10.0.0.1")
    (request,) = stub.requests
    told = [request.headers[name.replace("_", "-")] for name in ("X_Forwarded_For", "X_Forwarded_Proto", "Host")]
    assert told == ["127.0.0.1", "https", "newsletter.example"]
    assert request.headers["X-Forwarded-Host"] is request.headers["Forwarded"] is None
    assert re.fullmatch("[0-9a-f]{32}", request.headers["X-Request-Id"])
    assert answer.headers["X-Request-Id"] == request.headers["X-Request-Id"]


def test_stored_page_has_the_identifier_of_its_own_request(cached, stub):
    stub.publish("/identified/", X_Request_Id="of-the-first-request")
    assert len({cached.ask("/identified/").headers["X-Request-Id"] for _ in range(3)}) == 3


@pytest.mark.parametrize(("header", "sent"), [("", "X_Forwarded_For"), ("CF-Connecting-IP", "CF_Connecting_IP")])
def test_address_that_a_cdn_names_is_believed(stub, tmp_path, header, sent):
    environment = {"CDN_ADDRESSES": "127.0.0.0/8 ::1", "CDN_HEADER": header}
    with proxying(tmp_path, stub.port, **environment) as proxy:
        proxy.ask("/admin/", **{sent: "192.0.2.7"})
    assert stub.requests[-1].headers["X-Forwarded-For"] == "192.0.2.7"


# When the application is away


def test_reader_gets_503_for_a_page_that_is_not_stored(cached, stub):
    with stub.stopped():
        answer = cached.ask("/never-read/")
    assert (answer.status, answer.headers["Cache-Control"]) == (503, "no-store")
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains; preload"]
    assert b"<h1>" in answer.body


@pytest.mark.parametrize("path", ["/admin/", "/accounts/login/", "/capture/", "/health/"])
def test_desk_is_503_although_it_was_public_once(cached, stub, path):
    stub.publish(path)
    cached.ask(path)
    with stub.stopped():
        answer = cached.ask(path)
    assert (answer.status, answer.headers["Cache-Control"]) == (503, "no-store")


def test_page_that_the_application_sends_with_a_fault_is_passed_on(cached, stub):
    stub.answers["/admin/"] = 503, {"Retry-After": "5", "Strict-Transport-Security": "max-age=7"}, b"Its own page."
    answer = cached.ask("/admin/")
    assert (answer.status, answer.headers["Retry-After"], answer.body) == (503, "5", b"Its own page.")
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=7"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_second_server_answers_if_the_first_does_not_listen(stub, tmp_path, method):
    with proxying(tmp_path, free_port(), stub.port) as proxy:
        assert {proxy.ask("/admin/", method, b"word").status for _ in range(4)} == {200}


def test_request_that_changes_something_is_never_sent_twice(cached, stub):
    stub.before = hang_up
    try:
        answer = cached.ask("/admin/", "POST", bytes(100_000))
    finally:
        stub.before = lambda request: None
    assert (answer.status, answer.headers["Retry-After"], b"</h1>" in answer.body) == (503, "10", True)
    assert len(stub.requests) == 1


def hang_up(request):
    raise ConnectionError


# Limits


@pytest.mark.parametrize(
    ("path", "megabytes", "status"),
    [
        ("/", 0.01, 413),
        ("/search/", 0.01, 413),
        ("/subscribe/", 0.01, 200),
        ("/subscribe/", 0.02, 413),
        ("/subscription/AAAAAAAAAAAAAAAAAAAAAA/leave/", 0.01, 200),
        ("/subscription/AAAAAAAAAAAAAAAAAAAAAA/leave/", 0.02, 413),
        ("/mail-reports/sparkpost/", 5.5, 200),
        ("/mail-reports/sparkpost/", 7, 413),
        ("/accounts/login/", 0.5, 200),
        ("/accounts/login/", 2, 413),
        ("/capture/", 0.5, 200),
        ("/capture/", 2, 413),
        ("/admin/issues/issue/1/change/", 31, 200),
        ("/admin/issues/issue/1/change/", 33, 413),
        ("/admin/wordpress/wordpressimport/add/", 45, 200),
        ("/admin/wordpress/wordpressimport/add/", 51, 413),
        ("/admin/wordpress/wordpressimport/add/1/", 33, 413),
        ("/admin/mailings/subscriberimport/add/", 45, 200),
        ("/admin/mailings/subscriberimport/add/", 51, 413),
        ("/admin/mailings/subscriber/add/", 33, 413),
    ],
)
def test_uploads_have_a_limit_at_each_address(cached, stub, path, megabytes, status):
    size = int(megabytes * 2**20)
    with closing(cached.connect()) as connection:
        connection.putrequest("POST", path, skip_host=True)
        connection.putheader("Host", "newsletter.example")
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        if status == 200:
            connection.send(bytes(size))
        response = connection.getresponse()
        assert response.status == status
        assert response.headers["Retry-After"] is None


def test_client_that_sends_its_headers_slowly_is_cut_off(stub, tmp_path):
    """With a shorter time than in production, which the test would have to wait for."""
    patience = "client_header_timeout 10s;"
    assert patience in fill_in()
    with (
        proxying(tmp_path, stub.port, change=lambda text: text.replace(patience, "client_header_timeout 1s;")) as proxy,
        socket.create_connection(("127.0.0.1", proxy.http_port), timeout=30) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: newsletter.example\r\n")
        with suppress(ConnectionResetError):
            assert connection.recv(1) == b""


def test_body_that_arrives_slowly_does_not_occupy_the_application(cached, stub):
    with closing(cached.connect()) as connection:
        connection.putrequest("POST", "/admin/", skip_host=True)
        connection.putheader("Host", "newsletter.example")
        connection.putheader("Content-Length", "10")
        connection.endheaders(b"half.")
        cached.ask("/admin/another/")
        assert [request.path for request in stub.requests] == ["/admin/another/"]
        connection.send(b"half.")
        assert connection.getresponse().status == 200
    assert stub.requests[-1].body == b"half.half."


def test_address_with_many_requests_in_progress_gets_429(stub, tmp_path):
    release = threading.Event()
    stub.before = lambda request: release.wait(30)
    with proxying(tmp_path, stub.port, PROXY_CONNECTIONS="2") as proxy:
        threads = [threading.Thread(target=proxy.ask, args=("/admin/",)) for _ in range(2)]
        try:
            for thread in threads:
                thread.start()
            eventually(lambda: len(stub.requests) == 2)
            answer = proxy.ask("/admin/")
        finally:
            stub.before = lambda request: None
            release.set()
        for thread in threads:
            thread.join()
        assert (answer.status, answer.headers["Cache-Control"]) == (429, "no-store")
        assert int(answer.headers["Retry-After"]) > 0
        assert proxy.ask("/admin/").status == 200


# Logs


def test_log_has_a_line_of_json_for_each_request(cached, stub):
    stub.publish("/logged/")
    agent = 'Reader "1"\u00e9'.encode().decode("latin-1")
    answer = cached.ask("/logged/?a=b", User_Agent=agent)
    line = eventually(lambda: find_line(cached, answer))
    assert (line["method"], line["status"], line["cache"], line["client"]) == ("GET", 200, "MISS", "127.0.0.1")
    assert (line["uri"], line["user_agent"]) == ("/logged/?a=b", 'Reader "1"é')
    time = datetime.fromisoformat(line["time"])
    assert time.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - time) < timedelta(minutes=5)


def test_log_cuts_long_texts(cached, stub):
    long = "x" * 9000
    cached.ask(f"/log/?{long}", Referer=f"https://long.example/{long}", User_Agent=f"Long {long}")
    line = eventually(lambda: next((line for line in cached.log().splitlines() if "/log/?x" in line), ""))
    assert 500 < len(json.loads(line)["uri"]) < 510
    assert len(line) < 3000


def test_log_does_not_hold_links_that_reset_a_password(cached, stub):
    answer = cached.ask("/accounts/password/reset/key/1-secret/")
    line = eventually(lambda: find_line(cached, answer))
    assert "secret" not in line["uri"]


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/subscription/secret/leave/", "/subscription/.../leave/"),
        ("/subscription/secret/leave", "/subscription/.../leave"),
        ("/subscription/secret", "/subscription/..."),
        ("/subscription/secret/leave/?secret", "/subscription/..."),
        ("/Subscription//secret.", "/Subscription//..."),
    ],
)
def test_log_does_not_hold_links_of_subscribers(cached, stub, path, logged):
    answer = cached.ask(path, Referer=f"https://newsletter.example{path}")
    line = eventually(lambda: find_line(cached, answer))
    assert (line["uri"], line["referrer"]) == (logged, "")


def find_line(proxy, answer):
    lines = [json.loads(line) for line in proxy.log().splitlines() if line.startswith("{")]
    return next((line for line in lines if line["request_id"] == answer.headers["X-Request-Id"]), None)


# Variables and files of the image


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({"HSTS_SECONDS": "3600"}, "max-age=3600; includeSubDomains; preload"),
        ({"HSTS_SUBDOMAINS": "off"}, "max-age=31536000"),
        ({"HSTS_SECONDS": "0"}, ""),
    ],
)
def test_hsts_is_that_of_the_application(environment, header):
    assert variables(**environment)["PROXY_HSTS"] == header


def test_servers_with_names_are_looked_up_again():
    servers = variables(WEB_SERVERS="web:8000 10.0.0.7:8000")["PROXY_SERVERS"]
    assert re.findall(r"server (\S+?)( resolve)? max_fails", servers) == [
        *[("web:8000", " resolve")] * 2,
        *[("10.0.0.7:8000", "")] * 2,
    ]


def test_proxy_of_the_compose_file_finds_both_web_services():
    port = re.search(r"GRANIAN_PORT=(\d+)", dockerfile("ENV")[0])
    assert port
    assert SERVICE["environment"]["WEB_SERVERS"] == f"web:{port[1]} web-b:{port[1]}"
    one, other = (COMPOSE["services"][name] for name in ("web", "web-b"))
    assert other == one | {"ports": [], "profiles": ["proxy"]}


def test_files_that_the_compose_file_mounts_exist_and_can_be_run():
    mounted = [volume.split(":") for name in ("proxy", "certbot") for volume in COMPOSE["services"][name]["volumes"]]
    ours = {target: ROOT / source for source, target, *_ in mounted if source.startswith("./")}
    assert all(path.exists() for path in ours.values())
    scripts = [path for target, path in ours.items() if target.startswith("/docker-entrypoint.d/")]
    assert len(scripts) == 2
    assert all(os.access(path, os.X_OK) for path in scripts)


def test_only_the_profile_starts_the_proxy():
    profiles = {name: service.get("profiles") for name, service in COMPOSE["services"].items()}
    assert {name for name, needed in profiles.items() if needed} == {"proxy", "static", "certbot", "web-b"}
