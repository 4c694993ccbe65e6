"""Signs that a commission may not be honest: found, shown with their evidence, decided by people.

Owns: footprints (keyed digests), thresholds, signals and the decisions on them. Touches nothing but
the commissions it names (through `distribution.money.holds`): never an order, a refund or a purchase.
May import: all of `distribution`, and what that may. Nothing of `distribution` imports this.
"""
