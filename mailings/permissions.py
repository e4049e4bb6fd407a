"""Who may see mailings."""

from django.contrib.auth.models import AnonymousUser, User


def may_see_mailings(user: User | AnonymousUser) -> bool:
    return user.has_perm("mailings.view_mailing") or user.has_perm("mailings.send_mailing")
