"""Paying distributors: schedules, runs, payouts and the channels that carry the money.

Owns: when and how an available balance leaves the shop. May import: `base`, `orders`,
`distribution`. Balances themselves change only through `distribution.money.reservations`.
"""
