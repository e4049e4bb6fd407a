from django.db import migrations, models

# Everything that readers' pages print is in these tables. tests/issues/models/test_site_version.py compares them with
# the queries of all public pages.
PRINTED = [
    *("issues_issue", "issues_article", "issues_authorship", "issues_author", "issues_publication", "issues_tagging"),
    *("issues_page", "issues_address", "issues_correction", "issues_issuecard", "issues_searchtext", "taggit_tag"),
    *("sponsors_sponsor", "sponsors_placement"),
]

# The setting ends with the transaction, and with the savepoint that set it: one row for each transaction.
COUNT = """
CREATE FUNCTION site_version_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('sreweekly.site_moved', true) IS DISTINCT FROM 'yes' THEN
        INSERT INTO issues_siteversion (moves) VALUES (1);
        PERFORM set_config('sreweekly.site_moved', 'yes', true);
    END IF;
    RETURN NULL;
END $$;
"""
WATCH = """
CREATE TRIGGER site_version_moves AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {}
    FOR EACH STATEMENT EXECUTE FUNCTION site_version_moves();
"""
UNWATCH = "DROP TRIGGER site_version_moves ON {};"


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0003_protect_guids"),
        ("sponsors", "0001_create_sponsors_and_placements"),
        ("taggit", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SiteVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("moves", models.BigIntegerField()),
            ],
        ),
        migrations.RunSQL(COUNT, "DROP FUNCTION site_version_moves;"),
        *(migrations.RunSQL(WATCH.format(table), UNWATCH.format(table)) for table in PRINTED),
    ]
