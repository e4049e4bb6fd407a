import django.contrib.postgres.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import sreweekly.fields


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0009_keep_fetched_pages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    sreweekly.fields.LineField(
                        help_text="Such as “Phone”, to know later which one to revoke.", max_length=100
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("token", "token"), ("bookmarklet", "bookmarklet")], default="token", max_length=12
                    ),
                ),
                (
                    "token_hash",
                    models.CharField(editable=False, help_text="SHA-256, in hexadecimal.", max_length=64),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="devices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("token_hash",), name="device_token_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["token", "bookmarklet"])), name="device_kind_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Candidate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "url",
                    sreweekly.fields.HttpAddressField(
                        help_text="As it arrived.", max_length=2000, verbose_name="address"
                    ),
                ),
                ("canonical_url", models.TextField(editable=False)),
                (
                    "page_canonical",
                    sreweekly.fields.HttpAddressField(
                        blank=True, max_length=2000, verbose_name="address given by the page"
                    ),
                ),
                ("title", sreweekly.fields.LineField(blank=True, max_length=500)),
                (
                    "author",
                    sreweekly.fields.LineField(blank=True, help_text="As printed there.", max_length=500),
                ),
                ("site_name", sreweekly.fields.LineField(blank=True, max_length=200, verbose_name="site")),
                ("excerpt", models.TextField(blank=True, verbose_name="selected text")),
                ("arrived_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "state",
                    models.CharField(
                        choices=[("new", "new"), ("taken", "taken"), ("declined", "declined")],
                        default="new",
                        max_length=8,
                    ),
                ),
                (
                    "article",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="candidates",
                        to="issues.article",
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="candidates",
                        to="issues.device",
                    ),
                ),
            ],
            options={
                "ordering": ["-arrived_at", "-pk"],
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(fields=["canonical_url"], name="candidate_canonical_url"),
                    models.Index(fields=["state", "-arrived_at"], name="candidate_state"),
                ],
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        name="candidate_new_once",
                        expressions=[("canonical_url", "=")],
                        index_type="hash",
                        condition=models.Q(("state", "new")),
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("url__regex", r"^https?://\S+$")), name="candidate_url_is_http"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["new", "taken", "declined"])), name="candidate_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("article__isnull", True), ("state", "taken"), _connector="OR"),
                        name="candidate_article_only_if_taken",
                    ),
                ],
            },
        ),
    ]
