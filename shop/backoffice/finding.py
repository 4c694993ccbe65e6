"""Finding people as merchants name them."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from distribution.models import Distributor


def find_distributor(text: str) -> Distributor:
    """By code, member number or phone. Raises ValidationError when there is none."""
    for lookup in ("code__iexact", "user__member_no__iexact", "user__phone"):
        found = Distributor.objects.select_related("tier").filter(**{lookup: text}).first()
        if found:
            return found
    raise ValidationError(_("没有这个分销商：%(text)s") % {"text": text})
