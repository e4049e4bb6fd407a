"""The form of an issue, with its rows: the sponsor's message and the articles."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.urls import reverse_lazy
from django.utils import timezone

from desk.conflicts import SeenForm
from desk.widgets import DeskFields, DeskScript
from issues.admin.article_form import ArticleRowForm, ArticleRowFormSet
from issues.admin.fields import LoadedRowFormSet, NamedRowForm, NamedRows
from issues.admin.permissions import ProofreadsWords
from issues.admin.sponsors import PlacementForm
from issues.models.articles import Article
from issues.models.issues import Issue
from sponsors.models import Placement

# A publication time further away than this probably has a typo in the year.
FARTHEST = timedelta(days=40 * 366)


class IssueForm(SeenForm):
    counters = ("version", "notes_version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "notes" in self.fields:
            self.fields["notes"].widget.attrs["rows"] = 4
        if "number" in self.fields:
            # Read by issue-number.js.
            self.fields["number"].widget.attrs |= {
                "data-title": settings.ISSUE_TITLE,
                "data-slug": settings.ISSUE_SLUG,
            }

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not self.instance.pk:
            Issue.objects.lock_latest()
        publish_at = self.cleaned_data.get("publish_at", self.instance.publish_at)
        if "publish_at" in self.errors or "_publish" in self.data:
            return self.cleaned_data
        if "publish_at" not in self.fields:
            return self.cleaned_data  # The time of a published issue does not change.
        if publish_at and abs(publish_at - timezone.now()) > FARTHEST:
            self.add_error("publish_at", forms.ValidationError("Check the year.", code="year"))
        elif ("_approve" in self.data or self.instance.is_approved) and not publish_at:
            self.add_error("publish_at", forms.ValidationError("Enter a publication time.", code="required"))
        elif publish_at and publish_at <= timezone.now() and self._would_publish():
            sentence = "This time has passed. Enter a later one, or press “Publish now”."
            self.add_error("publish_at", forms.ValidationError(sentence, code="passed"))
        return self.cleaned_data

    def _would_publish(self) -> bool:
        return "_approve" in self.data or (self.instance.is_approved and "publish_at" in self.changed_data)


class PlacementInline(ProofreadsWords, NamedRows, admin.StackedInline):
    model = Placement
    form = PlacementForm
    formset = LoadedRowFormSet
    verbose_name = "sponsor’s message"
    verbose_name_plural = "sponsor’s message"
    template = "admin/issues/issue/placement_row.html"
    fields = ("sponsor", "message", "url", "state")
    beside_words = ("sponsor", "url", "state")
    max_num = 1

    class Media:
        js = (
            "desk/offers-below.js",
            DeskScript("desk/last-message.js", reverse_lazy("admin:sponsors_placement_last")),
        )

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("sponsor")


class ArticleInline(NamedRows, admin.StackedInline):
    model = Article
    form = ArticleRowForm
    formset = ArticleRowFormSet
    ordered_by = ("section", "order")
    template = "admin/issues/issue/article_rows.html"
    extra = 0
    can_delete = False  # A row goes back to the backlog instead, with its words.
    show_change_link = True
    view_on_site = False
    # issues/jinja2/issues/article_row.html names the same fields.
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "title",
                    "blurb",
                    ("author_list", "publication"),
                    ("tag_list", "url"),
                    ("byline", "disclosure"),
                    ("section", "order", "to_backlog"),
                )
            },
        ),
    )

    class Media:
        js = ("desk/article-rows.js", "desk/in-turn.js", "desk/drawer.js")

    def get_queryset(self, request):
        return super().get_queryset(request).with_credits()  # type: ignore[attr-defined]


class ArticleWordsInline(ProofreadsWords, DeskFields, admin.StackedInline):
    """Articles as proofreaders have them, and whoever may change nothing: title and blurb, and what they stand for."""

    model = Article
    form = NamedRowForm
    formset = LoadedRowFormSet
    template = "admin/issues/issue/article_rows.html"
    extra = 0
    can_delete = False
    view_on_site = False
    fields = ("title", "url", "blurb", "credits", "disclosure")
    readonly_fields = ("url", "credits", "disclosure")

    def get_queryset(self, request):
        return super().get_queryset(request).with_credits()  # type: ignore[attr-defined]

    def has_add_permission(self, request, obj=None):
        return False
