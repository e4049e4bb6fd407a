import django.contrib.postgres.fields
from django.db import migrations

import text.fields

OTHER_NAMES = {
    "base_field": text.fields.LineField(max_length=200),
    "blank": True,
    "db_default": [],
    "default": list,
    "help_text": "Other and former names and spellings, one on each line. Imports find it by these, too.",
}


class Migration(migrations.Migration):
    dependencies = [("issues", "0010_find_other_parts_of_a_page")]

    operations = [
        migrations.AddField("publication", "aliases", django.contrib.postgres.fields.ArrayField(**OTHER_NAMES)),
        migrations.AlterField("author", "aliases", django.contrib.postgres.fields.ArrayField(**OTHER_NAMES)),
    ]
