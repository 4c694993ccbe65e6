from distribution.models.change_set import ChangeSet, RuleChange
from distribution.models.commission import Commission, Reversal
from distribution.models.dry_run import DryRun, DryRunEffect
from distribution.models.evidence import EvidencePack
from distribution.models.hold import Hold
from distribution.models.joining import Acceptance, Agreement, Application, ContactDetails
from distribution.models.ledger import Balance, Entry, Transfer
from distribution.models.people import Distributor, Standing, Tier, TierUplift
from distribution.models.policy import Policy
from distribution.models.presentation import Presentation
from distribution.models.privileges import PositionPrivileges
from distribution.models.promo import PromoCode, PromoUse
from distribution.models.recruiting import Candidate, Invitation
from distribution.models.relations import Binding, Click, ClickDay, Link, Recruitment
from distribution.models.reservation import Allocation, Reservation
from distribution.models.result import Result
from distribution.models.rules import Rule
from distribution.models.selection import Pick
from distribution.models.story import Story
from distribution.models.terms import LineTerms, OrderTerms
from distribution.models.tiering import TierCalendar, TierReview, TierTask
from distribution.models.traces import Trace

__all__ = [
    "Acceptance",
    "Agreement",
    "Allocation",
    "Application",
    "Balance",
    "Binding",
    "Candidate",
    "ChangeSet",
    "Click",
    "ClickDay",
    "Commission",
    "ContactDetails",
    "Distributor",
    "DryRun",
    "DryRunEffect",
    "Entry",
    "EvidencePack",
    "Hold",
    "Invitation",
    "LineTerms",
    "Link",
    "OrderTerms",
    "Pick",
    "Policy",
    "PositionPrivileges",
    "Presentation",
    "PromoCode",
    "PromoUse",
    "Recruitment",
    "Reservation",
    "Result",
    "Reversal",
    "Rule",
    "RuleChange",
    "Standing",
    "Story",
    "Tier",
    "TierCalendar",
    "TierReview",
    "TierTask",
    "TierUplift",
    "Trace",
    "Transfer",
]
