"""The search form. Every field is optional."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Model
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from taggit.models import Tag

from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.models.publishing import IS_PUBLISHED
from issues.models.site_version import Version
from issues.search.finding import Filters
from issues.search.queries import normalize
from text.folding import fold
from text.lookups import fold_in_sql
from text.slugs import slug_of

# Characters. The longest title has fewer.
LONGEST_QUERY = 200
# In SQL, because Django would take 1 ms to build each of these queries.
_NAMED = f"""
    SELECT named.id, named.name FROM {{table}} AS named
    WHERE ({{called}}) AND EXISTS (
        SELECT FROM {{articles}} JOIN issues_issue ON issues_issue.id = issue_id
        WHERE {{column}} = named.id AND {IS_PUBLISHED}
    )
    ORDER BY named.name LIMIT 1
"""  # noqa: S608
_CALLED = "named.slug = ANY(%(slugs)s) OR lower(named.name) = lower(%(name)s)"
# Articles, and the column that names the row.
_BY_AUTHOR = ("issues_authorship JOIN issues_article ON issues_article.id = article_id", "author_id")
_BY_PUBLICATION = ("issues_article", "publication_id")
_BY_TAG = ("issues_tagging JOIN issues_article ON issues_article.id = content_object_id", "tag_id")
_FIRST_AND_LAST = f"SELECT min(publish_at), max(publish_at) FROM issues_issue WHERE {IS_PUBLISHED}"  # noqa: S608


class NamedField(forms.CharField):
    """A field for the name or slug of an author, a publication or a tag of a published article.

    Cleans to the row, or None if nothing was typed. `articles` are in SQL, with the column that names the row.
    """

    def __init__(self, model: type[Model], articles: tuple[str, str], refusal: str):
        super().__init__(max_length=220, required=False)
        self.model, self.articles, self.refusal = model, articles, refusal

    def clean(self, value: Any) -> Any:
        name = super().clean(value)
        if not name:
            return None
        slugs = [slug for slug in (name, slug_of(name)) if slug]
        table, (articles, column) = self.model._meta.db_table, self.articles
        for called in (_CALLED, f"{fold_in_sql('named.name', connection)} = %(folded)s"):
            sql = _NAMED.format(table=table, called=called, articles=articles, column=column)
            parameters = {"name": name, "slugs": slugs, "folded": fold(name), "now": timezone.now()}
            for row in self.model._default_manager.raw(sql, parameters):
                return row
        raise ValidationError(self.refusal, code="unknown_name", params={"name": name})


class SearchForm(forms.Form):
    """In cleaned_data, `q` is what the reader typed, and `query` its normalized form."""

    q = forms.CharField(
        max_length=LONGEST_QUERY,
        required=False,
        label="Search for",
        widget=forms.TextInput({"type": "search", "autocapitalize": "none"}),
        error_messages={
            "max_length": "Search for %(limit_value)d characters at the most: these are %(show_value)d.",
        },
    )
    year = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    section = forms.ChoiceField(required=False, choices=[("", "Any section"), *Article.Section.choices])
    author = NamedField(Author, _BY_AUTHOR, "Nobody called “%(name)s” is credited in an issue.")
    publication = NamedField(Publication, _BY_PUBLICATION, "Nothing published by “%(name)s” is in an issue.")
    tag = NamedField(Tag, _BY_TAG, "No article has the tag “%(name)s”.")
    sort = forms.ChoiceField(required=False, choices=[("", "Best first"), ("new", "Newest first")], label="Order")

    def __init__(self, query: Mapping[str, Any], years: range) -> None:
        """Read the parameters that this form has, and no others: what is read is in the key of a stored page."""
        self.asked = {name: str(query[name]) for name in [*self.base_fields, "page"] if name in query}
        # PostgreSQL refuses NUL, and nobody types it.
        self.parameters = {name: value.replace("\0", "") for name, value in self.asked.items()}
        super().__init__(self.parameters, label_suffix="")
        self.years = years
        choice = self.fields["year"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [("", "Any year"), *((year, str(year)) for year in self.years)]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        values["query"] = normalize(values.get("q", ""))
        for field in ("author", "publication", "tag"):
            if row := values.get(field):
                self.parameters[field] = row.name  # For display instead of the slug.
        return values

    @property
    def filters(self) -> Filters:
        return Filters(**{name: self.cleaned_data[name] for name in Filters._fields})

    @cached_property
    def active_filters(self) -> list[tuple[str, str, dict[str, None]]]:
        """Return the label and value of each active filter, and the parameters that a link drops to remove it."""
        names = {"section": dict(Article.Section.choices).get(self.cleaned_data["section"])}
        return [
            (str(self[name].label), str(names.get(name) or value), {name: None, "page": None})
            for name, value in self.filters._asdict().items()
            if value
        ]

    @property
    def without_filters(self) -> dict[str, None]:
        return dict.fromkeys([*Filters._fields, "page"])

    @property
    def filters_html(self) -> SafeString:
        """Return the fields other than `q`, kept from the last time: they take as long to print as ten results."""
        if settings.DEBUG or self.errors:
            return _print_filters(self)
        return _print_filters_with(tuple(self.parameters.get(name, "") for name in _FILTERS), self.years)

    @property
    def is_empty(self) -> bool:
        return not (self.cleaned_data["query"] or any(self.filters))


def years_to_choose(version: Version | None) -> range:
    """Return the years from the last published issue to the first, in TIME_ZONE.

    One query, or none if they are known under this version of the site.
    """
    return _years_under(version) if version else _years()


def _print_filters(form: SearchForm) -> SafeString:
    return render_to_string("issues/_search_filters.html", {"form": form})


# The fields other than `q`.
_FILTERS = [name for name in SearchForm.base_fields if name != "q"]


@lru_cache(maxsize=100)  # Of 3 kB each.
def _print_filters_with(values: tuple[str, ...], years: range) -> SafeString:
    form = SearchForm({}, years)
    form.is_bound = False  # The values are valid. A bound form would look for the names again.
    form.initial = dict(zip(_FILTERS, values, strict=True))
    return _print_filters(form)


@lru_cache(maxsize=1)
def _years_under(_version: Version) -> range:
    return _years()


def _years() -> range:
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_AND_LAST, {"now": timezone.now()})
        first, last = cursor.fetchone()
    return range(timezone.localtime(last).year, timezone.localtime(first).year - 1, -1) if first else range(0)
