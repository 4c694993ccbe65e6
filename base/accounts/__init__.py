"""People: users, addresses, sign-up and sign-in, consents.

Owns: who somebody is and how they prove it. May import: `base` and `base.gateways`.
Knows nothing of goods, orders or commissions.
"""
