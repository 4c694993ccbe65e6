from shop.sandbox.models.cashier import (
    SandboxRepayment,
    SandboxTrade,
    SandboxTradeNotice,
    SandboxWish,
)
from shop.sandbox.models.phone import SandboxMessage

__all__ = [
    "SandboxMessage",
    "SandboxRepayment",
    "SandboxTrade",
    "SandboxTradeNotice",
    "SandboxWish",
]
