import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("issues", "0003_protect_guids")]
    operations = [
        migrations.CreateModel(
            name="SearchText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(help_text="Blurb or intro in plain words, to show a part of.")),
                ("vector", django.contrib.postgres.search.SearchVectorField()),
                (
                    "words",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_texts",
                        to="issues.issue",
                    ),
                ),
                (
                    "article",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_texts",
                        to="issues.article",
                    ),
                ),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.GinIndex(fields=["vector"], name="search_text_vector")],
                "constraints": [
                    models.UniqueConstraint(fields=("article",), name="search_text_article_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("article", None)), fields=("issue",), name="search_text_issue_once"
                    ),
                ],
            },
        ),
    ]
