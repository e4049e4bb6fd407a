from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailings", "0001_create_subscribers_and_mailings")]

    operations = [
        migrations.AddField(
            "mailing",
            "stream_digest",
            models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
    ]
