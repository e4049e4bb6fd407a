"""The ready-made roles: what each may do, in words and as permissions of a group that `migrate` makes and updates.

What an operator changed by hand stays: GroupOfRole keeps what this module gave last, and a group with anything else is
left alone. The page of the roles shows the difference, and gives the ready-made permissions back.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet

from sreweekly.models import GroupOfRole


def _all(*models: str) -> tuple[str, ...]:
    """Return the permissions to view, add, change and delete these models: "issues.issue"."""
    parts = (model.split(".") for model in models)
    return tuple(f"{app}.{act}_{name}" for app, name in parts for act in ("view", "add", "change", "delete"))


@dataclass(frozen=True)
class Role:
    name: str
    may: tuple[str, ...]  # For the page: “This role may begin, write, …”.
    may_not: tuple[str, ...]
    permissions: tuple[str, ...]


_WRITING = ("collecting.candidate", "issues.article", "issues.author", "issues.publication", "taggit.tag")
_PICTURES = ("pictures.view_picture", "pictures.add_picture")
_EDITING = (
    *_all(*_WRITING, "issues.issue", "issues.correction", "issues.page"),
    *_all("sponsors.sponsor", "sponsors.placement", "collecting.source", "pictures.picture"),
    "issues.publish_issue",
    *("mailings.view_mailing", "mailings.send_mailing"),
    *("mailings.view_subscriber", "mailings.add_subscriber", "mailings.change_subscriber"),
    *("mailings.view_suppression", "mailings.add_suppression"),
    "procrastinate.view_procrastinateworker",  # The health of the site, on the first page.
)

ROLES = (
    Role(
        "Editor",
        may=(
            "begin, write, approve, publish and take back issues, and correct what is published",
            "work with the inbox, the backlog, authors, publications, tags, pages and pictures",
            "work with sponsors, their messages and the calendar, and choose the sources that are read",
            "send a test of an issue’s mail, hold, send, pause and cancel it, and see who did not get it",
            "see whether mail is set up right, and have that asked again",
            "see and search subscribers, add one by hand, end a subscription, and have an address never mailed",
        ),
        may_not=(
            "see users, roles, imports, background jobs, and devices of others",
            "export or import subscribers, forget one, or lift a suppression",
        ),
        permissions=_EDITING,
    ),
    Role(
        "Contributor",
        may=(
            "save links, work through the inbox and the backlog, and place articles in drafts",
            "write drafts: intro, blurbs, credits, order and time; add authors, publications, tags and pictures",
            "call a draft ready for review",
        ),
        may_not=(
            "approve, publish, take back or correct anything: what is approved can only be read",
            "begin or delete issues, or rename authors, publications and tags, which published issues print",
            "change the sponsor’s message, or see users, imports, and devices of others",
        ),
        permissions=(
            *("issues.view_issue", "issues.change_issue"),
            *("issues.view_article", "issues.add_article", "issues.change_article"),
            *("issues.view_author", "issues.add_author", "issues.view_publication", "issues.add_publication"),
            *("taggit.view_tag", "sponsors.view_placement", *_PICTURES),
            *("collecting.view_candidate", "collecting.add_candidate", "collecting.change_candidate"),
        ),
    ),
    Role(
        "Proofreader",
        may=(
            "change words: titles, blurbs, intro and sponsor’s message of a draft, and articles of the backlog",
            "change title and text of a page, which readers see at once",
        ),
        may_not=(
            "change addresses, credits, order, times, sponsors or states, or add pictures",
            "change an issue that is approved or published, or save links",
        ),
        permissions=(
            "issues.proofread_issue",
            *("issues.view_issue", "issues.view_article", "issues.view_page", "sponsors.view_placement"),
        ),
    ),
    Role(
        "Sponsor manager",
        may=(
            "work with sponsors and the calendar: book an issue, enter the message, approve its copy, add pictures",
            "rename a sponsor: the new name stands in all its issues, also in published ones",
            "read issues and their previews",
        ),
        may_not=(
            "change articles, or see the backlog",
            "change the message of an issue that is approved or published",
        ),
        permissions=(*_all("sponsors.sponsor", "sponsors.placement"), "issues.view_issue", *_PICTURES),
    ),
    Role(
        "Administrator",
        may=(
            "do everything that editors may",
            "add users, give roles, import issues, see devices of others and background jobs",
            "export and import subscribers, forget them, and lift suppressions",
            "give anybody any permission: trust few with this role",
        ),
        may_not=("delete users: an account that is not active signs nobody in, and what it did keeps its name",),
        permissions=(
            *_EDITING,
            *("auth.view_user", "auth.add_user", "auth.change_user", *_all("auth.group")),
            *("collecting.view_device", "collecting.change_device"),
            *("wordpress.view_wordpressimport", "wordpress.add_wordpressimport"),
            *("mailings.delete_subscriber", "mailings.delete_suppression"),
            *("mailings.export_subscriber", "mailings.import_subscriber"),
            "procrastinate.view_procrastinatejob",
        ),
    ),
)


@dataclass(frozen=True)
class RoleInUse:
    """A role with its group, if it has one, who has it, and how the group differs from what is ready-made."""

    role: Role
    group: Group | None
    users: list[User]
    added: list[str]  # Names of permissions, as Django has them.
    missing: list[str]

    @property
    def is_ready_made(self) -> bool:
        return self.group is not None and not self.added and not self.missing


def update_groups() -> None:
    """Make the groups that were never made, and update those that nobody changed since. Call it after migrations.

    A group that an operator has deleted is not made again, and one that has the name of a role already stays as it is.
    """
    permissions = _permissions()
    with transaction.atomic():
        records = GroupOfRole.objects.select_for_update(of=("self",)).select_related("group").in_bulk(field_name="role")
        for role in ROLES:
            record = records.get(role.name)
            if record is None:
                group, is_new = Group.objects.get_or_create(name=role.name)
                record = GroupOfRole.objects.create(role=role.name, group=group)
                if is_new:
                    _give(record, role, permissions)
            elif record.group and set(record.given) == {_label(one) for one in _permissions_of(record.group)}:
                _give(record, role, permissions)


def restore(role: Role) -> None:
    """Give the group of this role the ready-made permissions, and make the group again if it was deleted."""
    with transaction.atomic():
        record, _ = GroupOfRole.objects.select_for_update(of=("self",)).get_or_create(role=role.name)
        record.group = record.group or Group.objects.get_or_create(name=role.name)[0]
        _give(record, role, _permissions())


def load_roles() -> list[RoleInUse]:
    """Return the roles in their order, with the active users who have them. Five queries."""
    people = Prefetch("user_set", User.objects.filter(is_active=True).order_by("username"), to_attr="people")
    groups = Group.objects.prefetch_related(people, Prefetch("permissions", _rows(), to_attr="rights"))
    records = {record.role: record for record in GroupOfRole.objects.prefetch_related(Prefetch("group", groups))}
    permissions = _permissions()
    return [_in_use(role, records.get(role.name), permissions) for role in ROLES]


def load_others() -> list[User]:
    """Return who may enter the desk and has no role, and all superusers. One query."""
    with_role = Q(is_superuser=False, groups__in=GroupOfRole.objects.exclude(group=None).values("group"))
    return list(User.objects.filter(is_active=True, is_staff=True).exclude(with_role).order_by("username"))


def _in_use(role: Role, record: Any, permissions: dict[str, Permission]) -> RoleInUse:
    if record is None or record.group is None:
        return RoleInUse(role, None, [], [], [])
    given = {_label(permission): permission for permission in record.group.rights}
    wanted = {label: permissions[label] for label in role.permissions if label in permissions}
    added = sorted(given[label].name for label in given.keys() - wanted)
    missing = sorted(wanted[label].name for label in wanted.keys() - given)
    return RoleInUse(role, record.group, record.group.people, added, missing)


def _give(record: GroupOfRole, role: Role, permissions: dict[str, Permission]) -> None:
    """Give the group the role's permissions, without those of an app that is not installed, and no other."""
    assert record.group is not None
    labels = [label for label in role.permissions if label in permissions]
    record.group.permissions.set(permissions[label] for label in labels)
    record.given = sorted(labels)
    record.save()


def _rows() -> QuerySet[Permission]:
    return Permission.objects.select_related("content_type")


def _permissions() -> dict[str, Permission]:
    return {_label(permission): permission for permission in _rows()}


def _permissions_of(group: Group) -> QuerySet[Permission]:
    return _rows().filter(group=group)


def _label(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
