"""Goods: categories, products, variants, pictures, stock, search.

Owns: what can be bought, for how much, and how much of it there is. May import: `base`.
Knows nothing of carts, orders or distribution.
"""
