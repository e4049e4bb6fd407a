import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0005_store_cards"),
    ]

    operations = [
        migrations.CreateModel(
            name="WordPressPost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("post_id", models.PositiveBigIntegerField()),
                ("permalink", models.TextField(blank=True)),
                ("guid", models.TextField(blank=True)),
                (
                    "html",
                    models.TextField(blank=True, help_text="As exported: before WordPress paragraphs it on display."),
                ),
                ("modified_at", models.DateTimeField(null=True)),
                (
                    "mailed_as",
                    models.CharField(
                        blank=True, help_text="SendGrid’s single send, where it was mailed.", max_length=200
                    ),
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
