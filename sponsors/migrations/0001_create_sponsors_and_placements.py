import django.db.models.deletion
import django.db.models.functions.text
import text.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("issues", "0001_create_what_is_printed"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sponsor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    text.fields.LineField(help_text="As printed: “A message from our sponsor, NAME:”.", max_length=200),
                ),
                ("url", text.fields.HttpAddressField(blank=True, max_length=2000, verbose_name="website")),
                ("contact", models.TextField(blank=True, help_text="People, addresses, invoices. Never printed.")),
                ("notes", models.TextField(blank=True, help_text="Never printed.")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("name"), name="sponsor_name_unique"),
                    text.fields.BackstopConstraint(
                        condition=models.Q(("url", ""), ("url__regex", "^https?://\\S+$"), _connector="OR"),
                        name="sponsor_url_is_http",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Placement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slot", models.CharField(choices=[("main", "main")], default="main", max_length=20)),
                (
                    "message",
                    text.fields.MarkdownField(
                        blank=True,
                        help_text="Markdown. The heading with the sponsor’s name is added for you.",
                        max_length=20000,
                    ),
                ),
                (
                    "url",
                    text.fields.HttpAddressField(
                        blank=True,
                        help_text="Kept exactly as given. Printed on a line of its own, unless the message links to it.",
                        max_length=2000,
                        verbose_name="link",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("booked", "booked"), ("copy_in", "copy in"), ("approved", "approved")],
                        default="booked",
                        max_length=20,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="placements", to="issues.issue"
                    ),
                ),
                (
                    "sponsor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="placements", to="sponsors.sponsor"
                    ),
                ),
            ],
            options={
                "ordering": ["issue", "slot"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("issue", "slot"),
                        name="placement_slot_unique",
                        violation_error_code="unique_together",
                        violation_error_message="This issue already has a sponsor’s message.",
                    ),
                    text.fields.BackstopConstraint(
                        condition=models.Q(("url", ""), ("url__regex", "^https?://\\S+$"), _connector="OR"),
                        name="placement_url_is_http",
                    ),
                    text.fields.BackstopConstraint(
                        condition=models.Q(("slot__in", ["main"])), name="placement_slot_known"
                    ),
                    text.fields.BackstopConstraint(
                        condition=models.Q(("state__in", ["booked", "copy_in", "approved"])),
                        name="placement_state_known",
                    ),
                ],
            },
        ),
    ]
