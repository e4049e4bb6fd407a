"""An issue as it stands in its form, checked and printed while the editor types. Nothing is saved."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.db.models import Model, QuerySet, prefetch_related_objects
from django.forms import MultiWidget
from django.http import Http404, HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import path
from django.utils.text import capfirst
from django.views.decorators.http import require_POST
from taggit.models import Tag

from desk.autosave import KeepsWords
from fetching.identity import canonicalize
from issues.admin.preflight import make_panel
from issues.admin.previews import FORMS, print_as
from issues.models.articles import Article, Tagging
from issues.models.credits import Authorship
from issues.models.issues import Issue
from issues.preflight import Finding, Level
from sponsors.models import Placement
from text.slugs import slug_of


class TypedIssue(NamedTuple):
    issue: Issue  # As with_contents() loads it. New rows have keys below 0.
    errors: list[Finding]  # What keeps the form from being saved.
    anchors: dict[str, str]  # By the start of a field's id as preflight gives it, the start that it has in the form.

    def at_home(self, finding: Finding) -> Finding:
        """Return the finding with the id that its field has in this form.

        Preflight counts rows in print order, but the form does not.
        """
        for start, own in self.anchors.items():
            if finding.anchor.startswith(start):
                return replace(finding, anchor=own + finding.anchor.removeprefix(start))
        return finding


class ChecksWhileTyping(KeepsWords):
    """Admin class that answers the requests of beside.js."""

    def get_urls(self):
        view = self.admin_site.admin_view(require_POST(self.typed_view))
        return [path("<int:pk>/typed/", view, name="issues_issue_typed"), *super().get_urls()]

    def typed_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Answer {"preflight", "preview"} as HTML for the posted form.

        `as` in the query string names the form of the preview, which is empty without it; `confirm` is for the panel.
        """
        issue = self.get_object(request, str(pk))
        if not self.has_change_permission(request, issue):
            raise PermissionDenied
        if issue is None:
            raise Http404
        typed = self._read_typed(request, issue)
        panel = make_panel(typed.issue, request.user, request.GET.get("confirm", ""), typed.errors, typed.at_home)
        shown = request.GET.get("as")
        context = {"preflight": panel, "has_change_permission": True}
        return JsonResponse(
            {
                "preflight": render_to_string("admin/issues/issue/preflight.html", context, request),
                "preview": print_as(shown, typed.issue, request) if shown in FORMS else "",
            }
        )

    def _read_typed(self, request: HttpRequest, saved: Issue) -> TypedIssue:
        """Build the issue from the posted form. Rows that this user may not change are as saved."""
        form: Any
        form, formsets = self._build(request, saved, request.POST)
        form.is_to_be_saved = False
        _undo_errors(form)
        posted = [formset for formset, inline in formsets if inline.has_change_permission(request, saved)]
        rows: dict[str, list[Any]] = {}
        for formset in posted:
            formset.full_clean()
            rows[str(formset.prefix)] = _articles_of(formset) if formset.model is Article else _placements_of(formset)
        issue = form.instance
        _load(issue, rows)
        anchors = {
            f"id_{prefix}-{index}-": f"id_{part.prefix}-"
            for prefix, parts in rows.items()
            for index, part in enumerate(parts)
        }
        return TypedIssue(issue, [*_errors_of(form), *_errors_in(posted)], anchors)


def _articles_of(formset: Any) -> list[Any]:
    """Return the rows of articles in print order. Their articles have what is printed of them."""
    rows = [part for part in formset.forms if _is_kept(part) and not part.cleaned_data.get("to_backlog")]
    for index, part in enumerate(rows):
        _fill_article(part, part.instance.pk or -1 - index)
    places = {part: part.cleaned_data.get("order") for part in rows}
    rows.sort(key=lambda part: (part.instance.section, places[part] is None, places[part]))
    return rows


def _fill_article(part: Any, key: int) -> None:
    article = part.instance
    article.pk = key
    _undo_errors(part)
    article.canonical_url = canonicalize(article.url)
    authors = part.cleaned_data.get("author_list", article.credited_authors if article.pk > 0 else [])
    tags = part.cleaned_data.get("tag_list", [])
    article._prefetched_objects_cache = {
        "authorships": _loaded(Authorship, [Authorship(article=article, author=author) for author in authors]),
        "taggings": _loaded(Tagging, [Tagging(content_object=article, tag=_tag(name)) for name in tags]),
    }


def _undo_errors(form: Any) -> None:
    """Give texts that have errors their saved values again: what is too long, or no address, should not be printed."""
    for name, problems in form.errors.as_data().items():
        if isinstance(getattr(form.instance, name, None), str):
            is_empty = any(problem.code == "required" for problem in problems)
            setattr(form.instance, name, "" if is_empty else form.initial.get(name) or "")


def _tag(name: str) -> Tag:
    return Tag(name=name, slug=slug_of(name))


def _placements_of(formset: Any) -> list[Any]:
    rows = [part for part in formset.forms if _is_kept(part)]
    rows = [part for part in rows if part.instance.sponsor_id or part.cleaned_data.get("sponsor")]
    for part in rows:
        _undo_errors(part)
        part.instance.pk = part.instance.pk or -1
    return rows


def _is_kept(part: Any) -> bool:
    """Return whether the row is saved or new, and neither empty nor marked for deletion."""
    return bool(part.instance.pk or part.has_changed()) and not part.cleaned_data.get("DELETE")


def _load(issue: Issue, rows: dict[str, list[Any]]) -> None:
    """Give the issue its contents, as with_contents() does. One query, and more for rows that are not posted."""
    if {"articles", "placements"} <= rows.keys():
        issue._prefetched_objects_cache = {}
        prefetch_related_objects([issue], "corrections")
    else:
        issue.load_contents()
    for prefix, parts in rows.items():
        model = Article if prefix == "articles" else Placement
        issue._prefetched_objects_cache[prefix] = _loaded(model, [part.instance for part in parts])


def _loaded(model: type[Model], rows: list[Any]) -> QuerySet[Any]:
    """Return a queryset that holds these rows, as Django makes one for prefetch_related()."""
    queryset = model._default_manager.all()
    queryset._result_cache = rows
    queryset._prefetch_done = True  # type: ignore[attr-defined]
    return queryset


def _errors_in(formsets: Iterable[Any]) -> Iterator[Finding]:
    for formset in formsets:
        for sentence in formset.non_form_errors():
            yield Finding(Level.STOP, "form", str(sentence), f"{formset.prefix}-group")
        for part in formset.forms:
            yield from _errors_of(part, part.instance if isinstance(part.instance, Article) else None)


def _errors_of(form: Any, article: Article | None = None) -> Iterator[Finding]:
    """Return what keeps a form from being saved. Hidden fields are left out: the editor can do nothing about them."""
    visible = form.visible_fields()
    for name, problems in form.errors.as_data().items():
        field = visible[0] if name == NON_FIELD_ERRORS else form[name]
        if field.is_hidden:
            continue
        label = "" if name == NON_FIELD_ERRORS else f"{capfirst(field.label)}: "
        # Only the parts of a day and its time have ids.
        anchor = f"{field.auto_id}_0" if isinstance(field.field.widget, MultiWidget) else field.auto_id
        for problem in problems:
            for sentence in problem.messages:
                yield Finding(Level.STOP, problem.code or "invalid", f"{label}{sentence}", anchor, article)
