"""What the list of articles shows: the backlog, unless something else is asked for."""

from django.contrib import admin
from django.db.models import Count
from django.utils import timezone

from issues.models.articles import Article
from issues.models.credits import Author, Publication

# Of those with the most articles in the backlog; the search finds the others.
MOST = 30


class DefaultFilter(admin.SimpleListFilter):
    """Its first choice is what is shown where nothing was chosen, instead of “All”."""

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
        return Article.State.choices

    def queryset(self, request, queryset):
        if self.value() in Article.State.values:
            return queryset.filter(state=self.value())
        # What was declined once and is printed all the same is no longer declined.
        return queryset.exclude(issue=None, state=Article.State.DECLINED)


class HoldFilter(admin.SimpleListFilter):
    title = "not before"
    parameter_name = "hold"

    def lookups(self, request, model_admin):
        return [("wait", "its day is still to come"), ("come", "its day has come"), ("one", "at most one an issue")]

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
    """Takes any slug, whether it is among those that are offered or not."""

    lookup = ""

    def queryset(self, request, queryset):
        slug = (self.value() or "").replace("\0", "")  # Which PostgreSQL refuses.
        return queryset.filter(**{f"{self.lookup}__slug": slug}) if slug else queryset


class TagFilter(SlugFilter):
    title = parameter_name = "tag"
    lookup = "tags"

    def lookups(self, request, model_admin):
        return [(tag.slug, tag.name) for tag in Article.tags.most_common()[:MOST]]


class CreditFilter(SlugFilter):
    """Offers those who have articles in the backlog."""

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
