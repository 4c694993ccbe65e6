"""Moving in from another shop: CSV files of products, members, rules, orders and refunds.

Owns: the form of those files, their checks, and bringing them in, all or nothing per file and
safe to repeat. Part of the roof: may import every room; they never import it.
"""
