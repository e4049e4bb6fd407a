from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("issues", "9001_add_a_column")]
    operations = [AddIndexConcurrently("article", models.Index(fields=["drilled_at"], name="article_drilled_at"))]
