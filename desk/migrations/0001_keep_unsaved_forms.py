import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
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
                        default=uuid.uuid4, help_text="A new one each time a form is opened: two tabs keep two."
                    ),
                ),
                ("fields", models.JSONField(help_text="Lists of texts by name, as a browser posts them.")),
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
                "constraints": [models.UniqueConstraint(fields=("user", "subject", "form"), name="unsaved_form_once")],
            },
        ),
    ]
