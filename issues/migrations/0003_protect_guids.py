from django.db import migrations

# No constraint can compare a row with what it was, so a trigger does, and speaks as a constraint would.
PROTECT = """
CREATE FUNCTION issue_guid_given_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'issue_guid_given_once: the guid of issue % never changes', OLD.number
        USING ERRCODE = 'check_violation', CONSTRAINT = 'issue_guid_given_once';
END $$;
CREATE TRIGGER issue_guid_given_once BEFORE UPDATE ON issues_issue
    FOR EACH ROW WHEN (OLD.guid IS NOT NULL AND OLD.guid IS DISTINCT FROM NEW.guid)
    EXECUTE FUNCTION issue_guid_given_once();
"""
UNPROTECT = "DROP TRIGGER issue_guid_given_once ON issues_issue; DROP FUNCTION issue_guid_given_once;"

# However an issue is deleted, its guid is remembered.
RETIRE = """
CREATE FUNCTION issue_guid_retired() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO issues_retiredguid (guid, number, title) VALUES (OLD.guid, OLD.number, OLD.title)
        ON CONFLICT (guid) DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER issue_guid_retired AFTER DELETE ON issues_issue
    FOR EACH ROW WHEN (OLD.guid IS NOT NULL)
    EXECUTE FUNCTION issue_guid_retired();
"""
FORGET = "DROP TRIGGER issue_guid_retired ON issues_issue; DROP FUNCTION issue_guid_retired;"


class Migration(migrations.Migration):
    dependencies = [("issues", "0002_relate_and_constrain_it")]
    operations = [migrations.RunSQL(PROTECT, UNPROTECT), migrations.RunSQL(RETIRE, FORGET)]
