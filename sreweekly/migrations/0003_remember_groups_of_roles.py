import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("sreweekly", "0002_add_backups"),
    ]

    operations = [
        migrations.CreateModel(
            name="GroupOfRole",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=100)),
                ("given", models.JSONField(default=list, help_text="Sorted, such as “issues.change_issue”.")),
                (
                    "group",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="auth.group"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("role",), name="group_of_role_once")],
            },
        ),
    ]
