from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

STATE_COLUMNS = ("complained_at", "left_at", "bounced_at", "confirmed_at")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("mailings", "0002_import_subscribers")]

    operations = [
        AddIndexConcurrently("subscriber", models.Index(fields=["-created_at", "-id"], name="subscriber_by_age")),
        AddIndexConcurrently(
            "subscriber", models.Index(fields=[*STATE_COLUMNS, "paused_until"], name="subscriber_by_state")
        ),
        AddIndexConcurrently(
            "subscriber", models.Index(fields=["domain"], include=STATE_COLUMNS, name="subscriber_by_domain")
        ),
        AddIndexConcurrently(
            "subscriber", models.Index(fields=["source"], include=STATE_COLUMNS, name="subscriber_by_source")
        ),
        RemoveIndexConcurrently("subscriber", "subscriber_domain"),
    ]
