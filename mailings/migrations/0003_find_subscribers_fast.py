from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("mailings", "0002_import_subscribers")]

    operations = [
        AddIndexConcurrently("subscriber", models.Index(fields=["-created_at", "-id"], name="subscriber_by_age")),
        AddIndexConcurrently("subscriber", models.Index(fields=["source"], name="subscriber_source")),
    ]
