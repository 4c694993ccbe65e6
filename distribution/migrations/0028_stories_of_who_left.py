from typing import Any

from django.db import migrations


def end_stories(apps: Any, schema_editor: Any) -> None:
    """Consent ended when their tellers left or were banned; from now on leaving writes it down."""
    stories = apps.get_model("distribution", "Story")
    out = ["resigned", "withdrawn", "banned"]
    told = stories.objects.filter(distributor__status__in=out).exclude(state="withdrawn")
    told.update(state="withdrawn")


class Migration(migrations.Migration):
    dependencies = [("distribution", "0027_withdrawn_invitations_and_held_down_tiers")]

    operations = [migrations.RunPython(end_stories, migrations.RunPython.noop)]
