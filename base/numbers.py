"""Numbers people and gateways see: at most 32 characters, only digits and capital letters.

That fits every gateway (WeChat 32 alphanumeric, UnionPay no `-` or `_`).
"""

import secrets
from datetime import datetime

from django.utils import timezone

# No 0/O, 1/I/L: read aloud and typed from a poster without mistakes.
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_number(prefix: str, at: datetime) -> str:
    """`prefix` + Beijing date and time + 8 random characters: one in 6·10¹¹ within a second."""
    return f"{prefix}{timezone.localtime(at):%y%m%d%H%M%S}{new_code()}"


def new_code(length: int = 8) -> str:
    """A random code that is easy to read and type."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))
