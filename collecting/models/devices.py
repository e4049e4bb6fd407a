"""Devices that may send candidates."""

import hashlib
import secrets
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Q
from django.utils import timezone

from text.fields import LineField

# last_used_at is only to tell a lost device from one in use: it need not cost a write for each link.
USE_IS_NOTED_EVERY = timedelta(hours=1)


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


def hash_token(token: str) -> str:
    """A token is random enough to need no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
