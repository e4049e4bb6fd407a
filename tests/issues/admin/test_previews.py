import lxml.html
import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from tests.desk_forms import save
from tests.make import make_article, make_issue, make_placement

ROUTES = ("previews", "preview", "preview_feed", "preview_mail", "preview_text")


def address(name, issue):
    return reverse(f"admin:issues_issue_{name}", args=[issue.pk])


@pytest.fixture
def issue(db):
    issue = make_issue(status="draft", intro="Hello.")
    make_placement(issue)
    make_article(issue=issue, title="One")
    return issue


@pytest.mark.parametrize("name", ROUTES[1:])
def test_preview_shows_a_draft(desk, issue, name):
    response = desk.get(address(name, issue))
    assert response.status_code == 200
    assert "Hello." in response.text
    assert "One" in response.text


@pytest.mark.parametrize("name", ROUTES)
def test_preview_needs_permission_to_view_issues(issue, name, client):
    assert client.get(address(name, issue)).status_code == 302
    user = User.objects.create_user("other", is_staff=True)
    client.force_login(user)
    assert client.get(address(name, issue)).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_issue"))
    assert client.get(address(name, issue)).status_code == 200


def test_preview_of_a_missing_issue_is_not_found(desk):
    for name in ROUTES:
        assert desk.get(reverse(f"admin:issues_issue_{name}", args=[99_999_999_999_999_999_999])).status_code == 404


@pytest.mark.parametrize("name", ROUTES[1:])
def test_frame_can_be_embedded_by_this_site_only(desk, issue, name):
    response = desk.get(address(name, issue))
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]


def test_page_of_previews_embeds_frames_of_this_site_only(desk, issue):
    response = desk.get(address("previews", issue))
    assert response["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert "frame-src 'self'" in response["Content-Security-Policy"]


def test_form_of_an_issue_may_show_a_preview_and_be_framed_by_nobody(desk, issue):
    response = desk.get(reverse("admin:issues_issue_change", args=[issue.pk]))
    assert response["X-Frame-Options"] == "DENY"
    assert "frame-src 'self'" in response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert "style-src 'self'" in response["Content-Security-Policy"]


def test_other_pages_of_the_desk_embed_no_frames(desk, issue):
    for name in ("changelist", "add"):
        response = desk.get(reverse(f"admin:issues_issue_{name}"))
        assert response["X-Frame-Options"] == "DENY"
        assert "frame-src" not in response["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


def test_mail_loads_nothing_but_its_own_styles(desk, issue):
    policy = desk.get(address("preview_mail", issue))["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src" not in policy


def test_frames_run_no_scripts(desk, issue):
    (frame,) = lxml.html.fromstring(desk.get(address("previews", issue)).text).iter("iframe")
    assert frame.get("sandbox") == ""
    # The script of the form writes what is typed into this one.
    form = desk.get(reverse("admin:issues_issue_change", args=[issue.pk])).text
    (frame,) = lxml.html.fromstring(form).iter("iframe")
    assert frame.get("sandbox") == "allow-same-origin"


@pytest.mark.parametrize(
    ("query", "name", "classes"),
    [
        ("", "preview", "wide light"),
        ("?as=phone&colours=dark", "preview", "phone dark"),
        ("?as=mail", "preview_mail", "window light"),
        ("?as=card&colours=red&as=\0", "preview", "wide light"),
    ],
)
def test_one_preview_is_shown_and_the_others_are_links(desk, issue, query, name, classes):
    page = lxml.html.fromstring(desk.get(address("previews", issue) + query).text)
    (frame,) = page.iter("iframe")
    assert frame.get("src") == address(name, issue)
    assert frame.get("class") == f"preview {classes}"
    links = page.xpath("//nav[contains(@class, 'switch')]/a")
    assert len(links) == 7
    assert [link.get("aria-current") for link in links].count("page") == 2
    assert "?as=text" in {link.get("href").partition("&")[0] for link in links}


def test_save_and_preview_redirects_to_the_previews(desk, issue):
    response = save(desk, reverse("admin:issues_issue_change", args=[issue.pk]), "issue_form", "_preview")
    assert response.url == address("previews", issue)


@pytest.mark.parametrize("name", ROUTES)
def test_each_preview_loads_the_issue_once(desk, name, django_assert_num_queries):
    for count in (1, 3):
        issue = make_issue(articles=count, outages=count, status="draft")
        with django_assert_num_queries({"previews": 4, "preview": 9}.get(name, 8)):  # One is for the menu.
            desk.get(address(name, issue))
