"""The outside world, played: a payment gateway with its cashier, a transfer gateway, a phone.

Imports none of our code: a simulator that shared it would prove nothing. Speaks to the shop
only by HTTP, as the real ones do. Mounted only where `SANDBOX` is on.
"""
