"""The distribution agreement: versions, which is in force, and who accepted which, when.

When a new version begins, distributors are asked to accept it at their next visit. Until then
their tools for promoting (everything behind `access.distributor`) wait; links that are out keep
working, orders keep earning, and the pages of money stay open: what is earned is untouched.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from base.accounts.models import Consent, User
from base.audit import record_audit
from base.errors import DomainError, WrongState
from base.locks import lock_row
from base.pages import shop_name
from distribution.models import Agreement


class NotInForce(DomainError):
    """Another version than the one that was read is in force."""


@dataclass(frozen=True)
class Block:
    """A part of an agreement's text: `heading`, `paragraph` or `items`."""

    kind: str
    lines: Sequence[str]


def published(at: datetime) -> QuerySet[Agreement]:
    """The versions that had begun, the one in force first."""
    return Agreement.objects.filter(published_at__isnull=False, valid_from__lte=at).order_by(
        "-valid_from", "-pk"
    )


def agreement_at(at: datetime) -> Agreement:
    """The version in force at a moment. There is always one: the first holds since ever."""
    agreement = published(at).first()
    if agreement is None:
        raise Agreement.DoesNotExist(f"no agreement at {at}")
    return agreement


def current_agreement() -> Agreement:
    return agreement_at(timezone.now())


def has_accepted(at: datetime) -> Exists:
    """For annotating distributors: whether they accepted the version in force at `at`."""
    return Exists(
        Consent.objects.filter(
            user=OuterRef("pk"),
            document=Consent.Document.DISTRIBUTION,
            version=Subquery(published(at).values("version")[:1]),
        )
    )


def accept_agreement(
    user: User, *, version: str | None = None, at: datetime | None = None
) -> Consent:
    """Keep that the member accepted the agreement in force; again changes nothing.

    `version` is the one they read: raises NotInForce when another one has begun meanwhile.
    """
    at = at or timezone.now()
    agreement = agreement_at(at)
    if version is not None and version != agreement.version:
        raise NotInForce(_("协议刚刚有了新版本，请看过之后再同意。"))
    consent, _created = Consent.objects.get_or_create(
        user=user,
        document=Consent.Document.DISTRIBUTION,
        version=agreement.version,
        defaults={"at": at},
    )
    return consent


def publish_agreement(
    draft: Agreement, *, by: User | None, at: datetime | None = None
) -> Agreement:
    """Make a draft the shop's word from its `valid_from` on, or from now. Already published:
    returned as it is. Raises DomainError without both texts, and for a beginning in the past.
    """
    with transaction.atomic():
        agreement = lock_row(Agreement.objects.filter(pk=draft.pk))
        if agreement.is_published:
            return agreement
        at = at or timezone.now()
        if not agreement.text.strip() or not agreement.text_en.strip():
            raise DomainError(_("中文和英文正文都要填写。"))
        if agreement.valid_from is not None and agreement.valid_from < at:
            raise DomainError(_("生效时间不能早于现在；留空表示立即生效。"))
        agreement.valid_from = agreement.valid_from or at
        agreement.published_at, agreement.published_by = at, by
        agreement.save(update_fields=["valid_from", "published_at", "published_by"])
        record_audit("publish_agreement", agreement, by=by, valid_from=agreement.valid_from)
    return agreement


def require_draft(agreement: Agreement) -> None:
    """Raise WrongState for a version that is published: nothing in it changes any more."""
    if Agreement.objects.filter(pk=agreement.pk, published_at__isnull=False).exists():
        raise WrongState(_("已发布的协议不能再改，请新建一个版本。"))


def blocks_of(agreement: Agreement) -> list[Block]:
    """The text in the reader's language, ready to be laid out."""
    text = agreement.body.replace("{shop}", shop_name()).replace("\r\n", "\n")
    return [_block(part) for part in re.split(r"\n\s*\n", text.strip())]


def _block(part: str) -> Block:
    lines = [line.strip() for line in part.splitlines()]
    if lines[0].startswith("## ") and len(lines) == 1:
        return Block("heading", [lines[0][3:].strip()])
    if all(line.startswith("- ") for line in lines):
        return Block("items", [line[2:].strip() for line in lines])
    return Block("paragraph", lines)
