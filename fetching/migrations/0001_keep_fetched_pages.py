import django.contrib.postgres.constraints
import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="FetchedPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.TextField(help_text="As printed in the article.")),
                ("requested_at", models.DateTimeField(null=True)),
                ("fetched_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("ok", "ok"),
                            ("gone", "gone"),
                            ("refused", "refused"),
                            ("unreachable", "unreachable"),
                            ("forbidden", "forbidden"),
                            ("not a page", "not a page"),
                            ("too many redirects", "too many redirects"),
                        ],
                        max_length=20,
                    ),
                ),
                ("sentence", models.TextField(blank=True)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("final_url", models.TextField(blank=True)),
                ("is_moved_permanently", models.BooleanField(default=False)),
                ("title", models.TextField(blank=True)),
                ("authors", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list)),
                ("site_name", models.TextField(blank=True)),
                ("published_on", models.DateField(null=True)),
                ("canonical_url", models.TextField(blank=True)),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("url", "=")], index_type="hash", name="fetched_page_url_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("fetched_at", None), ("outcome", "")),
                            models.Q(
                                ("fetched_at__isnull", False),
                                (
                                    "outcome__in",
                                    [
                                        "ok",
                                        "gone",
                                        "refused",
                                        "unreachable",
                                        "forbidden",
                                        "not a page",
                                        "too many redirects",
                                    ],
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="fetched_page_outcome_iff_fetched",
                    ),
                ],
            },
        ),
    ]
