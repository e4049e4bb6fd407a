"""An exported post, and what becomes of it here: an issue, a page, or nothing."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings

Kind = Literal["issue", "page"]

_APPROVED = {"publish", "future"}
_DRAFT = {"draft", "pending", "private"}
# Written by the newsletter's own plugin for SendGrid when a post was mailed.
_MAILED_KEY = "_sgmcs_single_send_id"
_SIGNED_NUMBER = re.compile(r"[#＃№]\s?\d{1,6}(?!\d)")
# A number that follows the name of an issue or one of these words, and is no year, date or version.
_UNSIGNED_NUMBER = re.compile(
    r"(?:(?<=issue )|(?<=number )|(?<=\bno\. )|(?<=\bno ))\d{1,6}(?![\d.,/-]*\d)", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Post:
    """One item of an export, of any type. A date that WordPress writes as 0000-00-00 is None."""

    file: str
    line: int
    base_url: str
    post_id: int = 0
    title: str = ""
    link: str = ""
    guid: str = ""
    html: str = ""
    slug: str = ""
    status: str = ""
    post_type: str = ""
    password: str = ""
    date: datetime | None = None  # Naive, in the blog's time zone.
    date_gmt: datetime | None = None
    modified_gmt: datetime | None = None
    published: datetime | None = None  # The feed's pubDate.
    meta: dict[str, str] = field(default_factory=dict)
    former_slugs: list[str] = field(default_factory=list)  # WordPress redirects from these.
    terms: list[str] = field(default_factory=list)  # “tag x”, and categories except the one that holds everything.
    comments: int = 0

    def __str__(self) -> str:
        return f"post {self.post_id} “{self.title}”" if self.post_id else f"a post “{self.title}”"

    @cached_property
    def _number_in_title(self) -> re.Match[str] | None:
        """The number of an issue, with its sign if it has one."""
        name = settings.ISSUE_TITLE.partition("{number}")[0].rstrip("# ").casefold()
        match = _SIGNED_NUMBER.search(self.title) or _UNSIGNED_NUMBER.search(self.title)
        if self.post_type != "post" or match is None:
            return None
        is_named = self.title[: match.start()].rstrip().casefold() == name
        is_whole = match.re is _SIGNED_NUMBER or match.end() == len(self.title)
        return match if self.has_entries or (is_named and is_whole) else None

    @property
    def number(self) -> int:
        """The issue's number; 0 for a post that is not an issue, even if its title mentions one."""
        return int(re.sub(r"\D", "", self._number_in_title[0])) if self._number_in_title else 0

    @property
    def issue_title(self) -> str:
        """The title with its number as “#5”, which programs look for."""
        match = self._number_in_title
        return f"{self.title[: match.start()]}#{self.number}{self.title[match.end() :]}" if match else self.title

    @property
    def number_in_address(self) -> int:
        """The number in an address like an issue's, such as “sre-weekly-issue-4-2”; 0 in any other."""
        before, _, after = settings.ISSUE_SLUG.partition("{number}")
        match = re.fullmatch(rf"{re.escape(before)}(\d{{1,6}}){re.escape(after)}(?:-\d+)?", self.path, re.IGNORECASE)
        return int(match[1]) if match else 0

    @property
    def has_entries(self) -> bool:
        return "sreweekly-entry" in self.html

    @property
    def kind(self) -> Kind | None:
        """What the post becomes. None means that it is left out."""
        if self.reason_left_out:
            return None
        return "issue" if self.number else "page"

    @property
    def reason_left_out(self) -> str:
        """The post's type or status if the post is left out, else empty."""
        if self.post_type not in ("post", "page"):
            return self.post_type or "no type"
        return "" if self.status in _APPROVED | _DRAFT else f"status “{self.status}”"

    @property
    def is_draft(self) -> bool:
        """Whether the post becomes a draft: readers could not see it, or it has no time.

        Pages have no times here, so a scheduled page becomes a draft too.
        """
        # Most readers could not see a post with a password.
        if self.status in _DRAFT or self.password:
            return True
        return self.publication_time is None if self.number else self.status == "future"

    @property
    def publication_time(self) -> datetime | None:
        """The time of publication in UTC, or None for a draft that WordPress would publish “immediately”."""
        if self.date_gmt or self.status in _DRAFT:
            return self.date_gmt
        if self.date:
            return self.date.replace(tzinfo=ZoneInfo(settings.TIME_ZONE)).astimezone(UTC)
        return self.published

    @property
    def path(self) -> str:
        """The post's slug or, if it has none, the last part of its address."""
        parts = [part for part in urlsplit(self.link).path.split("/") if part]
        return self.slug or (parts[-1] if parts else "")

    @property
    def mailed_as(self) -> str:
        """The identifier of SendGrid's single send; empty if the post was not mailed."""
        return self.meta.get(_MAILED_KEY, "")

    @property
    def claim(self) -> tuple[bool, bool, int]:
        """The key that decides between posts with the same issue number.

        Published posts come first, then those with the number in their address, then the oldest.
        """
        return self.is_draft, self.number_in_address not in (0, self.number), self.post_id

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of everything that is loaded from the post."""
        times = (self.date, self.date_gmt, self.modified_gmt, self.published)
        texts = (self.title, self.link, self.guid, self.html, self.slug, self.status, self.post_type, self.password)
        read = (times, texts, self.meta.get(_MAILED_KEY), *self.former_slugs)
        return hashlib.sha256(repr(read).encode("utf-8", "replace")).hexdigest()
