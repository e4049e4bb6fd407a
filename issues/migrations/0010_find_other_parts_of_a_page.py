from django.contrib.postgres.indexes import HashIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import F, Func, TextField, Value


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("issues", "0009_add_notes_to_issues")]

    operations = [
        AddIndexConcurrently(
            "article",
            HashIndex(
                Func(F("canonical_url"), Value("#"), Value(1), function="split_part", output_field=TextField()),
                name="article_page",
            ),
        ),
    ]
