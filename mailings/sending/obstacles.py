"""Why a mailing pauses by itself before the next job sends it."""

from mailings.models.mailings import Mailing
from mailings.streams import digest_of

TAKEN_BACK = "The issue was taken back, so its mail stopped. Publish the issue again, then go on or cancel the rest."
NEW_STREAM = "The mail server was changed while this was sent. Go on, and the rest goes through the new one."


def obstacle_to(mailing: Mailing) -> str:
    """Return why a mailing must not be sent on now, or nothing. Its issue is loaded."""
    if not mailing.issue.is_published:
        return TAKEN_BACK
    # Those that were prepared by an earlier version have no digest.
    is_new = mailing.stream_digest and mailing.stream_digest != digest_of(mailing.stream)
    return NEW_STREAM if is_new else ""
