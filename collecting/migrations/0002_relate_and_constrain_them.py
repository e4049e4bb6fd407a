import django.contrib.postgres.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import text.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("collecting", "0001_create_candidates_devices_and_sources"),
        ("issues", "0001_create_what_is_printed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="article",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="candidates",
                to="issues.article",
            ),
        ),
        migrations.AddField(
            model_name="device",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="devices", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="candidate",
            name="device",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="candidates",
                to="collecting.device",
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("canonical_url", "=")], index_type="hash", name="source_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=text.fields.BackstopConstraint(
                condition=models.Q(("url__regex", "^https?://\\S+$")), name="source_url_is_http"
            ),
        ),
        migrations.AddField(
            model_name="candidate",
            name="source",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="candidates",
                to="collecting.source",
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.UniqueConstraint(fields=("token_hash",), name="device_token_unique"),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=text.fields.BackstopConstraint(
                condition=models.Q(("kind__in", ["token", "bookmarklet"])), name="device_kind_known"
            ),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=django.contrib.postgres.indexes.HashIndex(fields=["canonical_url"], name="candidate_canonical_url"),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(fields=["state", "-arrived_at"], name="candidate_state"),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("state", "new")),
                expressions=[("canonical_url", "=")],
                index_type="hash",
                name="candidate_new_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=text.fields.BackstopConstraint(
                condition=models.Q(("url__regex", "^https?://\\S+$")), name="candidate_url_is_http"
            ),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=text.fields.BackstopConstraint(
                condition=models.Q(("state__in", ["new", "taken", "declined"])), name="candidate_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.CheckConstraint(
                condition=models.Q(("article__isnull", True), ("state", "taken"), _connector="OR"),
                name="candidate_article_only_if_taken",
            ),
        ),
    ]
