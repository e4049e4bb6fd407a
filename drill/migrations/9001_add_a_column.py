from django.db import migrations, models

from drill.migrations import LAST


class Migration(migrations.Migration):
    dependencies = [("issues", LAST)]
    operations = [migrations.AddField("article", "drilled_at", models.DateTimeField(null=True))]
