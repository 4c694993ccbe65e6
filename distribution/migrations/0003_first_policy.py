"""A shop always has a policy: the first holds since ever, so that moved-in orders have one too.

The three tiers carry no uplift until the merchant gives them one.
"""

from datetime import UTC, datetime

from django.db import migrations

TIERS = [("bronze", "青铜", "Bronze", 1), ("silver", "白银", "Silver", 2), ("gold", "黄金", "Gold", 3)]


def begin(apps, schema_editor):
    apps.get_model("distribution", "Policy").objects.create(valid_from=datetime(1970, 1, 1, tzinfo=UTC))
    tiers = apps.get_model("distribution", "Tier").objects
    for code, name, name_en, rank in TIERS:
        tiers.create(code=code, name=name, name_en=name_en, rank=rank)


class Migration(migrations.Migration):
    dependencies = [("distribution", "0002_ledger_rules")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
