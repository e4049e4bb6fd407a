from django.contrib.postgres.fields import ArrayField
from django.db import migrations

from text.fields import SlugField


def _credited(model: str) -> list[migrations.AlterField]:
    former = ArrayField(base_field=SlugField(max_length=220), default=list, editable=False)
    slug = SlugField(
        blank=True,
        help_text="Made from the name.",
        max_length=220,
        verbose_name="address",
    )
    return [migrations.AlterField(model, "previous_slugs", former), migrations.AlterField(model, "slug", slug)]


class Migration(migrations.Migration):
    dependencies = [("issues", "0013_note_the_rules_of_search")]

    # Nothing changes in the database.
    operations = [
        *_credited("author"),
        *_credited("publication"),
        migrations.AlterField("formertag", "slug", SlugField(db_index=True, max_length=100)),
        migrations.AlterField(
            "page",
            "slug",
            SlugField(
                blank=True,
                help_text="The page’s address on this site. Made from the title if it is empty.",
                max_length=100,
                verbose_name="address",
            ),
        ),
    ]
