"""Who may change what of an issue: only drafts without the permission to publish, and only words as a proofreader.

What was approved stays as it was approved: whoever may not publish changes neither a scheduled nor a published issue.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.options import BaseModelAdmin
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied

from issues.models.issues import Issue


def may_publish(user: User | AnonymousUser) -> bool:
    return user.has_perm("issues.publish_issue")


def is_open_to(user: User | AnonymousUser, issue: Issue | None) -> bool:
    """Return whether the user may change what this issue prints, if anything. None stands for the backlog."""
    return issue is None or not issue.is_approved or may_publish(user)


def check_open(user: User | AnonymousUser, issues: Iterable[Issue]) -> None:
    """Raise PermissionDenied if one of these issues, which are locked, was approved and the user may not publish."""
    if not all(is_open_to(user, issue) for issue in issues):
        raise PermissionDenied


def may_read_notes(user: User | AnonymousUser) -> bool:
    """Return whether the user may read the notes on an issue. Only those who may change issues write them."""
    return user.has_perm("issues.change_issue") or user.has_perm("issues.proofread_issue")


def why_closed(issue: Issue) -> str:
    return f"{issue} is {issue.state}: only those who may publish can change it now."


class ProofreadsWords(BaseModelAdmin):
    """Admin class that lets proofreaders change the words of a row, and nothing else of it.

    Proofreaders have no permission to change the model: has_change_permission() is True for a row, but False without
    one, as actions ask. Put it after KeepsWords, which builds forms by super().
    """

    # Read-only for proofreaders. Every other field of the form is words.
    beside_words: tuple[str, ...] = ()

    def changes_words_only(self, request: Any) -> bool:
        codename = get_permission_codename("change", self.opts)
        may_change = request.user.has_perm(f"{self.opts.app_label}.{codename}")
        return not may_change and request.user.has_perm("issues.proofread_issue")

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) or (obj is not None and self.changes_words_only(request))

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return (*fields, *self.beside_words) if self.changes_words_only(request) else fields
