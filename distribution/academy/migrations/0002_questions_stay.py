from django.db import migrations

# A version of a question is never edited: it may only end, once.
FORWARD = """
CREATE FUNCTION academy_question_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.valid_to IS NOT NULL OR NEW.valid_to IS NULL
        OR (to_jsonb(NEW) - 'valid_to') <> (to_jsonb(OLD) - 'valid_to') THEN
        RAISE EXCEPTION 'a question is never edited; write a new version'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER academy_question_stays BEFORE UPDATE ON academy_question
    FOR EACH ROW EXECUTE FUNCTION academy_question_stays();
"""
BACK = """
DROP TRIGGER academy_question_stays ON academy_question;
DROP FUNCTION academy_question_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("academy", "0001_courses_and_materials")]

    operations = [migrations.RunSQL(FORWARD, BACK)]
