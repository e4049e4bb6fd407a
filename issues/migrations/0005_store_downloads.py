from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("issues", "0004_count_changes_of_the_site")]

    operations = [
        migrations.CreateModel(
            name="StoredDownload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("etag", models.CharField(max_length=100)),
                ("file_name", models.CharField(max_length=300)),
                ("content", models.BinaryField(help_text="Compressed with gzip.")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("name",), name="stored_download_once")],
            },
        ),
    ]
