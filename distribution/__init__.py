"""The rule of two levels: distributors, relations, rules, commissions and their ledger.

Owns: who recommended whom, what each order owes to whom and why, and every balance.
May import: `base`, `catalog`, `orders` (it listens to `orders.signals`).
"""
