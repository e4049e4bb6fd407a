"""Filters of the list of articles, which shows the backlog by default."""

from django.contrib import admin
from django.db.models import Count
from django.utils import timezone

from issues.models.articles import Article
from issues.models.credits import Author, Authorship, Publication

# Names that a filter offers: those with the most articles. The search finds the others.
MOST = 30


class DefaultFilter(admin.SimpleListFilter):
    """Filter with a first choice, the default, in place of “All”."""

    default = ""

    def choices(self, changelist):
        query = changelist.get_query_string(remove=[self.parameter_name])
        yield {"selected": self.value() is None, "query_string": query, "display": self.default}
        yield from list(super().choices(changelist))[1:]


class PlaceFilter(DefaultFilter):
    title = "place"
    parameter_name = "place"
    default = "the backlog"

    def lookups(self, request, model_admin):
        return [("issue", "in an issue"), ("all", "everything")]

    def queryset(self, request, queryset):
        match self.value():
            case "issue":
                return queryset.exclude(issue=None)
            case "all":
                return queryset
        return queryset.backlog()


class StateFilter(DefaultFilter):
    title = "state"
    parameter_name = "state"
    default = "all but declined"

    def lookups(self, request, model_admin):
        return [*Article.State.choices, ("all", "all")]

    def queryset(self, request, queryset):
        if self.value() in Article.State.values:
            return queryset.filter(state=self.value())
        if self.value() == "all":
            return queryset
        # An article that was declined once and placed later is shown.
        return queryset.exclude(issue=None, state=Article.State.DECLINED)


class HoldFilter(admin.SimpleListFilter):
    title = "what holds it back"
    parameter_name = "hold"

    def lookups(self, request, model_admin):
        return [("wait", "waits for its day"), ("come", "its day has come"), ("one", "at most one in each issue")]

    def queryset(self, request, queryset):
        today = timezone.localdate()
        match self.value():
            case "wait":
                return queryset.filter(not_before__gt=today)
            case "come":
                return queryset.filter(not_before__lte=today)
            case "one":
                return queryset.exclude(hold_one_per="")
        return queryset


class SlugFilter(admin.SimpleListFilter):
    """Filter that accepts any slug, even one that it does not offer."""

    lookup = ""

    def queryset(self, request, queryset):
        slug = (self.value() or "").replace("\0", "")  # PostgreSQL refuses the null character.
        return queryset.filter(**{f"{self.lookup}__slug": slug}) if slug else queryset


class TagFilter(SlugFilter):
    title = parameter_name = "tag"
    lookup = "tags"

    def lookups(self, request, model_admin):
        return [(tag.slug, tag.name) for tag in Article.tags.most_common()[:MOST]]


class CreditFilter(SlugFilter):
    """Filter that offers authors or publications with articles in the backlog."""

    model: type[Author] | type[Publication]

    def lookups(self, request, model_admin):
        waiting = self.model.objects.filter(articles__in=Article.objects.backlog())
        rows = waiting.annotate(count=Count("articles")).order_by("-count", "name")
        return [(row.slug, row.name) for row in rows[:MOST]]


class AuthorFilter(CreditFilter):
    title = parameter_name = "author"
    model = Author
    lookup = "authors"


class PublicationFilter(CreditFilter):
    title = parameter_name = "publication"
    model = Publication
    lookup = "publication"


class CreditsFilter(admin.SimpleListFilter):
    """Filter for articles that are on nobody's page."""

    title = parameter_name = "credits"

    def lookups(self, request, model_admin):
        return [("byline", "a byline that credits nobody"), ("none", "no credits at all")]

    def queryset(self, request, queryset):
        uncredited = queryset.filter(publication=None).exclude(pk__in=Authorship.objects.values("article"))
        match self.value():
            case "byline":
                return uncredited.exclude(byline="")
            case "none":
                return uncredited.filter(byline="")
        return queryset
