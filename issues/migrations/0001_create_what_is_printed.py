import django.contrib.postgres.fields
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
import text.fields
import text.validators
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Article",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "section",
                    models.CharField(
                        choices=[("articles", "Articles"), ("outages", "Outages")], default="articles", max_length=10
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(blank=True, editable=False, null=True)),
                ("url", text.fields.HttpAddressField(max_length=2000, verbose_name="address")),
                (
                    "pasted_url",
                    models.TextField(
                        blank=True,
                        editable=False,
                        help_text="As first saved. Empty for imported articles.",
                        verbose_name="address as pasted",
                    ),
                ),
                ("canonical_url", models.TextField(editable=False)),
                ("title", text.fields.LineField(max_length=500)),
                ("blurb", text.fields.MarkdownField(blank=True, help_text="Markdown.", max_length=20000)),
                (
                    "byline",
                    text.fields.LineField(
                        blank=True,
                        help_text="Printed in place of authors and publication, such as “A, with guest B — C”.",
                        max_length=500,
                    ),
                ),
                (
                    "disclosure",
                    text.fields.LineField(blank=True, help_text="Printed below the byline.", max_length=500),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("saved", "inbox"),
                            ("shortlisted", "shortlisted"),
                            ("held", "held"),
                            ("declined", "declined"),
                        ],
                        default="saved",
                        help_text="For sorting the backlog. “Held” does not keep an article out of an issue; the fields below do.",
                        max_length=12,
                    ),
                ),
                (
                    "not_before",
                    models.DateField(
                        blank=True,
                        help_text="Keeps the article out of issues that are published before this day.",
                        null=True,
                    ),
                ),
                (
                    "hold_one_per",
                    models.CharField(
                        blank=True,
                        choices=[("author", "author"), ("publication", "publication"), ("series", "series")],
                        help_text="Keeps the article out of issues with another article of the same author, publication or series.",
                        max_length=12,
                        verbose_name="at most one of its",
                    ),
                ),
                (
                    "series",
                    text.fields.LineField(
                        blank=True, help_text="The series of the article, if any. Not printed.", max_length=200
                    ),
                ),
                (
                    "notes",
                    models.TextField(
                        blank=True,
                        help_text="Never printed, and never in a download.",
                        validators=[text.validators.validate_printable],
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                "ordering": ["issue", "section", "position"],
            },
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", text.fields.LineField(max_length=200)),
                (
                    "slug",
                    models.SlugField(
                        allow_unicode=True,
                        blank=True,
                        db_index=False,
                        help_text="Made from the name.",
                        max_length=220,
                        verbose_name="address",
                    ),
                ),
                ("url", text.fields.HttpAddressField(blank=True, max_length=2000, verbose_name="website")),
                (
                    "previous_slugs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SlugField(allow_unicode=True, max_length=220), default=list, editable=False
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "hosts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=text.fields.LineField(max_length=253),
                        blank=True,
                        default=list,
                        help_text="Hosts by which a link is recognised, one on each line, such as engineering.example.com.",
                    ),
                ),
                (
                    "disclosure",
                    text.fields.LineField(
                        blank=True,
                        help_text="Filled in when an article is placed, such as “Full disclosure: Example is my employer.”",
                        max_length=500,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RetiredGuid",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("guid", models.CharField(max_length=200)),
                ("number", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="SearchText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(help_text="Blurb or intro as plain text, for excerpts.")),
                ("vector", django.contrib.postgres.search.SearchVectorField()),
                ("words", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list)),
            ],
        ),
        migrations.CreateModel(
            name="Tagging",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Author",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", text.fields.LineField(max_length=200)),
                (
                    "slug",
                    models.SlugField(
                        allow_unicode=True,
                        blank=True,
                        db_index=False,
                        help_text="Made from the name.",
                        max_length=220,
                        verbose_name="address",
                    ),
                ),
                ("url", text.fields.HttpAddressField(blank=True, max_length=2000, verbose_name="website")),
                (
                    "previous_slugs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SlugField(allow_unicode=True, max_length=220), default=list, editable=False
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "aliases",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=text.fields.LineField(max_length=200),
                        blank=True,
                        default=list,
                        help_text="Other names and spellings, one on each line.",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(django.db.models.functions.text.Lower("name"), name="author_name_unique"),
                    text.fields.BackstopConstraint(
                        condition=models.Q(("url", ""), ("url__regex", "^https?://\\S+$"), _connector="OR"),
                        name="author_url_is_http",
                    ),
                    models.UniqueConstraint(
                        fields=("slug",),
                        name="author_slug_unique",
                        violation_error_code="unique",
                        violation_error_message="Another author has this address.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Authorship",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="authorships", to="issues.article"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="authorships", to="issues.author"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.AddField(
            model_name="article",
            name="authors",
            field=models.ManyToManyField(
                blank=True, related_name="articles", through="issues.Authorship", to="issues.author"
            ),
        ),
        migrations.CreateModel(
            name="Issue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "number",
                    models.PositiveIntegerField(
                        help_text="Does not change once the issue is published.",
                        validators=[django.core.validators.MinValueValidator(1, "Numbers begin at 1.")],
                    ),
                ),
                (
                    "title",
                    text.fields.LineField(
                        blank=True,
                        help_text="Must contain the number as “#N”: programs look for it. Made from the number when left empty.",
                        max_length=200,
                    ),
                ),
                (
                    "slug",
                    models.SlugField(
                        blank=True,
                        db_index=False,
                        help_text="The page’s address on this site. Made from the number when left empty.",
                        max_length=100,
                        verbose_name="address",
                    ),
                ),
                (
                    "publish_at",
                    models.DateTimeField(
                        blank=True, help_text="Time zone: America/New_York.", null=True, verbose_name="publication time"
                    ),
                ),
                (
                    "intro",
                    text.fields.MarkdownField(
                        blank=True, help_text="Markdown. Printed before everything else.", max_length=20000
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "draft"), ("approved", "approved")],
                        default="draft",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("guid", models.CharField(editable=False, max_length=200, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        editable=False,
                        help_text="When something printed changed; see issues/changes.py.",
                    ),
                ),
                ("contents_digest", models.CharField(editable=False, max_length=64)),
                (
                    "announced_at",
                    models.DateTimeField(
                        editable=False, help_text="When the hub was notified; see issues/tasks.py.", null=True
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                "ordering": ["-number"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "approved")),
                        fields=["-publish_at", "-number"],
                        name="issue_published",
                    )
                ],
                "constraints": [
                    text.fields.BackstopConstraint(condition=models.Q(("number__gt", 0)), name="issue_number_positive"),
                    models.UniqueConstraint(
                        fields=("number",),
                        name="issue_number_unique",
                        violation_error_code="unique",
                        violation_error_message="There is an issue with this number already.",
                    ),
                    models.UniqueConstraint(
                        fields=("slug",),
                        name="issue_slug_unique",
                        violation_error_code="unique",
                        violation_error_message="Another issue has this address.",
                    ),
                    models.UniqueConstraint(fields=("guid",), name="issue_guid_unique"),
                    text.fields.BackstopConstraint(
                        condition=models.Q(
                            (
                                "title__regex",
                                django.db.models.functions.text.Concat(
                                    models.Value("#"),
                                    django.db.models.functions.comparison.Cast(models.F("number"), models.CharField()),
                                    models.Value("(\\D|$)"),
                                ),
                            )
                        ),
                        name="issue_title_has_number",
                    ),
                    text.fields.BackstopConstraint(
                        condition=models.Q(("status__in", ["draft", "approved"])), name="issue_status_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status", "draft"), ("publish_at__isnull", False), _connector="OR"),
                        name="issue_approved_has_publish_at",
                        violation_error_message="An approved issue needs a publication time.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status", "draft"), ("guid__isnull", False), _connector="OR"),
                        name="issue_approved_has_guid",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "text",
                    text.fields.MarkdownField(
                        help_text="Markdown. What was wrong, and what is right. Printed below the issue with the date.",
                        max_length=20000,
                    ),
                ),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "erratum",
                    models.CharField(
                        choices=[("offered", "offered"), ("printed", "printed"), ("declined", "declined")],
                        default="offered",
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "made_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "erratum_in",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="errata",
                        to="issues.issue",
                    ),
                ),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="corrections", to="issues.issue"
                    ),
                ),
            ],
            options={
                "ordering": ["made_at", "pk"],
            },
        ),
        migrations.AddField(
            model_name="article",
            name="issue",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="articles",
                to="issues.issue",
            ),
        ),
        migrations.CreateModel(
            name="IssueCard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("png", models.BinaryField()),
                (
                    "issue",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="card", to="issues.issue"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="IssueRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("saved_at", models.DateTimeField()),
                (
                    "cause",
                    models.CharField(help_text="“saved”, “article placed”, “restored from version 7”.", max_length=200),
                ),
                ("contents", models.JSONField()),
                (
                    "issue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="issues.issue"
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-version"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Page",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", text.fields.LineField(max_length=200)),
                (
                    "slug",
                    models.SlugField(
                        db_index=False,
                        help_text="The page’s address on this site.",
                        max_length=100,
                        verbose_name="address",
                    ),
                ),
                ("body", text.fields.MarkdownField(help_text="Markdown.", max_length=20000)),
                (
                    "is_published",
                    models.BooleanField(
                        default=True,
                        help_text="Otherwise this page is a draft, which readers cannot see.",
                        verbose_name="published",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
            ],
            options={
                "ordering": ["slug"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("slug",),
                        name="page_slug_unique",
                        violation_error_code="unique",
                        violation_error_message="Another page has this address.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Address",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(help_text="See normalize_path().", max_length=500)),
                ("is_current", models.BooleanField(default=False)),
                (
                    "issue",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addresses",
                        to="issues.issue",
                    ),
                ),
                (
                    "page",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="addresses",
                        to="issues.page",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "addresses",
            },
        ),
        migrations.CreateModel(
            name="PageRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("saved_at", models.DateTimeField()),
                (
                    "cause",
                    models.CharField(help_text="“saved”, “article placed”, “restored from version 7”.", max_length=200),
                ),
                ("contents", models.JSONField()),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="issues.page"
                    ),
                ),
                (
                    "saved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-version"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PrintingCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("since", models.DateTimeField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="printing_code_is_one_row")],
            },
        ),
    ]
