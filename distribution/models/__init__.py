from distribution.models.commission import Commission, Reversal
from distribution.models.ledger import Balance, Entry, Transfer
from distribution.models.people import Distributor, Standing, Tier, TierUplift
from distribution.models.policy import Policy
from distribution.models.privileges import PositionPrivileges
from distribution.models.relations import Binding, Click, Link, Recruitment
from distribution.models.reservation import Allocation, Reservation
from distribution.models.rules import Rule
from distribution.models.terms import LineTerms, OrderTerms

__all__ = [
    "Allocation",
    "Balance",
    "Binding",
    "Click",
    "Commission",
    "Distributor",
    "Entry",
    "LineTerms",
    "Link",
    "OrderTerms",
    "Policy",
    "PositionPrivileges",
    "Recruitment",
    "Reservation",
    "Reversal",
    "Rule",
    "Standing",
    "Tier",
    "TierUplift",
    "Transfer",
]
