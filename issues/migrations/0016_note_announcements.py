from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("issues", "0015_keep_corrections")]

    operations = [
        migrations.AddField(
            model_name="issue",
            name="announced_at",
            field=models.DateTimeField(editable=False, help_text="When hubs were told; see tasks.ping_hub.", null=True),
        ),
    ]
