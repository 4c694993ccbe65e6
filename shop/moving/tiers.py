"""Tiers by the label another shop gave them: its code here, or one of its names."""

from collections.abc import Iterable

from distribution.models import Tier


def known_tiers(labels: Iterable[str]) -> dict[str, Tier]:
    """The tiers these labels name; a label nobody knows is left out."""
    tiers = list(Tier.objects.order_by("rank", "pk"))
    names = {name: tier for tier in reversed(tiers) for name in (tier.name, tier.name_en) if name}
    by_label = names | {tier.code: tier for tier in tiers}
    return {label: by_label[label] for label in labels if label in by_label}


def open_tiers(labels: Iterable[str]) -> dict[str, Tier]:
    """The tiers these labels name; new labels become tiers without uplift."""
    labels = list(labels)
    tiers = known_tiers(labels)
    for label in labels:
        if label not in tiers:
            tiers[label] = Tier.objects.create(code=label, name=label)
    return tiers
