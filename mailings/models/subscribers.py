"""Who gets the newsletter by mail."""

import secrets
from collections import Counter
from datetime import datetime, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from mailings.models.suppressions import Suppression, digest_of
from text.fields import BackstopConstraint
from text.mailboxes import LONGEST, Mailbox, key_of, part_of_key, read_mailbox

# Characters: 128 random bits.
TOKEN_LENGTH = 22
PAUSE = timedelta(weeks=4)
# Between two letters about one subscription.
BETWEEN_LETTERS = timedelta(hours=1)
# To confirm, from the last letter on.
TIME_TO_CONFIRM = timedelta(days=7)
_STATE_COLUMNS = ("complained_at", "left_at", "bounced_at", "confirmed_at")


def make_token() -> str:
    return secrets.token_urlsafe(16)


def columns_of(mailbox: Mailbox) -> dict[str, str]:
    """Return the columns that say which mailbox a subscriber is: address, key, domain and digest."""
    return {**mailbox._asdict(), "digest": digest_of(mailbox.key)}


class State(models.TextChoices):
    """What a subscriber is, from what happened. Of several, the first in this order."""

    COMPLAINED = "complained", "complained"
    LEFT = "left", "left"
    BOUNCED = "bounced", "bounced"
    PENDING = "pending", "not confirmed"
    PAUSED = "paused", "paused"
    ACTIVE = "active", "active"


def _state_now() -> Case:
    """The same rule as Subscriber.state, for queries."""
    return Case(
        When(complained_at__isnull=False, then=Value(State.COMPLAINED)),
        When(left_at__isnull=False, then=Value(State.LEFT)),
        When(bounced_at__isnull=False, then=Value(State.BOUNCED)),
        When(confirmed_at=None, then=Value(State.PENDING)),
        When(paused_until__gt=timezone.now(), then=Value(State.PAUSED)),
        default=Value(State.ACTIVE),
        output_field=models.CharField(),
    )


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def with_state(self) -> Self:
        """Annotate with `state_now`, a value of State."""
        return self.annotate(state_now=_state_now())

    def in_state(self, *states: str) -> Self:
        return self.with_state().filter(state_now__in=states)

    def active(self) -> Self:
        """Select those who are to be mailed now: the only rule for it."""
        return self.in_state(State.ACTIVE).exclude(Exists(Suppression.objects.filter(digest=OuterRef("digest"))))

    def drop_unconfirmed(self) -> None:
        """Delete the subscribers and the new addresses that were not confirmed in time after the last letter."""
        asked = self.annotate(last_letter=Coalesce("written_at", "created_at"))
        late = asked.filter(last_letter__lt=timezone.now() - TIME_TO_CONFIRM)
        late.in_state(State.PENDING).delete()
        late.exclude(new_address="").update(new_address="", new_token="")

    def sign_up(self, mailbox: Mailbox, source: str, consent: str) -> tuple[int | None, bool]:
        """Add this mailbox if it is not there, and claim this hour's letter to it.

        Return its primary key, and whether the letter is due. Three queries for every mailbox, so that nobody learns
        from the time which of them are here. Of many calls at once, one adds the row and one claims the letter.
        """
        row = Subscriber(**columns_of(mailbox), source=source, consent=consent)
        Subscriber.objects.bulk_create([row], ignore_conflicts=True)
        found = self.filter(key=mailbox.key)
        now = timezone.now()
        is_due = Q(written_at=None) | Q(written_at__lte=now - BETWEEN_LETTERS)
        claimed = found.filter(is_due).update(written_at=now)
        return found.values_list("pk", flat=True).first(), bool(claimed)

    def with_suppression(self) -> Self:
        """Annotate with `is_suppressed`."""
        return self.annotate(is_suppressed=Exists(Suppression.objects.filter(digest=OuterRef("digest"))))

    def suppressed(self) -> Self:
        """Select those who are never mailed, whatever happened to them."""
        return self.filter(digest__in=Suppression.objects.order_by().values("digest"))

    def count_states(self) -> Counter[str]:
        """Return how many are in each State. One query."""
        counted = self.with_state().order_by().values_list("state_now").annotate(count=Count("*"))
        return Counter(dict(counted))

    def matching(self, text: str) -> Self:
        """Select the mailbox with this address, however it is spelled, or those that have the text in theirs.

        One query more for a whole address, which an index finds. A part is looked for in all addresses.
        """
        if not (part := part_of_key(text)):
            return self
        whole = self.filter(key=key) if (key := key_of(text)) else self.none()
        return whole if whole.exists() else self.filter(key__contains=part)

    def by_address(self, text: str) -> "Subscriber | None":
        """Return the subscriber with this mailbox, however it is spelled. One query, none for what is no address."""
        return self.filter(key=key).first() if (key := key_of(text)) else None


class Subscriber(models.Model):
    """One mailbox. What happened to it stays in its columns: a row is only deleted when somebody asks for it."""

    address = models.CharField(max_length=LONGEST, help_text="As it was given.")
    key = models.CharField(max_length=LONGEST + 50, editable=False, help_text="The same for all spellings.")
    digest = models.CharField(max_length=64, editable=False, help_text="By which a suppression is found.")
    domain = models.CharField(max_length=253, editable=False)
    # In every link to leave, for years: so it is random, and not signed with SECRET_KEY.
    token = models.CharField(max_length=TOKEN_LENGTH, default=make_token, editable=False)
    # Where the address came from, such as “form: /subscribe/” or “import: Mailchimp, list.csv”.
    source = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField("added", default=timezone.now, editable=False)
    consent = models.CharField(max_length=300, blank=True, editable=False, help_text="What they agreed to, and where.")
    confirmed_at = models.DateTimeField("confirmed", null=True, blank=True, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True, editable=False)
    left_at = models.DateTimeField("left", null=True, blank=True, editable=False)
    bounced_at = models.DateTimeField("bounced", null=True, blank=True, editable=False)
    bounce = models.CharField(max_length=300, blank=True, editable=False, help_text="What the server said.")
    complained_at = models.DateTimeField("complained", null=True, blank=True, editable=False)
    # The last letter about the subscription: there is one an hour at most.
    written_at = models.DateTimeField(null=True, blank=True, editable=False)
    # A change of address that waits for its confirmation by a mail to the new one.
    new_address = models.CharField(max_length=LONGEST, blank=True, editable=False)
    new_token = models.CharField(max_length=TOKEN_LENGTH, blank=True, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("export_subscriber", "Can export subscribers"),
            ("import_subscriber", "Can import subscribers"),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="subscriber_by_age"),
            # With all columns that decide on the state, by which the desk counts without reading the rows.
            models.Index(fields=[*_STATE_COLUMNS, "paused_until"], name="subscriber_by_state"),
            models.Index(fields=["domain"], include=_STATE_COLUMNS, name="subscriber_by_domain"),
            models.Index(fields=["source"], include=_STATE_COLUMNS, name="subscriber_by_source"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                name="subscriber_address_unique",
                violation_error_code="unique",
                violation_error_message="This address is on the list already.",
            ),
            models.UniqueConstraint(fields=["token"], name="subscriber_token_unique"),
            models.UniqueConstraint(
                fields=["new_token"], condition=~Q(new_token=""), name="subscriber_new_token_unique"
            ),
            models.UniqueConstraint(fields=["digest"], name="subscriber_digest_unique"),
            BackstopConstraint(condition=Q(key=Lower("key"), key__contains="@"), name="subscriber_key_is_an_address"),
            BackstopConstraint(
                condition=Q(address__regex=r"^[^\s<>]+@[^\s<>@]+$"), name="subscriber_address_on_one_line"
            ),
            BackstopConstraint(condition=Q(token__regex=r"^[\w-]{22}$"), name="subscriber_token_is_random"),  # noqa: S106
            BackstopConstraint(
                condition=Q(new_address="", new_token="") | (~Q(new_address="") & ~Q(new_token="")),
                name="subscriber_new_address_has_a_token",
            ),
        ]

    def __str__(self):
        return self.address

    def clean(self):
        if self.address:  # The field says what is wrong with an empty one.
            self.set_address(self.address)

    def save(self, *args, **kwargs):
        if self._state.adding and not self.key:
            self.set_address(self.address)
        super().save(*args, **kwargs)

    def set_address(self, text: str) -> None:
        """Give it this address. Raises ValidationError. The row is not saved."""
        for name, value in columns_of(read_mailbox(text)).items():
            setattr(self, name, value)

    @property
    def state(self) -> State:
        if self.complained_at:
            return State.COMPLAINED
        if self.left_at:
            return State.LEFT
        if self.bounced_at:
            return State.BOUNCED
        if not self.confirmed_at:
            return State.PENDING
        return State.PAUSED if self.paused_until and self.paused_until > timezone.now() else State.ACTIVE

    def confirm(self) -> None:
        """Let them get the newsletter from now on, also after leaving or bouncing. A complaint stays."""
        self.confirmed_at = timezone.now()
        self.left_at = self.bounced_at = self.paused_until = None
        self.bounce = ""
        self.save(update_fields=["confirmed_at", "left_at", "bounced_at", "paused_until", "bounce"])

    def come_back(self) -> None:
        """Do what the reader asks who wants the newsletter: confirm, resume or return. Nothing if they get it."""
        if self.state == State.PAUSED:
            self.resume()
        elif self.state in (State.PENDING, State.LEFT, State.BOUNCED):
            self.confirm()

    def ask_for_address(self, mailbox: Mailbox) -> None:
        """Keep a new address until it is confirmed by the link of its own. The same address keeps its link."""
        if not self.new_address or read_mailbox(self.new_address).key != mailbox.key:
            self.new_token = make_token()
        self.new_address = mailbox.address
        self.written_at = timezone.now()
        self.save(update_fields=["new_address", "new_token", "written_at"])

    def take_new_address(self) -> "Subscriber":
        """Move to the address that was confirmed, and return who is mailed there from now on.

        If the address is on the list, its own row stays, and this one leaves. Call it in a transaction.
        """
        mailbox = read_mailbox(self.new_address)
        other = Subscriber.objects.select_for_update().filter(key=mailbox.key).exclude(pk=self.pk).first()
        if other:
            other.come_back()
            self.leave()
            return other
        self.set_address(mailbox.address)
        self.new_address = self.new_token = self.bounce = ""
        self.bounced_at = None
        changed = ["address", "key", "digest", "domain", "new_address", "new_token", "bounce", "bounced_at"]
        self.save(update_fields=changed)
        return self

    def leave(self) -> None:
        """The first time counts: a link that is opened again changes nothing."""
        Subscriber.objects.filter(pk=self.pk, left_at=None).update(left_at=timezone.now(), new_address="", new_token="")
        self.refresh_from_db()

    def pause(self) -> None:
        self.paused_until = timezone.now() + PAUSE
        self.save(update_fields=["paused_until"])

    def resume(self) -> None:
        self.paused_until = None
        self.save(update_fields=["paused_until"])

    def bounce_back(self, reason: str) -> None:
        """Note that their mailbox is gone, as far as anybody can tell. The first reason stays."""
        now = timezone.now()
        Subscriber.objects.filter(pk=self.pk, bounced_at=None).update(bounced_at=now, bounce=reason[:300])
        self.refresh_from_db()

    def complain(self, when: datetime) -> None:
        """Note that they called it spam, and never mail the address again. The first time counts."""
        Subscriber.objects.filter(pk=self.pk, complained_at=None).update(complained_at=when)
        Suppression.objects.suppress(self.key, Suppression.Reason.COMPLAINED, self.address)
        self.refresh_from_db()

    def lift_bounce(self) -> None:
        self.bounced_at, self.bounce = None, ""
        self.save(update_fields=["bounced_at", "bounce"])

    def forget(self) -> None:
        """Delete the row, and keep only a hash by which the address is never mailed again."""
        with transaction.atomic():
            Suppression.objects.suppress(self.key, Suppression.Reason.FORGOTTEN)
            Suppression.objects.filter(digest=self.digest).update(address="")
            self.deliveries.update(address="", domain="")
            self.reports.update(domain="")
            self.delete()
