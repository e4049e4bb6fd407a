import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import text.fields


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0005_store_downloads"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="issue",
            options={
                "ordering": ["-number"],
                "permissions": [
                    ("publish_issue", "Can approve, publish, take back and correct issues"),
                    ("proofread_issue", "Can change the words of drafts, articles and pages, and nothing else"),
                ],
            },
        ),
        migrations.AddField(
            model_name="issue",
            name="review_requested_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When the draft was called ready for review. Not printed.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="issue",
            name="review_requested_by",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        AddConstraintNotValid(
            model_name="issue",
            constraint=text.fields.BackstopConstraint(
                condition=models.Q(("status", "draft"), ("review_requested_at__isnull", True), _connector="OR"),
                name="issue_in_review_is_draft",
            ),
        ),
    ]
