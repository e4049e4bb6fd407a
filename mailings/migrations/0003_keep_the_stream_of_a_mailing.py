from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailings", "0002_keep_reports")]

    operations = [
        migrations.AddField(
            "mailing",
            "stream_digest",
            models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
    ]
