"""The ledger's own rules, kept by the database whatever the code does.

The entries of a transfer sum to zero at commit (deferred), and neither transfers nor entries are
ever changed or deleted. ERRCODE 23514 (check_violation) reaches Django as IntegrityError.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION distribution_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    total numeric;
BEGIN
    SELECT sum(amount) INTO total FROM distribution_entry WHERE transfer_id = NEW.transfer_id;
    IF total <> 0 THEN
        RAISE EXCEPTION 'entries of transfer % sum to %, not zero', NEW.transfer_id, total
            USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entries_balance AFTER INSERT ON distribution_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION distribution_entries_balance();

CREATE FUNCTION distribution_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % of %', TG_OP, TG_TABLE_NAME
        USING ERRCODE = '23514';
END $$;

CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON distribution_entry
    FOR EACH ROW EXECUTE FUNCTION distribution_append_only();
CREATE TRIGGER transfer_append_only BEFORE UPDATE OR DELETE ON distribution_transfer
    FOR EACH ROW EXECUTE FUNCTION distribution_append_only();
"""

BACKWARD = """
DROP TRIGGER transfer_append_only ON distribution_transfer;
DROP TRIGGER entry_append_only ON distribution_entry;
DROP FUNCTION distribution_append_only();
DROP TRIGGER entries_balance ON distribution_entry;
DROP FUNCTION distribution_entries_balance();
"""


class Migration(migrations.Migration):
    dependencies = [("distribution", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
