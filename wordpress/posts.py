"""What an exported post is to us: an issue, a page, or nothing; its address and its times. Asks no database."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings

from wordpress.export import Post

Kind = Literal["issue", "page"]

_APPROVED = {"publish", "future"}
_DRAFT = {"draft", "pending", "private"}
# Made by the company's own plugin for SendGrid, for posts that were mailed.
MAILED_KEY = "_sgmcs_single_send_id"


def number_of(post: Post) -> int:
    """Of an issue; 0 for a post that is none, though it may mention one."""
    match = re.search(r"#(\d{1,6})(?!\d)", post.title)
    if post.post_type != "post" or match is None:
        return 0
    before = settings.ISSUE_TITLE.partition("{number}")[0]
    is_named = post.title.casefold().startswith(f"{before}{match[1]}".casefold())
    return int(match[1]) if is_named or "sreweekly-entry" in post.html else 0


def kind_of(post: Post) -> tuple[Kind | None, str]:
    """What becomes of it, or why nothing does."""
    if post.post_type not in ("post", "page"):
        return None, post.post_type or "no type"
    if post.status not in _APPROVED | _DRAFT:
        return None, f"status “{post.status}”"
    return ("issue" if number_of(post) else "page"), ""


def is_draft(post: Post) -> bool:
    """Of an issue: whether readers could not see it, or nobody knows since when."""
    return _is_hidden(post) or publication_time(post) is None


def is_draft_page(post: Post) -> bool:
    """Of what is no issue. Pages have no times, so that a scheduled one waits as a draft."""
    return _is_hidden(post) or post.status == "future"


def publication_time(post: Post) -> datetime | None:
    """None for a draft that WordPress would publish “immediately”."""
    if post.date_gmt or post.status in _DRAFT:
        return post.date_gmt
    if post.date:
        return post.date.replace(tzinfo=ZoneInfo(settings.TIME_ZONE)).astimezone(UTC)
    return post.published


def path_of(post: Post) -> str:
    """The last part of its address, where WordPress gives none of its own."""
    parts = [part for part in urlsplit(post.link).path.split("/") if part]
    return post.slug or (parts[-1] if parts else "")


def digest_of(post: Post) -> str:
    """SHA-256, in hexadecimal, of all that is loaded of it."""
    times = (post.date, post.date_gmt, post.modified_gmt, post.published)
    texts = (post.title, post.link, post.guid, post.html, post.slug, post.status, post.post_type, post.password)
    read = (times, texts, post.meta.get(MAILED_KEY), *post.former_slugs)
    return hashlib.sha256(repr(read).encode("utf-8", "replace")).hexdigest()


def _is_hidden(post: Post) -> bool:
    # A post with a password is one that most readers could not see.
    return post.status in _DRAFT or bool(post.password)


def claim_of(post: Post) -> tuple[bool, int]:
    """Of two posts with one number the lesser has it: the published one, then the older one."""
    return is_draft(post), post.post_id
