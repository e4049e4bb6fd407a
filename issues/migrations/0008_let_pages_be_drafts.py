from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("issues", "0007_keep_wordpress_uploads")]

    operations = [
        migrations.AddField(
            model_name=model,
            name="is_published",
            field=models.BooleanField(
                default=True,
                help_text="Without it, this is a draft: readers are told that there is no such page.",
                verbose_name="published",
            ),
        )
        for model in ("page", "historicalpage")
    ]
