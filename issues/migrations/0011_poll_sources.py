import django.contrib.postgres.constraints
import django.db.models.deletion
import django.utils.timezone
import sreweekly.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0010_collect_candidates"),
    ]

    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "title",
                    sreweekly.fields.LineField(blank=True, help_text="The feed’s own when left empty.", max_length=200),
                ),
                (
                    "url",
                    sreweekly.fields.HttpAddressField(
                        help_text="Of the feed: RSS, Atom or JSON Feed.", max_length=2000, verbose_name="address"
                    ),
                ),
                ("canonical_url", models.TextField(editable=False)),
                ("site_url", sreweekly.fields.HttpAddressField(blank=True, max_length=2000, verbose_name="website")),
                ("is_active", models.BooleanField(default=True, verbose_name="ask it")),
                ("next_poll_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("polled_at", models.DateTimeField(editable=False, null=True, verbose_name="last asked")),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, help_text="One after the other, till now."
                    ),
                ),
                (
                    "problem",
                    models.TextField(blank=True, editable=False, help_text="What happened last, as a sentence."),
                ),
                ("etag", models.TextField(blank=True, editable=False)),
                ("last_modified", models.TextField(blank=True, editable=False)),
            ],
            options={
                "verbose_name": "feed",
                "ordering": ["title", "url"],
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("canonical_url", "=")], index_type="hash", name="source_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("url__regex", "^https?://\\S+$")), name="source_url_is_http"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="candidate",
            name="source",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="candidates",
                to="issues.source",
            ),
        ),
    ]
