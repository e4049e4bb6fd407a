"""Django's log of what was done at the desk, without addresses: who asks to be forgotten must not stay in it."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest


class LogsNoAddress(admin.ModelAdmin):
    """Names a row by its number in Django's log, and not by its address."""

    def log_addition(self, request, obj, message):
        return self.log(request, ADDITION, message, obj)

    def log_change(self, request, obj, message):
        return self.log(request, CHANGE, message, obj)

    def log_deletions(self, request, queryset):
        return [self.log(request, DELETION, "", row) for row in queryset]

    def log(self, request: HttpRequest, flag: int, message: Any, row: Model | None = None) -> LogEntry:
        """Log an act on a row, or on all of them."""
        name = self.opts.verbose_name if row else self.opts.verbose_name_plural
        return LogEntry.objects.create(
            user_id=request.user.pk or 0,
            content_type=ContentType.objects.get_for_model(self.model, for_concrete_model=False),
            object_id=row.pk if row else None,
            object_repr=f"{name} {row.pk}" if row else str(name),
            action_flag=flag,
            change_message=json.dumps(message) if isinstance(message, list) else message,
        )
