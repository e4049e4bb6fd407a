"""Candidates: pages that phones, scripts and feeds sent, for the editor to accept or decline."""

from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import HashIndex
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app

from collecting.models.devices import Device
from collecting.models.sources import Source
from fetching.addresses import host_of
from fetching.identity import canonicalize
from fetching.models import FetchedPage, fetching_lock
from fetching.tracking import without_tracking
from issues.models.articles import Article
from issues.recognition import find_authors_named, find_publication
from text.fields import BackstopConstraint, HttpAddressField, LineField

MAX_EXCERPT_LENGTH = 20_000  # Characters.
# Fields that a second capture of the same page fills in if they are empty.
_DETAILS = ("title", "author", "site_name", "page_canonical")


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def waiting(self) -> Self:
        """Candidates that nobody has decided on."""
        return self.filter(state=Candidate.State.NEW)

    def decline(self) -> int:
        """Decline the waiting candidates, and return how many. A declined candidate can still be taken later."""
        return self.waiting().update(state=Candidate.State.DECLINED)


class Candidate(models.Model):
    """A page that arrived. It is not edited: it becomes an article, or is declined."""

    class State(models.TextChoices):
        NEW = "new", "new"
        TAKEN = "taken", "taken"
        DECLINED = "declined", "declined"

    url = HttpAddressField("address", help_text="The address that arrived.")
    canonical_url = models.TextField(editable=False)
    page_canonical = HttpAddressField("address given by the page", blank=True)
    title = LineField(max_length=500, blank=True)
    author = LineField(max_length=500, blank=True, help_text="The names as the page gives them.")
    site_name = LineField("site", max_length=200, blank=True)
    excerpt = models.TextField("selected text", blank=True)
    device = models.ForeignKey(Device, models.SET_NULL, null=True, blank=True, related_name="candidates")
    source = models.ForeignKey(Source, models.SET_NULL, null=True, blank=True, related_name="candidates")
    arrived_at = models.DateTimeField(default=timezone.now, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.NEW)
    article = models.ForeignKey(Article, models.SET_NULL, null=True, blank=True, related_name="candidates")

    objects = CandidateQuerySet.as_manager()

    class Meta:
        ordering = ["-arrived_at", "-pk"]
        indexes = [
            HashIndex(fields=["canonical_url"], name="candidate_canonical_url"),
            models.Index(fields=["state", "-arrived_at"], name="candidate_state"),
        ]
        constraints = [
            # Instead of a unique constraint, because its index cannot hold the longest addresses.
            ExclusionConstraint(
                name="candidate_new_once",
                expressions=[("canonical_url", RangeOperators.EQUAL)],
                index_type="hash",
                condition=Q(state="new"),
            ),
            BackstopConstraint(condition=Q(url__regex=r"^https?://\S+$"), name="candidate_url_is_http"),
            BackstopConstraint(condition=Q(state__in=["new", "taken", "declined"]), name="candidate_state_known"),
            models.CheckConstraint(
                condition=Q(article__isnull=True) | Q(state="taken"), name="candidate_article_only_if_taken"
            ),
        ]

    def __str__(self):
        return self.title or self.url

    def save(self, **kwargs):
        self.canonical_url = canonicalize(self.url)
        super().save(**kwargs)

    @property
    def host(self) -> str:
        return host_of(self.url)

    @property
    def keys(self) -> set[str]:
        """The keys for earlier_runs(), made from the address and from the address given by the page."""
        return {self.canonical_url, canonicalize(self.page_canonical)} - {""}

    def absorb(self, other: "Candidate") -> bool:
        """Fill in empty fields from `other`, and append its selected text. Return whether anything changed.

        Text that this candidate has already, or that would make its text too long, is not appended. Saves nothing.
        """
        missing = [name for name in _DETAILS if getattr(other, name) and not getattr(self, name)]
        for name in missing:
            setattr(self, name, getattr(other, name))
        together = "\n\n".join(filter(None, [self.excerpt, other.excerpt]))
        if other.excerpt in self.excerpt or len(together) > MAX_EXCERPT_LENGTH:
            return bool(missing)
        self.excerpt = together
        return True

    def take(self, state: str = Article.State.SAVED) -> tuple[Article, bool]:
        """Make an article in the backlog, or fill in the one with this address. Return it, and whether it is new.

        An article that was placed in an issue meanwhile stays as it is. If its title is unknown, its page is read in
        the background. Takes about ten queries, and six more for the page.
        """
        with transaction.atomic():
            locked = Candidate.objects.select_for_update().get(pk=self.pk)
            known = locked._lock_article()
            article = known or Article(state=state)
            if not article.issue_id:
                locked._fill(article, state)
                article.save()
                if not article.authorships.exists():
                    article.credit(find_authors_named(locked.author))
                if not article.title:
                    _read_page(article.url)
            self.state, self.article = Candidate.State.TAKEN, article
            self.save(update_fields=["state", "article"])
        return article, known is None

    def learn(self, details: "Candidate") -> None:
        """Fill in empty fields from its page, here and in the article that it became. What was typed meanwhile stays.

        An article in an issue stays as it is: somebody may read it already.
        """
        with transaction.atomic():
            locked = Candidate.objects.select_for_update().get(pk=self.pk)
            if not locked.absorb(details):
                return
            locked.save(update_fields=_DETAILS)
            article = locked._lock_article() if locked.article_id else None
            if article and not article.issue_id:
                locked._fill(article, article.state)
                article.save(update_fields=["title", "publication", "notes"])
                if not article.authorships.exists():
                    article.credit(find_authors_named(locked.author))

    def reopen(self) -> bool:
        """Let a declined candidate wait again. Return False if it was not declined, or if its link waits already."""
        declined = Candidate.objects.filter(pk=self.pk, state=Candidate.State.DECLINED)
        try:
            with transaction.atomic():
                return bool(declined.update(state=Candidate.State.NEW))
        except IntegrityError:  # candidate_new_once: the same link arrived again.
            return False

    def _lock_article(self) -> Article | None:
        """Return the article that this candidate became or would fill in, with its row locked, or None."""
        if self.article_id:
            found = Article.objects.filter(pk=self.article_id)
        else:
            found = Article.objects.backlog().filter(canonical_url=self.canonical_url).order_by("pk")
        return found.select_for_update(of=("self",)).first()

    def _fill(self, article: Article, state: str) -> None:
        is_open = article.state in {Article.State.SAVED, Article.State.DECLINED}
        if is_open or state == Article.State.SHORTLISTED:
            article.state = state
        article.url = article.url or without_tracking(self.url)
        article.pasted_url = article.pasted_url or self.url
        article.title = article.title or self.title
        article.publication = article.publication or find_publication(host_of(article.url))
        for note in self._notes():
            if note not in article.notes:
                article.notes = "\n\n".join(filter(None, [article.notes, note]))

    def _notes(self) -> list[str]:
        """Return the selected text as a quote, and the credits as the page gives them, each if there is one."""
        credits = [("Author", self.author), ("Site", self.site_name)]
        lines = [f"{label} as given by the page: {value}" for label, value in credits if value]
        quote = "\n".join(f"> {line}".rstrip() for line in self.excerpt.splitlines())
        return [note for note in (quote, "\n".join(lines)) if note]


def _read_page(url: str) -> None:
    """Have the page read in the background, and then learn_from_page() run, which is named because it imports this."""
    FetchedPage.objects.request([url])
    # With the same lock as the request, so that it waits for the answer.
    app.configure_task("collecting.tasks.learn_from_page", lock=fetching_lock(url)).defer(url=url)
