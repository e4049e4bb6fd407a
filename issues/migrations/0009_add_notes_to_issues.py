import text.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0008_keep_merged_tags"),
    ]

    operations = [
        migrations.AddField(
            model_name="issue",
            name="notes",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Never printed, and never in a download.",
                validators=[text.validators.validate_printable],
            ),
        ),
        migrations.AddField(
            model_name="issue",
            name="notes_version",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                editable=False,
                help_text="Counts changes of the notes, which make no new version.",
            ),
        ),
    ]
