import django.contrib.postgres.constraints
import django.contrib.postgres.fields
from django.db import migrations, models

ANSWERS = [
    "ok",
    "gone",
    "refused",
    "unreachable",
    "forbidden",
    "not a page",
    "too many redirects",
]


class Migration(migrations.Migration):
    dependencies = [("issues", "0008_let_pages_be_drafts")]

    operations = [
        migrations.CreateModel(
            name="FetchedPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.TextField(help_text="As it is or would be printed.")),
                ("requested_at", models.DateTimeField(null=True)),
                ("fetched_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(blank=True, choices=[(answer, answer) for answer in ANSWERS], max_length=20),
                ),
                ("sentence", models.TextField(blank=True)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("final_url", models.TextField(blank=True)),
                ("is_moved_permanently", models.BooleanField(default=False)),
                ("title", models.TextField(blank=True)),
                (
                    "authors",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
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
                            ("fetched_at", None),
                            ("outcome", ""),
                        )
                        | models.Q(
                            ("fetched_at__isnull", False),
                            ("outcome__in", ANSWERS),
                        ),
                        name="fetched_page_outcome_iff_fetched",
                    ),
                ],
            },
        ),
    ]
