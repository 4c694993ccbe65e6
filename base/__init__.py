"""The ground every room stands on.

Owns: money, locks, transitions, access policies, numbers, domain errors, the audit log
and the outbox of messages. The rooms inside it: `base.accounts` (people) and
`base.gateways` (transports to the outside). May import: Django and libraries, nothing above.
"""
