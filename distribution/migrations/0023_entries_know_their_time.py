"""An entry carries the kind and the time of its transfer, so that a distributor's months are read
from one index instead of every transfer of the shop. The database keeps the two the same.
"""

import django.db.models.deletion
from django.db import migrations, models

FILL = """
ALTER TABLE distribution_entry DISABLE TRIGGER entry_append_only;
UPDATE distribution_entry entry SET kind = transfer.kind, at = transfer.at
FROM distribution_transfer transfer WHERE transfer.id = entry.transfer_id;
ALTER TABLE distribution_entry ENABLE TRIGGER entry_append_only;
"""

# As in 0002, and more.
RULE = """
CREATE OR REPLACE FUNCTION distribution_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    total numeric;
    strange bigint;
BEGIN
    SELECT sum(entry.amount),
           count(*) FILTER (WHERE (entry.kind, entry.at) <> (transfer.kind, transfer.at))
    INTO total, strange
    FROM distribution_entry entry JOIN distribution_transfer transfer
        ON transfer.id = entry.transfer_id
    WHERE entry.transfer_id = NEW.transfer_id;
    IF total <> 0 THEN
        RAISE EXCEPTION 'entries of transfer % sum to %, not zero', NEW.transfer_id, total
            USING ERRCODE = '23514';
    END IF;
    IF strange > 0 THEN
        RAISE EXCEPTION 'entries of transfer % are of another kind or time', NEW.transfer_id
            USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$;
"""

RULE_BEFORE = """
CREATE OR REPLACE FUNCTION distribution_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):
    dependencies = [("distribution", "0022_candidates_are_counted")]

    operations = [
        migrations.AddField(
            "entry",
            "kind",
            models.CharField(max_length=10, null=True, verbose_name="类型"),
        ),
        migrations.AddField("entry", "at", models.DateTimeField(null=True, verbose_name="时间")),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            "entry",
            "kind",
            models.CharField(
                choices=[
                    ("accrue", "产生佣金"),
                    ("reverse", "退款撤回"),
                    ("forfeit", "封禁没收"),
                    ("mature", "佣金成熟"),
                    ("hold", "暂扣复核"),
                    ("revoke", "复核撤回"),
                    ("reserve", "进入结算"),
                    ("release", "结算退回"),
                    ("settle", "结算付出"),
                ],
                max_length=10,
                verbose_name="类型",
            ),
        ),
        migrations.AlterField("entry", "at", models.DateTimeField(verbose_name="时间")),
        migrations.AlterField(
            "entry",
            "distributor",
            models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="distribution.distributor",
                verbose_name="分销商",
            ),
        ),
        migrations.AddIndex(
            "entry",
            models.Index(
                condition=models.Q(distributor__isnull=False),
                fields=["distributor", "at"],
                include=["kind", "account", "amount"],
                name="entry_by_time",
            ),
        ),
        migrations.RunSQL(RULE, RULE_BEFORE),
    ]
