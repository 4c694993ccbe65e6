from dataclasses import dataclass

from django.utils.translation import gettext as _

from base.models import AuditEntry


@dataclass(frozen=True)
class Outcome:
    """What became of a file: how many of its things are new, and how many were there before."""

    file: str
    new: int
    known: int
    note: str = ""

    def __str__(self) -> str:
        text = _("%(file)s：新增 %(new)d，已有 %(known)d") % {
            "file": self.file,
            "new": self.new,
            "known": self.known,
        }
        return f"{text} {self.note}".rstrip()

    def record(self) -> None:
        """One audit row for a file that brought something in."""
        if self.new:
            AuditEntry.objects.create(
                action="import_shop",
                target_type="shop.moving",
                target_id=self.file,
                target_name=self.file,
                details={"new": str(self.new), "known": str(self.known)},
            )
