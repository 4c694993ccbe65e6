"""Moving in from another shop: CSV files of products, members, rules, orders and refunds.

Owns: the form of those files, their checks, and bringing them in, all or nothing per file and
safe to repeat. May import: every room; none of them imports it.
"""
