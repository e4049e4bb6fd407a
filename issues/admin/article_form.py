"""The form of an article, on a page of its own and as a row of an issue's form."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.functional import cached_property, lazy

from desk.widgets import DeskScript
from issues.admin.fields import LoadedRowFormSet, NamedRowForm
from issues.admin.names import NameField, NamesField, TagsField
from issues.admin.printed import IssuePartForm
from issues.models.articles import Article
from issues.models.credits import Author, Publication
from issues.runs import describe_run, earlier_runs


class ArticleForm(NamedRowForm):
    # Two names differ from the model's fields, which Django would load with a query for each row.
    author_list = NamesField(Author, label="Authors", required=False)
    publication = NameField(Publication, required=False)
    tag_list = TagsField()

    class Media:
        css = {"all": ("desk/backlog.css",)}
        js = (
            "desk/offers-below.js",
            DeskScript("desk/offers.js", reverse_lazy("admin:issues_article_offer")),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        article = self.instance
        if "url" in self.fields:
            # Read by offers.js.
            self.fields["url"].widget.attrs["data-article"] = article.pk or ""
        self.show_names("author_list", article.credited_authors if article.pk else ())
        self.show_names("publication", [article.publication] if article.publication else ())
        self.show_names("tag_list", article.printed_tags if article.pk else ())

    def save(self, commit=True):
        self.instance.publication = self.save_named(self.instance.publication)
        return super().save(commit)

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        if "author_list" in self.changed_data:
            self.instance.credit(list(map(self.save_named, self.cleaned_data["author_list"])))
        if "tag_list" in self.changed_data:
            self.instance.tags.set(self.cleaned_data["tag_list"])


class ArticlePageForm(IssuePartForm, ArticleForm):
    """The form of an article on a page of its own."""


class ArticleRowForm(ArticleForm):
    """The form of an article as a row of an issue's form."""

    # In place of help texts, which take 20 kB in 40 rows.
    LABELS = {
        "blurb": "Blurb",
        "byline": "Byline in place of credits",
        "disclosure": "Disclosure below the byline",
    }
    template_name = "issues/article_row.html"

    order = forms.IntegerField(required=False, label="Place in its section")
    to_backlog = forms.BooleanField(required=False, label="Send back to the backlog")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["order"] = self.instance.position
        for name in self.LABELS.keys() & self.fields.keys():
            self.fields[name].label, self.fields[name].help_text = self.LABELS[name], ""

    def get_context(self) -> dict[str, Any]:
        """Return what the template needs. Django's also has lists of the fields and of their errors."""
        return {"form": self}

    def has_changed(self) -> bool:
        """Return False for a row that was added and left empty, wherever it was moved."""
        if self.instance.pk:
            return super().has_changed()
        return bool(set(self.changed_data) - {"order", "section", "to_backlog"})

    def clean(self) -> dict[str, Any]:
        super().clean()
        publication = self.cleaned_data.get("publication")
        if "publication" in self.changed_data and publication and not self.cleaned_data.get("disclosure"):
            self.cleaned_data["disclosure"] = publication.disclosure
        return self.cleaned_data


class ArticleRowFormSet(LoadedRowFormSet):
    """Articles of an issue in print order. The `order` of the rows gives positions, from 1 in each section."""

    @cached_property
    def earlier_runs(self) -> dict[str, list[Article]]:
        """The earlier runs of the links in saved rows, by canonical URL. One query."""
        return earlier_runs(article.canonical_url for article in self.get_queryset())

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if form.instance.pk:
            # Computed when the row is shown, not when it is saved.
            form.fields["url"].help_text = _describe_runs(self, form.instance)
        # An article that readers have seen is corrected, not removed.
        form.fields["to_backlog"].disabled = self.instance.is_published

    def save(self, commit=True):
        rows = [form for form in self.forms if form.instance.pk or form.has_changed()]
        for form in rows:
            if form.cleaned_data.get("to_backlog"):
                form.instance.leave_issue()
        placed = [form for form in rows if not form.cleaned_data.get("to_backlog")]
        placed.sort(key=lambda form: (form.cleaned_data.get("order") is None, form.cleaned_data.get("order")))
        for section in Article.Section.values:
            in_section = [form for form in placed if form.instance.section == section]
            for position, form in enumerate(in_section, 1):
                form.instance.position = position
        saved = super().save(commit)
        moved = [form.instance for form in placed if form.instance.position != form.initial["order"]]
        # Rows that were not edited, but have another position now.
        Article.objects.bulk_update([article for article in moved if article not in saved], ["position"])
        return saved

    def save_new(self, form, commit=True):
        if form.cleaned_data.get("to_backlog"):
            return form.save(commit)
        return super().save_new(form, commit)


def _runs_sentence(rows: ArticleRowFormSet, article: Article) -> str:
    """Return a sentence for each earlier run of the link, when it is shown."""
    runs = rows.earlier_runs.get(article.canonical_url, [])
    return " ".join(f"{describe_run(run)}." for run in runs if run.pk != article.pk)


# Made once: each call of lazy() builds a class.
_describe_runs = lazy(_runs_sentence, str)
