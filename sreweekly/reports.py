"""Reports of faults to Sentry, or to a service that speaks its protocol."""

from typing import TYPE_CHECKING

from sreweekly.logs import without_secret
from sreweekly.outages import is_outage

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


def report_faults(dsn: str) -> None:
    """Report exceptions and records of errors from now on. Does nothing without an address."""
    if not dsn:
        return
    # Imported here, because that takes 0.3 s of each start.
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration

    sentry_sdk.init(
        dsn,
        integrations=[DjangoIntegration()],
        auto_enabling_integrations=False,
        before_send=leave_out,
        send_default_pii=False,
        # Variables hold drafts, tokens and addresses of people.
        include_local_variables=False,
        max_request_body_size="never",
    )


def leave_out(event: "Event", hint: "Hint") -> "Event | None":
    """Return the report without what is secret. Return None for an outage, which is no fault and comes in thousands."""
    if is_outage((hint.get("exc_info") or (None, None))[1]):
        return None
    if request := event.get("request"):
        for name in ("cookies", "data", "headers", "query_string", "env"):
            request.pop(name, None)
        request["url"] = without_secret(str(request.get("url", "")))
    return event
