"""What each ready-made role may request, and what it may change."""

import json
from datetime import timedelta
from uuid import uuid4

import lxml.html
import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import transaction
from django.urls import URLResolver
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from taggit.models import Tag

from collecting.models.sources import Source
from issues.changes import changing_page
from issues.models.issues import Issue
from issues.tasks import announce
from mailings.models.imports import SubscriberImport
from mailings.models.mailings import Mailing
from mailings.moving.report import Report
from sreweekly.models import GroupOfRole
from sreweekly.roles import ROLES, load_others, load_roles, update_groups
from tests.desk_forms import save
from tests.make import (
    make_article,
    make_candidate,
    make_correction,
    make_device,
    make_issue,
    make_page,
    make_picture,
    make_placement,
    make_publication,
    make_sponsor,
    make_subscriber,
    make_suppression,
    note_changes,
    sign_in,
    sign_in_as,
)
from wordpress.load import import_wordpress
from wordpress.models import WordPressImport

NAMES = [role.name for role in ROLES]
# Stands for the empty address.
FIRST_PAGE = "(first)"

# Who may request each address of the desk, by GET and by POST: (e)ditor, (c)ontributor, (p)roofreader, (s)ponsor
# manager, (a)dministrator, - nobody, . no such method. An address with a row is that of a row of the fixture `rows`.
MAY = """
find/                                                     ecpsa  ecpsa
settings/                                                 a      a
settings/roles/                                           a      a
settings/roles/restore/                                   .      a
(first)                                                   ecpsa  ecpsa
login/                                                    ecpsa  ecpsa
logout/                                                   .      ecpsa
password_change/                                          ecpsa  ecpsa
password_change/done/                                     ecpsa  .
autocomplete/                                             ecpsa  .
jsi18n/                                                   ecpsa  .
r/<path:content_type_id>/<path:object_id>/                ecpsa  ecpsa
auth/group/                                               a      a
auth/group/add/                                           a      a
auth/group/<path:object_id>/history/                      a      a
auth/group/<path:object_id>/delete/                       a      a
auth/group/<path:object_id>/change/                       a      a
auth/group/<path:object_id>/                              ecpsa  ecpsa
procrastinate/procrastinatejob/                           a      a
procrastinate/procrastinatejob/add/                       -      -
procrastinate/procrastinatejob/<path:object_id>/history/  a      a
procrastinate/procrastinatejob/<path:object_id>/delete/   -      -
procrastinate/procrastinatejob/<path:object_id>/change/   a      -
procrastinate/procrastinatejob/<path:object_id>/          ecpsa  ecpsa
issues/article/unsaved/                                   .      ecpa
issues/article/sort/<slug:state>/                         .      eca
issues/article/place/<int:issue>/                         .      eca
issues/article/waiting/<int:issue>/                       eca    .
issues/article/offer/                                     eca    .
issues/article/offer/read/                                .      eca
issues/article/names/                                     eca    eca
issues/article/                                           ecpa   ecpa
issues/article/add/                                       eca    eca
issues/article/<path:object_id>/history/                  ecpa   ecpa
issues/article/<path:object_id>/delete/                   ea     ea
issues/article/<path:object_id>/change/                   ecpa   ecpa
issues/article/<path:object_id>/                          ecpsa  ecpsa
issues/correction/unsaved/                                .      ea
issues/correction/                                        ea     ea
issues/correction/add/                                    ea     ea
issues/correction/<path:object_id>/history/               ea     ea
issues/correction/<path:object_id>/delete/                ea     ea
issues/correction/<path:object_id>/change/                ea     ea
issues/correction/<path:object_id>/                       ecpsa  ecpsa
issues/author/merge/                                      ea     ea
issues/author/doubts/                                     ea     ea
issues/author/<int:pk>/turn/                              ea     ea
issues/author/unsaved/                                    .      ea
issues/author/                                            eca    eca
issues/author/add/                                        eca    eca
issues/author/<path:object_id>/history/                   eca    eca
issues/author/<path:object_id>/delete/                    ea     ea
issues/author/<path:object_id>/change/                    eca    ea
issues/author/<path:object_id>/                           ecpsa  ecpsa
issues/publication/merge/                                 ea     ea
issues/publication/<int:pk>/turn/                         ea     ea
issues/publication/unsaved/                               .      ea
issues/publication/                                       eca    eca
issues/publication/add/                                   eca    eca
issues/publication/<path:object_id>/history/              eca    eca
issues/publication/<path:object_id>/delete/               ea     ea
issues/publication/<path:object_id>/change/               eca    ea
issues/publication/<path:object_id>/                      ecpsa  ecpsa
issues/issue/markdown-preview/                            ecpsa  ecpsa
issues/issue/begin/                                       .      ea
issues/issue/<int:pk>/announce/                           .      ea
issues/issue/<int:pk>/withdraw/                           .      ea
issues/issue/<int:pk>/typed/                              .      ecpa
issues/issue/<int:pk>/preflight/                          ecpsa  ecpsa
issues/issue/<int:pk>/previews/                           ecpsa  .
issues/issue/<int:pk>/preview/                            ecpsa  .
issues/issue/<int:pk>/previews/feed/                      ecpsa  .
issues/issue/<int:pk>/previews/text/                      ecpsa  .
issues/issue/<int:pk>/previews/mail/                      ecpsa  .
issues/issue/<int:pk>/history/restore/                    .      ea
issues/issue/unsaved/                                     .      ecpa
issues/issue/                                             ecpsa  ecpsa
issues/issue/add/                                         ea     ea
issues/issue/<path:object_id>/history/                    ecpsa  ecpsa
issues/issue/<path:object_id>/delete/                     ea     ea
issues/issue/<path:object_id>/change/                     ecpsa  ecpa
issues/issue/<path:object_id>/                            ecpsa  ecpsa
issues/page/<int:pk>/preview/                             epa    epa
issues/page/<int:pk>/history/<int:version>/restore/       .      epa
issues/page/unsaved/                                      .      epa
issues/page/                                              epa    epa
issues/page/add/                                          ea     ea
issues/page/<path:object_id>/history/                     epa    epa
issues/page/<path:object_id>/delete/                      ea     ea
issues/page/<path:object_id>/change/                      epa    epa
issues/page/<path:object_id>/                             ecpsa  ecpsa
sponsors/sponsor/merge/                                   esa    esa
sponsors/sponsor/unsaved/                                 .      esa
sponsors/sponsor/                                         esa    esa
sponsors/sponsor/add/                                     esa    esa
sponsors/sponsor/<path:object_id>/history/                esa    esa
sponsors/sponsor/<path:object_id>/delete/                 esa    esa
sponsors/sponsor/<path:object_id>/change/                 esa    esa
sponsors/sponsor/<path:object_id>/                        ecpsa  ecpsa
sponsors/placement/last/                                  esa    .
sponsors/placement/calendar/                              ecpsa  .
sponsors/placement/unsaved/                               .      epsa
sponsors/placement/                                       ecpsa  ecpsa
sponsors/placement/add/                                   esa    esa
sponsors/placement/<path:object_id>/history/              ecpsa  ecpsa
sponsors/placement/<path:object_id>/delete/               esa    esa
sponsors/placement/<path:object_id>/change/               ecpsa  epsa
sponsors/placement/<path:object_id>/                      ecpsa  ecpsa
taggit/tag/merge/                                         ea     ea
taggit/tag/                                               eca    eca
taggit/tag/add/                                           ea     ea
taggit/tag/<path:object_id>/history/                      eca    eca
taggit/tag/<path:object_id>/delete/                       ea     ea
taggit/tag/<path:object_id>/change/                       eca    ea
taggit/tag/<path:object_id>/                              ecpsa  ecpsa
pictures/picture/add/                                     ecsa   ecsa
pictures/picture/                                         ecsa   ecsa
pictures/picture/<path:object_id>/history/                ecsa   ecsa
pictures/picture/<path:object_id>/delete/                 ea     ea
pictures/picture/<path:object_id>/change/                 ecsa   ea
pictures/picture/<path:object_id>/                        ecpsa  ecpsa
collecting/candidate/save/                                eca    eca
collecting/candidate/saved/<int:pk>/                      eca    eca
collecting/candidate/devices/                             .      eca
collecting/candidate/devices/<int:pk>/revoke/             .      a
collecting/candidate/inbox/                               eca    eca
collecting/candidate/                                     eca    eca
collecting/candidate/add/                                 -      -
collecting/candidate/<path:object_id>/history/            eca    eca
collecting/candidate/<path:object_id>/delete/             ea     ea
collecting/candidate/<path:object_id>/change/             eca    -
collecting/candidate/<path:object_id>/                    ecpsa  ecpsa
collecting/source/merge/                                  ea     ea
collecting/source/opml/                                   ea     ea
collecting/source/opml/import/                            ea     ea
collecting/source/                                        ea     ea
collecting/source/add/                                    ea     ea
collecting/source/<path:object_id>/history/               ea     ea
collecting/source/<path:object_id>/delete/                ea     ea
collecting/source/<path:object_id>/change/                ea     ea
collecting/source/<path:object_id>/                       ecpsa  ecpsa
wordpress/wordpressimport/<int:pk>/status/                a      a
wordpress/wordpressimport/<int:pk>/report.json            a      a
wordpress/wordpressimport/<int:pk>/again/                 .      a
wordpress/wordpressimport/                                a      a
wordpress/wordpressimport/add/                            a      a
wordpress/wordpressimport/<path:object_id>/history/       a      a
wordpress/wordpressimport/<path:object_id>/delete/        -      -
wordpress/wordpressimport/<path:object_id>/change/        a      a
wordpress/wordpressimport/<path:object_id>/               ecpsa  ecpsa
mailings/mailing/issue/<int:issue>/                       ea     ea
mailings/mailing/setup/                                   ea     ea
mailings/mailing/reports/                                 ea     .
mailings/mailing/                                         ea     ea
mailings/mailing/add/                                     -      -
mailings/mailing/<path:object_id>/history/                ea     ea
mailings/mailing/<path:object_id>/delete/                 -      -
mailings/mailing/<path:object_id>/change/                 ea     ea
mailings/mailing/<path:object_id>/                        ecpsa  ecpsa
mailings/subscriber/growth/                               ea     .
mailings/subscriber/export/                               .      a
mailings/subscriber/<int:pk>/act/                         .      ea
mailings/subscriber/                                      ea     ea
mailings/subscriber/add/                                  ea     ea
mailings/subscriber/<path:object_id>/history/             ea     ea
mailings/subscriber/<path:object_id>/delete/              -      -
mailings/subscriber/<path:object_id>/change/              ea     ea
mailings/subscriber/<path:object_id>/                     ecpsa  ecpsa
mailings/suppression/<int:pk>/lift/                       .      a
mailings/suppression/                                     ea     ea
mailings/suppression/add/                                 ea     ea
mailings/suppression/<path:object_id>/history/            ea     ea
mailings/suppression/<path:object_id>/delete/             -      -
mailings/suppression/<path:object_id>/change/             ea     ea
mailings/suppression/<path:object_id>/                    ecpsa  ecpsa
mailings/subscriberimport/<int:pk>/status/                a      .
mailings/subscriberimport/<int:pk>/again/                 .      a
mailings/subscriberimport/                                a      a
mailings/subscriberimport/add/                            a      a
mailings/subscriberimport/<path:object_id>/history/       a      a
mailings/subscriberimport/<path:object_id>/delete/        -      -
mailings/subscriberimport/<path:object_id>/change/        a      a
mailings/subscriberimport/<path:object_id>/               ecpsa  ecpsa
auth/user/<id>/password/                                  a      a
auth/user/                                                a      a
auth/user/add/                                            a      a
auth/user/<path:object_id>/history/                       a      a
auth/user/<path:object_id>/delete/                        -      -
auth/user/<path:object_id>/change/                        a      a
auth/user/<path:object_id>/                               ecpsa  ecpsa
auth/                                                     a      a
collecting/                                               eca    eca
issues/                                                   ecpsa  ecpsa
mailings/                                                 ea     ea
pictures/                                                 ecsa   ecsa
procrastinate/                                            a      a
sponsors/                                                 ecpsa  ecpsa
taggit/                                                   eca    eca
wordpress/                                                a      a
nowhere/                                                  -      -
"""


# The addresses of the desk


def routes(patterns=None, before=""):
    """Yield the address of each pattern in the desk's URLconf, with its <parameters>."""
    for pattern in admin.site.urls[0] if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif pattern.name == "app_list":
            yield from (f"{label}/" for label in sorted({model._meta.app_label for model in admin.site._registry}))
        else:
            yield "nowhere/" if "(?P<url>" in route else route


@pytest.fixture
def rows(db, settings):
    """Return a row of each model at the desk, by its label. The issue is a draft, and the article is in no issue."""
    update_groups()
    published, issue = make_issue(number=1), make_issue(number=2, status="draft", articles=1)
    article = make_article(tags=("on-call",))
    page = make_page()
    with changing_page(page):
        page.save()
    note_changes()
    ended = {"started_at": timezone.now(), "finished_at": timezone.now(), "report": import_wordpress([]).as_plain()}
    imported = {"state": "done", "finished_at": timezone.now(), "report": Report().as_plain()}
    announce.defer(issue_id=published.pk)
    found = [
        *(
            published,
            issue,
            article,
            page,
            make_placement(issue),
            make_sponsor(),
            make_picture(),
            make_correction(published),
        ),
        *(article.credited_authors[0], make_publication(), Tag.objects.get(), make_candidate()),
        *(make_device()[0], Source.objects.create(url="https://example.com/feed")),
        *(WordPressImport.objects.create(state="done", **ended), ProcrastinateJob.objects.first()),
        *(User.objects.get(), Group.objects.first()),
        *(
            Mailing.objects.create(issue=issue),
            make_subscriber(),
            make_suppression(),
            SubscriberImport.objects.create(name="a.csv", size=1, **imported),
        ),
    ]
    return {row._meta.label_lower: row for row in found} | {"published": published}


def path_of(route, rows):
    label = ".".join(route.split("/")[:2])
    label = "collecting.device" if "devices/" in route else "published" if "announce" in route else label
    row = str(rows[label].pk) if label in rows else ""
    values = {
        **dict.fromkeys(("<path:object_id>", "<int:pk>", "<id>"), row),
        "<slug:state>": "shortlisted",
        "<int:issue>": str(rows["issues.issue"].pk),
        "<int:version>": "1",
        "<path:content_type_id>": str(ContentType.objects.get_for_model(Issue).pk),
    }
    if "saved/" in route:
        values["<int:pk>"] = str(rows["issues.article"].pk)
    if route.startswith("r/"):
        values["<path:object_id>"] = str(rows["published"].pk)
    for name, value in values.items():
        route = route.replace(name, value)
    assert "<" not in route, f"{route} needs a value here."
    return f"/admin/{route}"


def body_of(route, rows, user):
    """Return what is posted: an empty form is enough for most addresses."""
    if route.endswith("/unsaved/"):
        row = rows[".".join(route.split("/")[:2])]
        form = {"user": str(user.pk), "object": str(row.pk), "form": str(uuid4()), "fields": {}}
        return {"data": json.dumps(form), "content_type": "application/json"}
    if route.startswith("mailings/mailing/issue/"):
        return {"data": {"act": "hold"}}
    if route.endswith("/act/"):
        return {"data": {"act": "leave"}}
    if route.endswith("restore/"):
        return {"data": {"version": "1", "role": "Editor"}}
    return {"data": {"article": rows["issues.article"].pk, "name": "Ann"} if "/article/" in route else {}}


def may_request(client, method, route, rows, user):
    """Return "yes", "no", or "." for a method that the address does not have. Leave the database as it was."""
    more = body_of(route, rows, user) if method == "post" else {}
    if method == "get" and route == "autocomplete/":
        more = {"data": {"app_label": "sponsors", "model_name": "placement", "field_name": "issue"}}
    if route == "issues/article/names/":
        more = {"data": {"kind": "author"}}
    with transaction.atomic():
        response = getattr(client, method)(path_of(route, rows), **more)
        transaction.set_rollback(True)
    assert not getattr(response, "url", "").startswith("/accounts/login/")
    if route == "logout/":
        client.force_login(user)
    return {403: "no", 404: "no", 405: "."}.get(response.status_code, "yes")


def read_table():
    lines = [line.replace(FIRST_PAGE, '""').split() for line in MAY.strip().splitlines()]
    return {route.strip('"'): {"get": get, "post": post} for route, get, post in lines}


def test_table_has_every_address_of_the_desk():
    assert set(routes()) == set(read_table())


@pytest.mark.parametrize("name", NAMES)
def test_role_may_request_what_the_table_says(rows, name):
    client = sign_in_as(name)
    user = User.objects.get(username=name)
    table, letter = read_table(), name[0].lower()
    wanted, found = {}, {}
    for route, methods in table.items():
        for method, letters in methods.items():
            wanted[route, method] = "." if letters == "." else "yes" if letter in letters else "no"
            found[route, method] = may_request(client, method, route, rows, user)
    assert found == wanted


# The groups


@pytest.fixture
def groups(db):
    update_groups()
    return {group.name: group for group in Group.objects.all()}


def labels(group):
    return {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.select_related("content_type")}


def permission(codename):
    return Permission.objects.get(codename=codename)


@pytest.mark.django_db(transaction=True)
def test_migrate_makes_a_group_for_each_role_with_permissions_that_exist():
    call_command("migrate", verbosity=0)
    assert {group.name: labels(group) for group in Group.objects.all()} == {
        role.name: set(role.permissions) for role in ROLES
    }


def test_group_that_nobody_changed_follows_the_software(groups):
    editor = groups["Editor"]
    editor.permissions.remove(permission("add_tag"))  # As if a former version had not given it.
    GroupOfRole.objects.filter(role="Editor").update(given=sorted(labels(editor)))
    update_groups()
    assert "taggit.add_tag" in labels(editor)


def test_group_that_somebody_changed_stays_as_it_is_until_it_is_restored(groups, desk):
    groups["Proofreader"].permissions.add(permission("add_candidate"))
    groups["Proofreader"].permissions.remove(permission("view_page"))
    update_groups()
    role = next(one for one in load_roles() if one.role.name == "Proofreader")
    assert (role.added, role.missing) == (["Can add candidate"], ["Can view page"])
    assert desk.post("/admin/settings/roles/restore/", {"role": "Proofreader"}).url == "/admin/settings/roles/"
    assert all(one.is_ready_made for one in load_roles())


def test_group_that_was_deleted_is_made_again_only_when_somebody_asks(groups, desk):
    groups["Editor"].delete()
    update_groups()
    assert not Group.objects.filter(name="Editor").exists()
    desk.post("/admin/settings/roles/restore/", {"role": "Editor"})
    assert "issues.publish_issue" in labels(Group.objects.get(name="Editor"))


def test_group_that_had_the_name_of_a_role_before_stays_as_it_is(db):
    group = Group.objects.create(name="Editor")
    group.permissions.add(permission("view_issue"))
    update_groups()
    update_groups()
    assert labels(group) == {"issues.view_issue"}


def test_group_may_have_another_name(groups):
    Group.objects.filter(name="Editor").update(name="Redaktion")
    update_groups()
    assert not Group.objects.filter(name="Editor").exists()


# Their page


def test_page_says_who_has_a_role_and_who_has_none(desk):
    sign_in_as("Contributor")
    sign_in("view_issue")
    User.objects.create_user("reader")
    people = {one.role.name: [str(user) for user in one.users] for one in load_roles()}
    assert people == {key: ["Contributor"] if key == "Contributor" else [] for key in NAMES}
    assert [str(user) for user in load_others()] == ["editor", "helper"]
    links = lxml.html.fromstring(desk.get("/admin/settings/roles/").content.decode()).xpath("//main//a/@href")
    assert f"/admin/auth/user/{User.objects.get(username='Contributor').pk}/change/" in links


@pytest.mark.parametrize("count", [1, 3])
def test_page_takes_a_fixed_number_of_queries(desk, django_assert_num_queries, count):
    update_groups()
    for number in range(count):
        user = User.objects.create_user(f"user{number}", is_staff=True)
        user.groups.set(Group.objects.all())
    with django_assert_num_queries(9):
        desk.get("/admin/settings/roles/")


def test_restoring_takes_a_fixed_number_of_queries(desk, groups, django_assert_num_queries):
    groups["Proofreader"].permissions.clear()
    with django_assert_num_queries(10):
        desk.post("/admin/settings/roles/restore/", {"role": "Proofreader"})


def test_unknown_role_is_not_restored(desk):
    assert desk.post("/admin/settings/roles/restore/", {"role": "Owner"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "menu"),
    [
        (
            "Contributor",
            ["This week", "Inbox", "Backlog", "Issues", "Authors", "Publications", "Tags", "Pictures", "Calendar"],
        ),
        ("Proofreader", ["This week", "Backlog", "Issues", "Pages", "Calendar"]),
        ("Sponsor manager", ["This week", "Issues", "Pictures", "Sponsors", "Calendar"]),
    ],
)
def test_menu_acts_and_first_page_have_only_what_a_role_may(db, name, menu):
    client = sign_in_as(name)
    issue = make_issue(status="draft", publish_at=timezone.now() + timedelta(days=2), articles=1)
    make_placement(issue, state="booked")
    response = client.get("/admin/")
    assert [entry.name for group in response.context["menu"] for entry in group] == menu
    found = client.get("/admin/find/").context["groups"]["Go to, or do"]
    addresses = {act.address for act in found} | desk_addresses(response)
    addresses |= desk_addresses(client.get(f"/admin/issues/issue/{issue.pk}/change/"))
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)


def desk_addresses(response):
    """Return where the links and the forms' buttons of the page lead, but not out of the desk."""
    page = lxml.html.fromstring(response.content.decode())
    assert not page.xpath("//form[contains(@action, 'begin') or contains(@action, 'withdraw')]")
    return {link for link in page.xpath("//a/@href") if link.startswith("/admin/") and "logout" not in link}


# Users


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_users_has_their_roles_and_takes_a_fixed_number_of_queries(
    desk, groups, django_assert_num_queries, count
):
    for number in range(count):
        User.objects.create_user(f"user{number}").groups.add(groups["Proofreader"])
    with django_assert_num_queries(8):
        response = desk.get("/admin/auth/user/")
    assert response.content.decode().count('<td class="field-roles">Proofreader</td>') == count


def test_role_is_given_on_the_page_of_a_user(desk, groups):
    user = User.objects.create_user("ann")
    role = groups["Contributor"].pk
    assert (
        save(desk, f"/admin/auth/user/{user.pk}/change/", "user_form", groups=[role], is_staff="on").status_code == 302
    )
    user.refresh_from_db()
    assert user.has_perm("issues.change_issue")
    assert not user.has_perm("issues.publish_issue")
