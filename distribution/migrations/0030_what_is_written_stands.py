"""The database keeps what the code promises: terms fixed at placement, versions of policies and
rules never edited, states that exist, and reversals that sum to what their commission lost.

The code never breaks these; a hand in the database could have.
"""

from django.db import migrations, models

FORWARD = """
CREATE FUNCTION distribution_reversals_explain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned bigint;
    missing numeric;
BEGIN
    IF TG_TABLE_NAME = 'distribution_commission' THEN
        concerned := NEW.id;
    ELSE
        concerned := coalesce(NEW.commission_id, OLD.commission_id);
    END IF;
    SELECT commission.amount_at_payment - commission.amount - coalesce(lost.amount, 0)
    INTO missing
    FROM distribution_commission commission
    LEFT JOIN (
        SELECT sum(amount) AS amount FROM distribution_reversal WHERE commission_id = concerned
    ) lost ON true
    WHERE commission.id = concerned;
    IF missing <> 0 THEN
        RAISE EXCEPTION 'commission % lost % that its reversals do not explain', concerned, missing
            USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER reversals_explain
    AFTER INSERT OR UPDATE OR DELETE ON distribution_reversal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION distribution_reversals_explain();
CREATE CONSTRAINT TRIGGER commission_begins_whole AFTER INSERT ON distribution_commission
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.amount <> NEW.amount_at_payment)
    EXECUTE FUNCTION distribution_reversals_explain();
CREATE CONSTRAINT TRIGGER commission_loss_is_explained
    AFTER UPDATE OF amount, amount_at_payment ON distribution_commission
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION distribution_reversals_explain();

CREATE FUNCTION distribution_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was written stands: % of %', TG_OP, TG_TABLE_NAME
        USING ERRCODE = '23514';
END $$;
"""

BACKWARD = """
DROP TRIGGER rule_stands ON distribution_rule;
DROP TRIGGER policy_stands ON distribution_policy;
DROP TRIGGER orderterms_stands ON distribution_orderterms;
DROP TRIGGER lineterms_stands ON distribution_lineterms;
DROP FUNCTION distribution_stands();
DROP TRIGGER commission_loss_is_explained ON distribution_commission;
DROP TRIGGER commission_begins_whole ON distribution_commission;
DROP TRIGGER reversals_explain ON distribution_reversal;
DROP FUNCTION distribution_reversals_explain();
"""


# What never changes in a row once it is written; the rest of it may.
STANDS = {
    "lineterms": "line_id level payee_id rule_id base rate amount uplift",
    "orderterms": "buyer_id policy_id is_self_purchase payee1_id why1 block1 tier1_id"
    " payee2_id why2 block2 tier2_id",
    "policy": "valid_from cap_rate margin_guard maturity_days self_purchase two_levels"
    " binding_mode binding_days binding_moment",
    "rule": "scope category_id product_id variant_id distributor_id tier_id base rate1 amount1"
    " rate2 amount2 min_quantity min_amount min_month_orders starts_at ends_at valid_from",
}


def stands(table, columns):
    """A trigger that only looks at statements that name one of these columns."""
    names = columns.split()
    old, new = (", ".join(f"{row}.{name}" for name in names) for row in ("OLD", "NEW"))
    return f"""
CREATE TRIGGER {table}_stands BEFORE UPDATE OF {", ".join(names)} ON distribution_{table}
    FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))
    EXECUTE FUNCTION distribution_stands();
"""


FORWARD += "".join(stands(table, columns) for table, columns in STANDS.items())


class Migration(migrations.Migration):

    dependencies = [
        ('distribution', '0029_moments_that_can_be_read'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='commission',
            name='commission_payee_not_buyer',
        ),
        migrations.RemoveConstraint(
            model_name='entry',
            name='entry_account_has_its_owner',
        ),
        migrations.RemoveConstraint(
            model_name='hold',
            name='hold_ends_with_a_result',
        ),
        migrations.AddConstraint(
            model_name='commission',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(models.Q(('payee', models.F('buyer')), _negated=True), ('is_self_purchase', False)), models.Q(('is_self_purchase', True), ('level', 1), ('payee', models.F('buyer'))), _connector='OR'), name='commission_payee_not_buyer'),
        ),
        migrations.AddConstraint(
            model_name='commission',
            constraint=models.CheckConstraint(condition=models.Q(('matured_at', None), models.Q(('matured_at__gte', models.F('matures_at')), ('matures_at__isnull', False)), _connector='OR'), name='commission_matures_when_due'),
        ),
        migrations.AddConstraint(
            model_name='distributor',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['applied', 'approved', 'frozen', 'rejected', 'withdrawn', 'resigned', 'banned'])), name='distributor_status_known'),
        ),
        migrations.AddConstraint(
            model_name='entry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('account__in', ('pending', 'available', 'reserved')), ('distributor__isnull', False)), models.Q(('account__in', ('expense', 'cash')), ('distributor', None)), _connector='OR'), name='entry_account_has_its_owner'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end', ''), ('ended_at', None)), models.Q(('end__in', ['released', 'revoked']), ('ended_at__isnull', False)), _connector='OR'), name='hold_ends_with_a_result'),
        ),
        migrations.AddConstraint(
            model_name='orderterms',
            constraint=models.CheckConstraint(condition=models.Q(('is_self_purchase', False), models.Q(('payee1', models.F('buyer')), ('payee1__isnull', False), ('why1', 'self')), _connector='OR'), name='terms_self_purchase_is_the_buyers'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'reserved')), models.Q(('closed_at__isnull', False), ('state__in', ['settled', 'released'])), _connector='OR'), name='reservation_open_or_closed'),
        ),
        migrations.AddConstraint(
            model_name='standing',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['applied', 'approved', 'frozen', 'rejected', 'withdrawn', 'resigned', 'banned'])), name='standing_status_known'),
        ),
        migrations.AddConstraint(
            model_name='transfer',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['accrue', 'reverse', 'forfeit', 'mature', 'hold', 'revoke', 'reserve', 'release', 'settle'])), name='transfer_kind_known'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
