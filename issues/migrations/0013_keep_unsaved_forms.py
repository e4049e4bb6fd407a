import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0012_widen_the_backlog"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UnsavedForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", models.CharField(help_text="“issue 12”, or “issue new”.", max_length=100)),
                (
                    "form",
                    models.UUIDField(
                        default=uuid.uuid4, help_text="One for each time the form was opened: two tabs keep two."
                    ),
                ),
                ("fields", models.JSONField(help_text="Lists of values by name, as a browser posts them.")),
                ("saved_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="unsaved_forms",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-saved_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "subject", "form"), name="unsaved_form_once"),
                ],
            },
        ),
    ]
