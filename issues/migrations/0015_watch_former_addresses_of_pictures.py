from django.db import migrations

# See 0004_count_changes_of_the_site: readers are redirected by this table.
WATCH = """
CREATE TRIGGER site_version_moves AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON pictures_formeraddress
    FOR EACH STATEMENT EXECUTE FUNCTION site_version_moves();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0014_take_addresses_in_any_script"),
        ("pictures", "0001_create_pictures"),
    ]

    operations = [migrations.RunSQL(WATCH, "DROP TRIGGER site_version_moves ON pictures_formeraddress;")]
