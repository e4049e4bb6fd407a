from django.db import migrations, models

import text.fields


class Migration(migrations.Migration):
    dependencies = [("issues", "0011_keep_former_names_of_publications")]

    operations = [
        migrations.CreateModel(
            name="SettledCredit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject", text.fields.LineField(max_length=520)),
            ],
            options={
                "ordering": ["subject"],
                "constraints": [models.UniqueConstraint(fields=("subject",), name="settled_credit_once")],
            },
        ),
    ]
