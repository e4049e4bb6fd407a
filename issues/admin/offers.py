"""Suggestions for the article that is being edited, from its address and its page. Each button fills a field."""

from dataclasses import asdict
from datetime import timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils.formats import date_format
from django.views.decorators.http import require_GET, require_POST

from fetching.identity import canonicalize
from fetching.models import FetchedPage
from issues.admin.names import names_view
from issues.recognition import offers_for
from issues.runs import describe_run, earlier_runs
from text.validators import validate_http_address

# A second request within this time does not fetch the page again.
READ_AGAIN_AFTER = timedelta(minutes=1)


class ArticleOffers(admin.ModelAdmin):
    """Admin class that answers the requests of offers.js."""

    def get_urls(self):
        wrap = self.admin_site.admin_view
        return [
            path("offer/", wrap(require_GET(self.offer_view)), name="issues_article_offer"),
            path("offer/read/", wrap(require_POST(self.read_view)), name="issues_article_read"),
            path("names/", wrap(names_view), name="issues_article_names"),
            *super().get_urls(),
        ]

    def offer_view(self, request):
        """Answer {"offers", "sentences", "is_waiting"} for `url`. `article` is the key of the edited one, if saved."""
        self._check(request)
        return _answer(request.GET.get("url", ""), request.GET.get("article", ""))

    def read_view(self, request):
        """Have the page at `url` fetched in the background. Answers as offer_view(), which the script then polls."""
        self._check(request)
        url = request.POST.get("url", "")
        try:
            validate_http_address(url)
        except ValidationError as error:
            return JsonResponse({"offers": [], "sentences": error.messages, "is_waiting": False})
        FetchedPage.objects.request([url], older_than=READ_AGAIN_AFTER)
        return _answer(url, request.POST.get("article", ""))

    def _check(self, request: HttpRequest) -> None:
        """Allow users who may add or change articles."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied


def _answer(url: str, article: str) -> JsonResponse:
    url = url.replace("\0", "").strip()
    page = FetchedPage.objects.for_urls([url]).get(url)
    key = canonicalize(url)
    runs = earlier_runs([key]).get(key, [])
    sentences = [f"{describe_run(run)}: “{run}”." for run in runs if str(run.pk) != article]
    is_waiting = bool(page and page.requested_at and page.is_waiting)
    if page and not is_waiting:
        if page.sentence:
            sentences.append(page.sentence)
        if page.published_on:
            sentences.append(f"The page says that it was published on {date_format(page.published_on)}.")
    offers = [asdict(offer) for offer in offers_for(url, page)]
    return JsonResponse({"offers": offers, "sentences": sentences, "is_waiting": is_waiting})
