"""Buying: cart, checkout, payment, shipping, receipt, after-sale and refunds.

Owns: an order's life and its events; speaks to the rooms above only through `orders.signals`
and the registries in `orders.registries`. May import: `base`, `catalog`. Never hears of
distribution.
"""
