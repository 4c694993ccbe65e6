"""The library of materials: who may take what, the text with one's own link in it, the counting."""

import zipfile
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from base.private_files import smaller
from catalog.models import Category, Product
from distribution.academy.models import Material, MaterialPicture, Taking
from distribution.models import Distributor, Tier
from distribution.referral.links import address_of, product_address
from distribution.tiers.privileges import Privileges, privileges_of

LINK = "{link}"
# What pictures may be had in: the longest side in pixels; 0 is as stored.
SIZES = {"small": 750, "medium": 1242, "original": 0}


def may_take(privileges: Privileges, material: Material) -> bool:
    """The one place where the library asks who may take what."""
    return privileges.may_take(material.level)


def privileges_for(distributor: Distributor) -> Privileges:
    return privileges_of(distributor)


def what_opens(privileges: Privileges, material: Material, tiers: Iterable[Tier]) -> str:
    """Why somebody may not take it yet, and with what they may. `tiers`: the lowest first."""
    if not privileges.is_active:
        return _("账号目前不是正常状态，暂时不能领取素材。")
    tier = next((tier for tier in tiers if tier.material_level >= material.level), None)
    if tier is None:
        return _("这份素材目前没有等级可以领取。")
    return _("升到“%(tier)s”后可以领取。") % {"tier": tier.title}


def published_materials(
    *,
    product: Product | None = None,
    category: Category | None = None,
    channel: str = "",
    search: str = "",
) -> QuerySet[Material]:
    """Newest first, with goods and pictures: three queries. A category counts those below it."""
    materials = Material.objects.filter(is_published=True)
    if product:
        materials = materials.filter(product=product)
    if category:
        materials = materials.filter(product__category__path__contains=[category.pk])
    if channel:
        materials = materials.filter(channel=channel)
    if search:
        words = Q()
        for name in ("name", "name_en", "body", "body_en", "product__name", "product__name_en"):
            words |= Q(**{f"{name}__icontains": search})
        materials = materials.filter(words)
    pictures = MaterialPicture.objects.order_by("position", "pk")
    return (
        materials.select_related("product")
        .prefetch_related(Prefetch("pictures", pictures))
        .order_by("-created_at", "-pk")
    )


def address_for(material: Material, distributor: Distributor) -> str:
    """The page it is about, by a short address that says who recommends it."""
    if material.product is None:
        return address_of(distributor.code)
    return product_address(distributor.code, material.product)


def text_for(material: Material, distributor: Distributor) -> str:
    """The text as it is copied: the distributor's own link where the writer put it, else last."""
    text = material.text.strip()
    if not text:
        return ""
    address = address_for(material, distributor)
    return text.replace(LINK, address) if LINK in text else f"{text}\n{address}"


def take(
    distributor: Distributor, material: Material, what: str, *, at: datetime | None = None
) -> Taking:
    """Count that something was taken."""
    return Taking.objects.create(
        distributor=distributor, material=material, what=what, at=at or timezone.now()
    )


def picture_data(picture: MaterialPicture, size: str) -> bytes:
    """A JPEG in one of SIZES."""
    longest = SIZES[size]
    with picture.file.open("rb") as stored:
        return smaller(stored, longest) if longest else stored.read()


def packed(material: Material, pictures: Iterable[MaterialPicture], text: str) -> bytes:
    """All pictures as stored, and the text, in one ZIP."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for number, picture in enumerate(pictures, start=1):
            archive.writestr(f"{number:02d}.jpg", picture_data(picture, "original"))
        if text:
            archive.writestr("text.txt", f"\ufeff{text}\n")
    return buffer.getvalue()


def with_takings(materials: QuerySet[Material]) -> QuerySet[Material]:
    """Add how often each was taken, and by how many."""
    return materials.annotate(
        taken=Count("takings", distinct=True),
        takers=Count("takings__distributor", distinct=True),
    )
