import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("issues", "0001_create_what_is_printed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExportFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("size", models.PositiveBigIntegerField(help_text="Bytes.")),
                ("uploaded_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="ExportChunk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("content", models.BinaryField()),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="chunks", to="wordpress.exportfile"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("file", "number"), name="export_chunk_number_unique")],
            },
        ),
        migrations.CreateModel(
            name="WordPressImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_rehearsal", models.BooleanField(default=True, verbose_name="rehearsal")),
                ("is_reload", models.BooleanField(default=False, verbose_name="unchanged posts too")),
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
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="started")),
                ("started_at", models.DateTimeField(help_text="When the first worker took it.", null=True)),
                ("finished_at", models.DateTimeField(null=True, verbose_name="ended")),
                ("attempts", models.PositiveSmallIntegerField(default=0, help_text="How many workers took it.")),
                ("percent", models.PositiveSmallIntegerField(default=0)),
                ("report", models.JSONField(help_text="wordpress.report.Report.as_plain()", null=True)),
                ("failure", models.TextField(blank=True, help_text="What stopped it, as a sentence.")),
                ("files", models.ManyToManyField(related_name="imports", to="wordpress.exportfile")),
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
            ],
            options={
                "verbose_name": "WordPress import",
                "ordering": ["-requested_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.Value(1),
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        name="wordpress_import_one_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "running", "done", "failed"])),
                        name="wordpress_import_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("started_at__isnull", True), ("state", "waiting")),
                            models.Q(models.Q(("state", "waiting"), _negated=True), ("started_at__isnull", False)),
                            ("state", "failed"),
                            _connector="OR",
                        ),
                        name="wordpress_import_started_unless_waiting",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", False), ("state__in", ["done", "failed"])),
                            models.Q(
                                models.Q(("state__in", ["done", "failed"]), _negated=True),
                                ("finished_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="wordpress_import_finished_iff_ended",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("report__isnull", False), ("state", "done")),
                            models.Q(models.Q(("state", "done"), _negated=True), ("report__isnull", True)),
                            _connector="OR",
                        ),
                        name="wordpress_import_report_iff_done",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "failed"), models.Q(("failure", ""), _negated=True)),
                            models.Q(models.Q(("state", "failed"), _negated=True), ("failure", "")),
                            _connector="OR",
                        ),
                        name="wordpress_import_failure_iff_failed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("percent__lte", 100)), name="wordpress_import_percent_to_100"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WordPressPost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("post_id", models.PositiveBigIntegerField()),
                ("permalink", models.TextField(blank=True)),
                ("guid", models.TextField(blank=True)),
                ("html", models.TextField(blank=True, help_text="As exported, before WordPress adds paragraphs.")),
                ("modified_at", models.DateTimeField(null=True)),
                (
                    "mailed_as",
                    models.CharField(blank=True, help_text="SendGrid’s identifier of the mailing.", max_length=200),
                ),
                ("export_digest", models.CharField(max_length=64)),
                ("loaded_digest", models.CharField(max_length=64)),
                (
                    "issue",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="wordpress_post",
                        to="issues.issue",
                    ),
                ),
                (
                    "page",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="wordpress_post",
                        to="issues.page",
                    ),
                ),
            ],
            options={
                "verbose_name": "WordPress post",
                "ordering": ["post_id"],
                "constraints": [
                    models.UniqueConstraint(fields=("post_id",), name="wordpress_post_id_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("issue__isnull", True), ("page__isnull", True), _connector="OR"),
                        name="wordpress_post_issue_or_page",
                    ),
                ],
            },
        ),
    ]
