"""Devices: phones, scripts and bookmarklets that may send links, each with a secret of its own."""

import hashlib
import secrets
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from text.fields import BackstopConstraint, LineField

# last_used_at tells a forgotten device from one in use. That is not worth a write for each link.
NOTE_USE_EVERY = timedelta(hours=1)


class DeviceQuerySet(models.QuerySet["Device"]):
    def active(self) -> Self:
        return self.filter(revoked_at=None, user__is_active=True, user__is_staff=True)

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Those of the user, or all for an administrator."""
        return self if user.has_perm("collecting.change_device") else self.filter(user__pk=user.pk)

    def holding(self, token: str, kind: str) -> "Device | None":
        """Return the active device with this token, and its user, or None. One query, which compares hashes."""
        return self.active().select_related("user").filter(token_hash=hash_token(token), kind=kind).first()


class Device(models.Model):
    """A holder of a token. Only a hash of the token is stored, so a lost token is replaced by a new device."""

    class Kind(models.TextChoices):
        # For a phone or a script. It may add candidates at /capture/, and nothing else.
        TOKEN = "token", "token"
        # Shows that the signed-in user pressed the bookmarklet. It is worth nothing without the user's session.
        BOOKMARKLET = "bookmarklet", "bookmarklet"

    name = LineField(max_length=100, help_text="Such as “Phone”, so that you know later which one to revoke.")
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
            BackstopConstraint(condition=Q(kind__in=["token", "bookmarklet"]), name="device_kind_known"),
        ]

    def __str__(self):
        return self.name

    @classmethod
    def register(cls, user: User, name: str, kind: str) -> "tuple[Device, str]":
        """Create a device. Return it and its token, 32 random bytes in base64, which is stored nowhere."""
        token = secrets.token_urlsafe(32)
        return cls.objects.create(user=user, name=name, kind=kind, token_hash=hash_token(token)), token

    def revoke(self) -> None:
        """Refuse the token from the next request on."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])

    def note_use(self) -> None:
        """Update last_used_at, at most once an hour, in one query."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > NOTE_USE_EVERY:
            Device.objects.filter(pk=self.pk).update(last_used_at=now)


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token. It is random enough to need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
