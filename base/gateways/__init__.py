"""Transports to the outside world: signed calls without shop nouns.

Owns: how to speak to a payment gateway, a transfer gateway, a text-message service. May import:
`base`. Every answer is definite (ok, failed) or unknown; unknown is never failed.
"""
