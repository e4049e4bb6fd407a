import django.utils.timezone
import text.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Candidate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "url",
                    text.fields.HttpAddressField(
                        help_text="The address that arrived.", max_length=2000, verbose_name="address"
                    ),
                ),
                ("canonical_url", models.TextField(editable=False)),
                (
                    "page_canonical",
                    text.fields.HttpAddressField(blank=True, max_length=2000, verbose_name="address given by the page"),
                ),
                ("title", text.fields.LineField(blank=True, max_length=500)),
                (
                    "author",
                    text.fields.LineField(blank=True, help_text="The names as the page gives them.", max_length=500),
                ),
                ("site_name", text.fields.LineField(blank=True, max_length=200, verbose_name="site")),
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
            ],
            options={
                "ordering": ["-arrived_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Device",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    text.fields.LineField(
                        help_text="Such as “Phone”, so that you know later which one to revoke.", max_length=100
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("token", "token"), ("bookmarklet", "bookmarklet")], default="token", max_length=12
                    ),
                ),
                ("token_hash", models.CharField(editable=False, help_text="SHA-256, in hexadecimal.", max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "title",
                    text.fields.LineField(
                        blank=True, help_text="Leave empty to use the title in the feed.", max_length=200
                    ),
                ),
                (
                    "url",
                    text.fields.HttpAddressField(
                        help_text="The address of an RSS, Atom or JSON feed.", max_length=2000, verbose_name="address"
                    ),
                ),
                ("canonical_url", models.TextField(editable=False)),
                ("site_url", text.fields.HttpAddressField(blank=True, max_length=2000, verbose_name="website")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("next_poll_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("polled_at", models.DateTimeField(editable=False, null=True, verbose_name="last polled")),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, help_text="Failures since the last good answer."
                    ),
                ),
                (
                    "problem",
                    models.TextField(blank=True, editable=False, help_text="What went wrong last time, as a sentence."),
                ),
                ("etag", models.TextField(blank=True, editable=False)),
                ("last_modified", models.TextField(blank=True, editable=False)),
            ],
            options={
                "verbose_name": "feed",
                "ordering": ["title", "url"],
            },
        ),
    ]
