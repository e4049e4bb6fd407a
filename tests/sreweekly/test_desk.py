import lxml.html
import pytest
from django.contrib.auth.models import User
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from issues.tasks import announce
from mailings.models.mailings import Mailing
from sreweekly.menu import count_waiting
from tests.make import make_article, make_author, make_candidate, make_editor, make_issue, make_subscriber, sign_in


def names(context):
    return [[entry.name for entry in group] for group in context["menu"]]


def test_menu_has_the_places_of_an_editors_work(desk):
    assert names(desk.get("/admin/").context) == [
        ["This week", "Inbox", "Backlog", "Issues", "Corrections"],
        ["Authors", "Publications", "Tags", "Pages", "Pictures"],
        ["Sponsors", "Calendar"],
        ["Mailings", "Subscribers", "Suppressions"],
        ["Sources", "Settings"],
    ]


def test_menu_has_only_what_a_user_may_see(db):
    helper = sign_in("view_issue", "view_sponsor")
    assert names(helper.get("/admin/").context) == [["This week", "Issues"], ["Sponsors"]]
    assert helper.get("/admin/settings/").status_code == 403


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/admin/", "This week"),
        ("/admin/issues/article/add/", "Backlog"),
        ("/admin/collecting/candidate/", "Inbox"),
        ("/admin/auth/user/", "Settings"),
        ("/admin/settings/", "Settings"),
        ("/admin/find/", ""),
    ],
)
def test_menu_says_where_one_is(desk, path, here):
    response = desk.get(path)
    current = lxml.html.fromstring(response.content.decode()).xpath("//header//a[@aria-current='page']")
    assert [link.text_content() for link in current] == ([here] if here else [])


def test_menu_counts_what_waits_in_one_query(desk, django_assert_num_queries):
    editor = User.objects.get()
    assert count_waiting(editor) == {}
    make_article(state="saved")
    make_article(state="declined")
    make_article(issue=make_issue())
    make_candidate()
    with django_assert_num_queries(1):
        assert count_waiting(editor) == {"Inbox": 2, "Backlog": 1}


# Finding and doing


def found(client, words):
    groups = client.get("/admin/find/", {"q": words}).context["groups"]
    return {group: [one.name for one in rows] for group, rows in groups.items()}


def test_rows_are_found_by_their_names(desk):
    make_article(title="Queues everywhere")
    make_author("Ann Queue")
    make_issue(number=12)
    make_issue(number=112)
    assert found(desk, "QUEUE") == {"Articles": ["Queues everywhere"], "Authors": ["Ann Queue"]}
    assert found(desk, "#12") == {"Issues": ["SRE Weekly Issue #12"]}
    assert found(desk, "new i") == {"Go to, or do": ["New issue"]}


@pytest.mark.parametrize("words", ["", "\0", "%", "é" * 5000, "9" * 400, "<b>", "#"])
def test_any_words_get_an_answer(desk, words):
    assert desk.get("/admin/find/", {"q": words}).status_code == 200
    assert desk.get("/admin/find/", {"q": words, "part": "1"}).status_code == 200


def test_only_what_a_user_may_see_is_found(db):
    make_article(title="Queues")
    make_author("Ann Queue")
    assert found(sign_in("view_author"), "queue") == {"Authors": ["Ann Queue"]}


def test_mailing_is_found_by_number_and_title(desk):
    for number in (12, 112):
        Mailing.objects.create(issue=make_issue(number=number))
    assert found(desk, "12")["Mailings"] == ["Mailing of SRE Weekly Issue #12"]
    assert found(desk, "weekly 112")["Mailings"] == ["Mailing of SRE Weekly Issue #112"]
    (mailing,) = desk.get("/admin/find/", {"q": "#12"}).context["groups"]["Mailings"]
    assert desk.get(mailing.address, follow=True).status_code == 200


def test_subscriber_is_found_by_the_whole_address_only(desk):
    make_subscriber("Ada@bücher.example")
    for words in ("ada@xn--bcher-kva.example", " ADA@Bücher.example "):
        assert found(desk, words)["Subscribers"] == ["Ada@bücher.example"]
    for words in ("ada", "ada@", "bücher.example", "da@bücher.example", "a@b@c.example"):
        assert "Subscribers" not in found(desk, words)


@pytest.mark.parametrize(
    ("permission", "groups"),
    [
        ("view_subscriber", {"Subscribers"}),
        ("add_subscriber", set()),
        ("view_mailing", {"Mailings"}),
        ("send_mailing", {"Mailings"}),
        ("view_issue", {"Issues"}),
    ],
)
def test_mailings_and_subscribers_are_found_by_whom_they_are_shown_to(db, permission, groups):
    make_subscriber("ada@example.com")
    Mailing.objects.create(issue=make_issue(title="Issue #1 of ada@example.com"))
    assert found(sign_in(permission), "ada@example.com").keys() == groups


@pytest.mark.parametrize(("words", "queries"), [("queue", 10), ("ada@example.com", 11)])
def test_finding_takes_one_query_for_each_kind(desk, django_assert_num_queries, words, queries):
    make_article(title="Queues", issue=make_issue())
    Mailing.objects.create(issue=make_issue(title="Issue #2: queues"))
    with django_assert_num_queries(queries):  # Two are for the user.
        desk.get("/admin/find/", {"q": words, "part": "1"})


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/", "/admin/issues/issue/add/", "/accounts/login/", "/"])
def test_content_security_policy_is_strict(path):
    client = Client()
    client.force_login(make_editor())
    policy = client.get(path, follow=True).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "nonce" not in policy


def test_lists_of_jobs_have_no_style_that_the_policy_refuses(desk):
    announce.defer(issue_id=1)
    for path in ("", f"{ProcrastinateJob.objects.get().pk}/change/"):
        response = desk.get(f"/admin/procrastinate/procrastinatejob/{path}")
        assert response.status_code == 200
        assert "style=" not in response.content.decode()


def test_list_of_jobs_says_in_words_what_happened_last(desk):
    announce.defer(issue_id=1)
    page = desk.get("/admin/procrastinate/procrastinatejob/").content.decode()
    assert ">Deferred" in page
    assert "&lt;p" not in page


@pytest.mark.parametrize("address", ["auth/user/{}/password/", "collecting/candidate/save/"])
def test_way_back_has_no_name_of_a_library(desk, address):
    page = lxml.html.fromstring(desk.get(f"/admin/{address.format(User.objects.get().pk)}").content.decode())
    trail = [link.text_content() for link in page.xpath("//*[@class='breadcrumbs']//a")]
    assert trail[0] in ("Settings", "Inbox")
    assert not {"Home", "Authentication and Authorization"} & set(trail)


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_jobs_takes_the_same_queries_for_any_number(desk, django_assert_num_queries, count):
    ProcrastinateJob.objects.all().delete()
    for number in range(count):
        announce.defer(issue_id=number)
    desk.get("/admin/")
    with django_assert_num_queries(8):
        html = desk.get("/admin/procrastinate/procrastinatejob/").text
    assert html.count("Deferred") == count
