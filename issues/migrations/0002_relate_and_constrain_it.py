import django.contrib.postgres.indexes
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.text
import taggit.managers
import text.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("issues", "0001_create_what_is_printed"),
        ("sponsors", "0001_create_sponsors_and_placements"),
        ("taggit", "0006_rename_taggeditem_content_type_object_id_taggit_tagg_content_8fc721_idx"),
    ]

    operations = [
        migrations.AddField(
            model_name="publication",
            name="sponsor",
            field=models.ForeignKey(
                blank=True,
                help_text="The sponsor of the newsletter that publishes here, if any.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="publications",
                to="sponsors.sponsor",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="publication",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="articles",
                to="issues.publication",
            ),
        ),
        migrations.AddConstraint(
            model_name="retiredguid",
            constraint=models.UniqueConstraint(fields=("guid",), name="retired_guid_unique"),
        ),
        migrations.AddField(
            model_name="searchtext",
            name="article",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="search_texts", to="issues.article"
            ),
        ),
        migrations.AddField(
            model_name="searchtext",
            name="issue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="search_texts", to="issues.issue"
            ),
        ),
        migrations.AddField(
            model_name="tagging",
            name="content_object",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="taggings", to="issues.article"
            ),
        ),
        migrations.AddField(
            model_name="tagging",
            name="tag",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="%(app_label)s_%(class)s_items",
                to="taggit.tag",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="tags",
            field=taggit.managers.TaggableManager(
                blank=True,
                help_text="A comma-separated list of tags.",
                through="issues.Tagging",
                to="taggit.Tag",
                verbose_name="Tags",
            ),
        ),
        migrations.AddConstraint(
            model_name="authorship",
            constraint=models.UniqueConstraint(fields=("article", "author"), name="authorship_author_once"),
        ),
        migrations.AddConstraint(
            model_name="authorship",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("article", "position"),
                name="authorship_position_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="correction_text_not_empty"
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=text.fields.BackstopConstraint(
                condition=models.Q(("erratum__in", ["offered", "printed", "declined"])), name="correction_erratum_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("erratum", "printed"), ("erratum_in__isnull", True), _connector="OR"),
                name="correction_erratum_in_only_if_printed",
            ),
        ),
        migrations.AddConstraint(
            model_name="issuerevision",
            constraint=models.UniqueConstraint(fields=("issue", "version"), name="issue_revision_once"),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.UniqueConstraint(fields=("path",), name="address_path_unique"),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_current", True)), fields=("issue",), name="address_of_issue_current"
            ),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_current", True)), fields=("page",), name="address_of_page_current"
            ),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("issue__isnull", True), ("page__isnull", False)),
                    models.Q(("issue__isnull", False), ("page__isnull", True)),
                    _connector="OR",
                ),
                name="address_of_issue_or_page",
            ),
        ),
        migrations.AddConstraint(
            model_name="pagerevision",
            constraint=models.UniqueConstraint(fields=("page", "version"), name="page_revision_once"),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"), name="publication_name_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=text.fields.BackstopConstraint(
                condition=models.Q(("url", ""), ("url__regex", "^https?://\\S+$"), _connector="OR"),
                name="publication_url_is_http",
            ),
        ),
        migrations.AddConstraint(
            model_name="publication",
            constraint=models.UniqueConstraint(
                fields=("slug",),
                name="publication_slug_unique",
                violation_error_code="unique",
                violation_error_message="Another publication has this address.",
            ),
        ),
        migrations.AddIndex(
            model_name="searchtext",
            index=django.contrib.postgres.indexes.GinIndex(fields=["vector"], name="search_text_vector"),
        ),
        migrations.AddConstraint(
            model_name="searchtext",
            constraint=models.UniqueConstraint(fields=("article",), name="search_text_article_once"),
        ),
        migrations.AddConstraint(
            model_name="searchtext",
            constraint=models.UniqueConstraint(
                condition=models.Q(("article", None)), fields=("issue",), name="search_text_issue_once"
            ),
        ),
        migrations.AddIndex(
            model_name="article",
            index=django.contrib.postgres.indexes.HashIndex(fields=["canonical_url"], name="article_canonical_url"),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("issue__isnull", True), ("position__isnull", True)),
                    models.Q(("issue__isnull", False), ("position__isnull", False)),
                    _connector="OR",
                ),
                name="article_position_iff_issue",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.UniqueConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("issue", "section", "position"),
                name="article_position_unique",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=text.fields.BackstopConstraint(
                condition=models.Q(("url", ""), ("url__regex", "^https?://\\S+$"), _connector="OR"),
                name="article_url_is_http",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=text.fields.BackstopConstraint(
                condition=models.Q(("section__in", ["articles", "outages"])), name="article_section_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=text.fields.BackstopConstraint(
                condition=models.Q(("state__in", ["saved", "shortlisted", "held", "declined"])),
                name="article_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=text.fields.BackstopConstraint(
                condition=models.Q(("hold_one_per__in", ["", "author", "publication", "series"])),
                name="article_hold_one_per_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("hold_one_per", "series"), _negated=True),
                    models.Q(("series", ""), _negated=True),
                    _connector="OR",
                ),
                name="article_hold_one_per_series_names_it",
                violation_error_message="Name the series: an issue may have only one article of it.",
            ),
        ),
    ]
