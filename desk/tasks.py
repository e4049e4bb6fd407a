"""Maintenance of the desk."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from desk.models import UnsavedForm

# Long after anybody would look for an unsaved draft.
UNSAVED_FORMS_KEPT = timedelta(days=180)


@app.periodic(cron="47 3 * * *")  # UTC
@app.task(queueing_lock="remove_old_unsaved_forms")
def remove_old_unsaved_forms(timestamp: int) -> None:
    UnsavedForm.objects.filter(saved_at__lt=timezone.now() - UNSAVED_FORMS_KEPT).delete()
