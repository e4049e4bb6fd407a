"""What has arrived and nobody decided on yet, and the devices that may send it."""

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import HashIndex
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from issues.links import canonicalize, host_of, without_tracking
from issues.models.contents import Article
from issues.models.credits import Author, Publication
from issues.models.sources import Source
from sreweekly.fields import HttpAddressField, LineField

# last_used_at is only to tell a lost device from one in use: it need not cost a write for each link.
USE_IS_NOTED_EVERY = timedelta(hours=1)
# Characters of selected text that are kept of one page.
MAX_EXCERPT_LENGTH = 20_000
# What a second capture of the same page may fill in.
_WORDS = ("title", "author", "site_name", "page_canonical")


class DeviceQuerySet(models.QuerySet["Device"]):
    def active(self) -> Self:
        return self.filter(revoked_at=None, user__is_active=True, user__is_staff=True)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        return self if user.is_superuser else self.filter(user__pk=user.pk)

    def holding(self, token: str, kind: str) -> "Device | None":
        """Of active(): the one with that token, and its user. One query, which compares hashes."""
        return self.active().select_related("user").filter(token_hash=hash_token(token), kind=kind).first()


class Device(models.Model):
    """What holds a token. The token itself is nowhere here, and a new one is made in place of a lost one."""

    class Kind(models.TextChoices):
        # A phone or a script: may add candidates at /capture/, and nothing else.
        TOKEN = "token", "token"
        # Says that its user's browser meant to save, where that user is signed in. Worth nothing alone.
        BOOKMARKLET = "bookmarklet", "bookmarklet"

    name = LineField(max_length=100, help_text="Such as “Phone”, to know later which one to revoke.")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.TOKEN)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="devices")
    token_hash = models.CharField(max_length=64, editable=False, help_text="SHA-256, in hexadecimal.")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], name="device_token_unique"),
            models.CheckConstraint(condition=Q(kind__in=["token", "bookmarklet"]), name="device_kind_known"),
        ]

    def __str__(self):
        return self.name

    @classmethod
    def register(cls, user: User, name: str, kind: str) -> "tuple[Device, str]":
        """The device and its token, 32 random bytes in base64, which can never be read again."""
        token = secrets.token_urlsafe(32)
        return cls.objects.create(user=user, name=name, kind=kind, token_hash=hash_token(token)), token

    def revoke(self) -> None:
        """At once: the next request with its token is refused."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])

    def note_use(self) -> None:
        """One query, at most once an hour."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > USE_IS_NOTED_EVERY:
            Device.objects.filter(pk=self.pk).update(last_used_at=now)


class CandidateQuerySet(models.QuerySet["Candidate"]):
    def waiting(self) -> Self:
        """Those that nobody decided on."""
        return self.filter(state=Candidate.State.NEW)

    def decline(self) -> int:
        """Of waiting(): decline them, and return how many there were. They stay, to be taken after all."""
        return self.waiting().update(state=Candidate.State.DECLINED)


class Candidate(models.Model):
    """A page that arrived. Not edited by hand: it becomes an article, or is declined."""

    class State(models.TextChoices):
        NEW = "new", "new"
        TAKEN = "taken", "taken"
        DECLINED = "declined", "declined"

    url = HttpAddressField("address", help_text="As it arrived.")
    canonical_url = models.TextField(editable=False)
    page_canonical = HttpAddressField("address given by the page", blank=True)
    title = LineField(max_length=500, blank=True)
    author = LineField(max_length=500, blank=True, help_text="As printed there.")
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
            # No unique constraint, whose index cannot hold the longest addresses.
            ExclusionConstraint(
                name="candidate_new_once",
                expressions=[("canonical_url", RangeOperators.EQUAL)],
                index_type="hash",
                condition=Q(state="new"),
            ),
            models.CheckConstraint(condition=Q(url__regex=r"^https?://\S+$"), name="candidate_url_is_http"),
            models.CheckConstraint(condition=Q(state__in=["new", "taken", "declined"]), name="candidate_state_known"),
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
        """By which it may have run before: its address's and the one that the page gives itself."""
        return {self.canonical_url, canonicalize(self.page_canonical)} - {""}

    def absorb(self, other: "Candidate") -> bool:
        """Take over what is missing here; whether anything was. Selected text is added below. Not saved."""
        missing = [name for name in _WORDS if getattr(other, name) and not getattr(self, name)]
        for name in missing:
            setattr(self, name, getattr(other, name))
        together = "\n\n".join(filter(None, [self.excerpt, other.excerpt]))
        if other.excerpt in self.excerpt or len(together) > MAX_EXCERPT_LENGTH:
            return bool(missing)
        self.excerpt = together
        return True

    def take(self, user: User, state: str = Article.State.SAVED) -> Article:
        """Become an article of the backlog, or add words to the one that is there with the same key.

        Articles are made by a person alone, who stands in their history. About ten queries.
        """
        with transaction.atomic():
            locked = Candidate.objects.select_for_update().get(pk=self.pk)
            article = locked.article or self._article_in_backlog() or Article(state=state)
            if not article.issue_id:
                self._fill(article, state)
                article._history_user = user  # type: ignore[attr-defined]  # simple_history reads it.
                article.save()
                if not article.authorships.exists():
                    article.credit(find_authors(self.author))
            self.state, self.article = Candidate.State.TAKEN, article
            self.save(update_fields=["state", "article"])
        return article

    def _article_in_backlog(self) -> Article | None:
        found = Article.objects.backlog().filter(canonical_url=self.canonical_url)
        return found.select_for_update(of=("self",)).order_by("pk").first()

    def _fill(self, article: Article, state: str) -> None:
        if article.state == Article.State.DECLINED or state == Article.State.SHORTLISTED:
            article.state = state
        article.url = article.url or without_tracking(self.url)
        article.pasted_url = article.pasted_url or self.url
        article.title = article.title or self.title
        article.publication = article.publication or find_publication(host_of(article.url))
        if (notes := self._notes()) not in article.notes:
            article.notes = "\n\n".join(filter(None, [article.notes, notes]))

    def _notes(self) -> str:
        """For the editor: the selected text as a quote, and the credits as the page prints them."""
        credits = [("Author", self.author), ("Site", self.site_name)]
        lines = [f"{label} as given by the page: {words}" for label, words in credits if words]
        quote = "\n".join(f"> {line}".rstrip() for line in self.excerpt.splitlines())
        return "\n\n".join(filter(None, [quote, "\n".join(lines)]))


def hash_token(token: str) -> str:
    """A token is random enough to need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def find_authors(printed: str) -> list[Author]:
    """The authors of “A, B and C” where each of the names is exactly one author's; else nobody. One query at most."""
    if not printed:
        return []
    parts = [part for part in re.split(r"\s*[,;&]\s*(?:and\s+)?|\s+and\s+", printed) if part]
    lowered = {name.lower() for name in (printed, *parts)}
    called = Author.objects.annotate(lower_name=Lower("name")).filter(
        Q(lower_name__in=lowered) | Q(aliases__overlap=[printed, *parts])
    )
    authors = list(called)
    for names in ([printed], parts):  # “Robert Poston, MD” is one name.
        found = [[author for author in authors if _is_called(author, name)] for name in names]
        if found and all(len(matches) == 1 for matches in found):
            return [author for [author] in found]
    return []


def _is_called(author: Author, name: str) -> bool:
    """The case of a name does not count, as in the constraint on it; that of an alias does."""
    return author.name.lower() == name.lower() or name in author.aliases


def find_publication(host: str) -> Publication | None:
    """The one that has this host, if it is one."""
    if not host:
        return None
    found = Publication.objects.filter(hosts__overlap=[host, f"www.{host}"])[:2]
    return found[0] if len(found) == 1 else None
