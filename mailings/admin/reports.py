"""What came back at the desk: which domains bounce, put off or complain, and why. There is no address on the page."""

from datetime import UTC, datetime, timedelta

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models.options import Options
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from desk.posted import is_number
from mailings.models.mailings import Mailing
from mailings.permissions import may_see_mailings
from mailings.returns import load_returns

# Weeks, by their name in the address. 0: since the first mailing.
SPANS = {"4": 4, "12": 12, "52": 52, "all": 0}
# Mailings that the page offers.
MOST_MAILINGS = 20


def reports_page(request: HttpRequest, site: AdminSite, opts: Options) -> HttpResponse:
    """Show what came back of one mailing, or in the last weeks. Four queries at most.

    It shows no more than the pages of mailings do, to whoever may see them.
    """
    if not may_see_mailings(request.user):
        raise PermissionDenied
    span = request.GET.get("weeks", "")
    span = span if span in SPANS else "4"
    prepared = Mailing.objects.without_words().exclude(prepared_at=None).select_related("issue")
    mailing = _chosen(request, prepared)
    weeks = 0 if mailing else SPANS[span]
    since = timezone.now() - timedelta(weeks=weeks) if weeks else datetime(1970, 1, 1, tzinfo=UTC)
    context = {
        **site.each_context(request),
        "title": "What came back",
        "opts": opts,
        "mailing": mailing,
        "mailings": prepared[:MOST_MAILINGS],
        "spans": SPANS,
        "span": span,
        "returns": load_returns(mailing, since),
        "may_see": request.user.has_perm("mailings.view_subscriber"),
    }
    return TemplateResponse(request, "admin/mailings/mailing/reports.html", context)


def _chosen(request: HttpRequest, prepared) -> Mailing | None:
    """Return the mailing that the URL names, or None for all mailings."""
    key = request.GET.get("mailing", "")
    if not key:
        return None
    mailing = prepared.filter(pk=int(key)).first() if is_number(key) else None
    if mailing is None:
        raise Http404("There is no such mailing.")
    return mailing
