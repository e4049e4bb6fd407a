from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("issues", "0010_find_other_parts_of_a_page")]

    operations = [
        migrations.AddField(
            model_name="searchtext",
            name="rules",
            field=models.CharField(db_default="", max_length=16),
        ),
    ]
