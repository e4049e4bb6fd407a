from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("issues", "0006_add_review_and_permissions")]

    operations = [ValidateConstraint("issue", "issue_in_review_is_draft")]
