import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import text.fields


class Migration(migrations.Migration):
    dependencies = [
        ("mailings", "0001_create_subscribers_and_mailings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SubscriberImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="On the editor's machine.", max_length=150, verbose_name="file")),
                ("size", models.PositiveBigIntegerField(help_text="Bytes.")),
                ("format", models.CharField(blank=True, max_length=40, verbose_name="what it is")),
                ("consent", models.CharField(blank=True, max_length=300)),
                ("is_rehearsal", models.BooleanField(default=True, verbose_name="rehearsal")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("running", "running"),
                            ("done", "done"),
                            ("failed", "failed"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="started by",
                    ),
                ),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="started")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="ended")),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(default=0, help_text="How many workers took it."),
                ),
                ("percent", models.PositiveSmallIntegerField(default=0)),
                ("report", models.JSONField(help_text="mailings.moving.report.Report.as_plain()", null=True)),
                ("failure", models.TextField(blank=True, help_text="What stopped it, as a sentence.")),
            ],
            options={
                "verbose_name": "import of subscribers",
                "verbose_name_plural": "imports of subscribers",
                "ordering": ["-requested_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.Value(1),
                        condition=Q(state__in=["waiting", "running"]),
                        name="subscriber_import_one_at_a_time",
                    ),
                    text.fields.BackstopConstraint(
                        condition=Q(state__in=["waiting", "running", "done", "failed"]),
                        name="subscriber_import_state_known",
                    ),
                    text.fields.BackstopConstraint(
                        condition=~Q(state__in=["done", "failed"], finished_at=None)
                        & ~Q(state__in=["waiting", "running"], finished_at__isnull=False),
                        name="subscriber_import_finished_iff_ended",
                    ),
                    text.fields.BackstopConstraint(
                        condition=~Q(state="failed") | ~Q(failure=""), name="subscriber_import_failure_is_given"
                    ),
                    text.fields.BackstopConstraint(
                        condition=Q(percent__lte=100), name="subscriber_import_percent_to_100"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SubscriberImportChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="mailings.subscriberimport",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["run", "number"], name="subscriber_import_chunk_unique")
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="subscriber",
            options={
                "ordering": ["-created_at", "-pk"],
                "permissions": [
                    ("export_subscriber", "Can export subscribers"),
                    ("import_subscriber", "Can import subscribers"),
                ],
            },
        ),
    ]
