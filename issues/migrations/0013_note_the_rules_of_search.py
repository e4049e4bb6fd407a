from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("issues", "0012_keep_decisions_on_credits")]

    operations = [
        migrations.AddField(
            model_name="searchtext",
            name="rules",
            field=models.CharField(db_default="", max_length=16),
        ),
    ]
