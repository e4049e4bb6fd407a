import django.db.models.deletion
from django.db import migrations, models

# As in 0004_count_changes_of_the_site.py: readers' pages redirect by this table.
WATCH = """
CREATE TRIGGER site_version_moves AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON issues_formertag
    FOR EACH STATEMENT EXECUTE FUNCTION site_version_moves();
"""


class Migration(migrations.Migration):
    dependencies = [("issues", "0007_validate_review"), ("taggit", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="FormerTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("slug", models.SlugField(allow_unicode=True, max_length=100)),
                (
                    "tag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="former", to="taggit.tag"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("name",), name="former_tag_once")],
            },
        ),
        migrations.RunSQL(WATCH, "DROP TRIGGER site_version_moves ON issues_formertag;"),
    ]
