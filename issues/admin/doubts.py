"""The page “Credits to look at”: each doubtful credit is settled with a key or a button, many at once."""

from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse

from desk.posted import is_number
from issues.admin.settling import DECISIONS, KINDS, Settled, Settling, read_key
from issues.doubts import SAMPLES, DoubtfulByline, DoubtfulKind, DoubtfulPair, Doubts, Facts, Sample, find_doubts
from issues.models.settled import SettledCredit
from issues.recognition import count_articles

# Rows of each section that the page shows. The others follow when these are settled.
SHOWN = 50
# Rows that are settled at once, and refusals that the answer gives in full.
AT_ONCE, SHOWN_REFUSALS = 5 * SHOWN, 2
SHOWN_DECISIONS = 200
NEEDED = (
    *(f"issues.{act}_{kind}" for kind in ("author", "publication") for act in ("add", "change", "delete")),
    *("issues.change_article", "issues.publish_issue"),
)


class Name(NamedTuple):
    name: str
    address: str
    detail: str


class Row(NamedTuple):
    """One doubt, as the page prints it."""

    key: str
    names: list[Name]
    reasons: list[str]
    samples: list[Sample]
    yes: str  # What the button says that does what is offered; empty if nothing can be offered.
    no: str

    @property
    def title(self) -> str:
        return " · ".join(name.name for name in self.names)


class Section(NamedTuple):
    kind: str
    title: str
    question: str
    rows: list[Row]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


class CreditDoubts(admin.ModelAdmin):
    """Admin class of authors that adds the page."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.doubts_view)
        return [path("doubts/", view, name="issues_author_doubts"), *super().get_urls()]

    def doubts_view(self, request: HttpRequest) -> HttpResponse:
        """Show what to look at (GET), or settle it (POST).

        The name of the button is the decision, its value the key of its row; without a value, all rows that are
        checked count. Merging is confirmed first. A script that accepts only JSON gets {"sentence", "rows"}.

        `article` limits the page to the bylines of these articles, all selected.
        """
        if not may_settle(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._settle(request)
        doubts, articles = find_doubts(), {int(key) for key in request.GET.getlist("article") if is_number(key)}
        sections = [_bylines(doubts, articles)] if articles else [_bylines(doubts), *_others(doubts)]
        context = {
            **self.admin_site.each_context(request),
            "title": "Credits to look at",
            "opts": self.opts,
            "sections": [section for section in sections if section.rows],
            "count": sum(section.total for section in sections),
            "is_chosen": bool(articles),
            "settled": [] if articles else list(SettledCredit.objects.all()[:SHOWN_DECISIONS]),
        }
        return TemplateResponse(request, "admin/issues/credits.html", context)

    def _settle(self, request: HttpRequest) -> HttpResponse:
        decision = next((name for name in DECISIONS if name in request.POST), "")
        keys = [key for key in request.POST.getlist(decision) if key] or request.POST.getlist("row")
        found = list(dict.fromkeys(filter(None, map(read_key, keys[:AT_ONCE]))))
        settling = Settling(request, self.admin_site)
        pairs = [key for key in found if decision == "yes" and KINDS[key.kind].is_pair and "sure" not in request.POST]
        settled = settling.settle([key for key in found if key not in pairs], decision) if decision else []
        for about_draft in settling.sentences:
            self.message_user(request, about_draft, messages.WARNING)
        found_pairs = settling.load_pairs(pairs)
        sentence = _describe(settled, is_selected=bool(keys)) if settled or not found_pairs else ""
        if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
            rows = [{"row": one.key, "now": one.now, "done": one.is_done} for one in settled]
            return JsonResponse({"sentence": sentence, "rows": rows})
        if sentence:
            is_good = settled and all(one.is_done for one in settled)
            self.message_user(request, sentence, messages.SUCCESS if is_good else messages.WARNING)
        if found_pairs:
            return self._confirm(request, found_pairs)
        return HttpResponseRedirect(request.get_full_path())

    def _confirm(self, request: HttpRequest, pairs: list[tuple[str, list[Any]]]) -> HttpResponse:
        """Show which rows would be merged, and let the editor choose which to keep."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Merge these?",
            "opts": self.opts,
            "pairs": pairs,
        }
        return TemplateResponse(request, "admin/issues/credits_merge.html", context)


class CreditsFromBylines(admin.ModelAdmin):
    """Admin class of articles that adds the action on bylines."""

    def has_credit_permission(self, request: HttpRequest) -> bool:
        return may_settle(request)

    @admin.action(description="Credit whom the bylines name…", permissions=["credit"])
    def credit_bylines(self, request, queryset):
        keys = list(queryset.filter(publication=None).exclude(byline="").values_list("pk", flat=True)[:AT_ONCE])
        if not keys:
            self.message_user(request, "None of these has a byline that credits nobody.", messages.WARNING)
            return None
        query = {"article": keys}
        return HttpResponseRedirect(reverse("admin:issues_author_doubts", query=query))


def may_settle(request: HttpRequest) -> bool:
    """Return whether the user may settle everything on the page: it changes credits of published issues."""
    return request.user.has_perms(NEEDED)


def _describe(settled: list[Settled], *, is_selected: bool) -> str:
    """Return what was done, and what was not and why, in sentences."""
    done = [one.sentence for one in settled if one.is_done]
    refused = [one.sentence for one in settled if not one.is_done]
    told = done if len(done) < 2 else [f"{len(done)} are settled."]
    more = [f"{len(refused) - SHOWN_REFUSALS} more for such reasons."] if len(refused) > SHOWN_REFUSALS else []
    nothing = "They are gone: somebody settled them meanwhile." if is_selected else "Nothing was selected."
    return " ".join([*told, *refused[:SHOWN_REFUSALS], *more]) or nothing


def _bylines(doubts: Doubts, articles: set[int] | None = None) -> Section:
    found = [one for one in doubts.bylines if not articles or articles & {sample.pk for sample in one.articles}]
    question = (
        "They are printed, but the articles are on nobody’s page. A byline is printed as before when it is credited."
    )
    return Section("bylines", "Bylines that credit nobody", question, [*map(_byline_row, found[:SHOWN])], len(found))


def _others(doubts: Doubts) -> list[Section]:
    given: list[tuple[str, str, str, list[Any], Any]] = [
        ("authors", "Organisations among the people", "Is it a publication?", doubts.authors, _kind_row),
        ("publications", "People among the publications", "Is it an author?", doubts.publications, _kind_row),
        ("author-pairs", "Authors that may be one", "Are they one?", doubts.author_pairs, _pair_row),
        ("publication-pairs", "Publications that may be one", "Are they one?", doubts.publication_pairs, _pair_row),
    ]
    return [
        Section(kind, title, question, [make(one) for one in found[:SHOWN]], len(found))
        for kind, title, question, found, make in given
    ]


def _byline_row(byline: DoubtfulByline) -> Row:
    named = " — ".join(filter(None, [", ".join(byline.people), byline.publication]))
    told = f"seems to name {named}" if named else "whom it names cannot be told: open the article"
    reasons = [count_articles(len(byline.articles)), told]
    address = reverse("admin:issues_article_change", args=[byline.articles[0].pk])
    names = [Name(byline.text, address, "")]
    yes = "Credit them" if named else ""
    return Row(f"byline-{byline.articles[0].pk}", names, reasons, byline.articles[:SAMPLES], yes, "It names nobody")


def _kind_row(doubt: DoubtfulKind) -> Row:
    name, kind = _name(doubt.facts), _kind(doubt.facts)
    yes = "Make it a publication" if kind == "author" else "Make it an author"
    samples = doubt.facts.articles[:SAMPLES]
    return Row(f"{kind}-{doubt.facts.row.pk}", [name], doubt.reasons, samples, yes, "Right as it is")


def _pair_row(pair: DoubtfulPair) -> Row:
    names, kind = [_name(pair.one), _name(pair.other)], _kind(pair.one)
    key = f"{kind}s-{pair.one.row.pk}-{pair.other.row.pk}"
    samples = [*pair.one.articles[:1], *pair.other.articles[:1]]
    return Row(key, names, [pair.reason], samples, "Merge…", "They are two")


def _name(facts: Facts) -> Name:
    address = reverse(f"admin:issues_{_kind(facts)}_change", args=[facts.row.pk])
    return Name(facts.name, address, count_articles(len(facts.articles)))


def _kind(facts: Facts) -> str:
    return str(facts.row._meta.model_name)
