from shop.sandbox.models.cashier import (
    SandboxRepayment,
    SandboxTrade,
    SandboxTradeNotice,
    SandboxWish,
)
from shop.sandbox.models.phone import SandboxMessage
from shop.sandbox.models.transfers import SandboxTransfer

__all__ = [
    "SandboxMessage",
    "SandboxRepayment",
    "SandboxTrade",
    "SandboxTradeNotice",
    "SandboxTransfer",
    "SandboxWish",
]
