from django.contrib.postgres.fields import ArrayField
from django.db import migrations

import text.fields


def other_names() -> ArrayField:
    return ArrayField(
        text.fields.LineField(max_length=200),
        blank=True,
        db_default=[],
        default=list,
        help_text="Other and former names and spellings, one on each line. Imports find it by these, too.",
    )


class Migration(migrations.Migration):
    dependencies = [("issues", "0010_find_other_parts_of_a_page")]

    operations = [
        migrations.AddField("publication", "aliases", other_names()),
        migrations.AlterField("author", "aliases", other_names()),
    ]
