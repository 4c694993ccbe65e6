"""Who serves a member and why it is this one, told from the timeline: for the merchant with names,
for the member and for a distributor without anybody's.

The words are the reader's, chosen when they read; the decisions are those made at the time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from base.accounts.models import User
from base.clock import within_days
from distribution.desk.team import masked_name
from distribution.models import Binding, Distributor, Recruitment, Trace
from distribution.policy import policy_at
from distribution.referral.recognition import awaits_first_order
from distribution.referral.relations import in_force
from distribution.referral.traces import Decision, Kind, Why
from distribution.states import IN_PROGRAMME, Status

TONES = {
    Decision.WON: "good",
    Decision.REFUSED: "bad",
    Decision.ENDED: "warn",
    Decision.KEPT: "info",
}
# What only the merchant is told of a distributor; to others: they cannot be bound to now.
STANDING_OF_THE_OTHER = (Why.NOT_APPROVED, Why.FROZEN, Why.RESIGNED, Why.BANNED)


@dataclass(frozen=True)
class Event:
    """One row of a timeline in words. `who` is for whom the sign spoke, `standing` who served the
    member until then."""

    at: datetime
    what: str
    decision: str
    tone: str
    why: str
    who: str = ""
    standing: str = ""
    until: datetime | None = None
    decided_at: datetime | None = None
    mode: str = ""
    note: str = ""
    by: str = ""


@dataclass(frozen=True)
class Service:
    """Who serves a member now, since when, until when, and what had decided it."""

    binding: Binding
    who: str
    decided_by: Event | None


def own_purchase_words(member: User, service: Service | None, *, at: datetime) -> str:
    """Whom what the member buys pays, in their language; the same question as at placement.
    Up to five queries."""
    is_distributor = Distributor.objects.filter(pk=member.pk, status__in=IN_PROGRAMME).exists()
    if is_distributor and policy_at(at).self_purchase:
        return _("你是分销商，商家开着自购返佣：你自己买东西，一级佣金算给你自己。")
    if service is not None and service.binding.distributor.status != Status.APPROVED:
        return _("为你服务的推荐人目前不得佣金。你付的钱不会因此改变。")
    if service is not None:
        return _("你买东西时，商家会付给这位推荐人一份佣金；你付的钱不会因此变多。")
    if awaits_first_order(member, at):
        return _(
            "目前还没有推荐人为你服务。你第一次下单时，会按你打开过的链接决定是谁，商家会付给 TA 一份佣金；你付的钱不会因此变多。"
        )
    recruited = Recruitment.objects.filter(in_force(at), distributor=member.pk)
    recruitment = recruited.select_related("recruiter__user").first() if is_distributor else None
    if recruitment is not None:
        return _(
            "目前没有推荐人绑定你。你自己买东西时，带你做推广的%(who)s得一级佣金；你付的钱不会因此变多。"
        ) % {"who": masked_name(recruitment.recruiter.user)}
    return _("目前没有推荐人为你服务。你买东西不会给任何人带来佣金。")


def history_of(member: User) -> QuerySet[Trace]:
    """All of a member's timeline, the latest first."""
    return member.traces.select_related(
        "distributor__user", "standing__user", "policy", "by"
    ).order_by("-at", "-pk")


def history_with(member: User, distributor: Distributor) -> QuerySet[Trace]:
    """What of it concerns one distributor."""
    concerns = Q(distributor=distributor) | Q(standing=distributor)
    return history_of(member).filter(concerns)


def in_stretch(
    traces: QuerySet[Trace],
    *,
    kind: str = "",
    decision: str = "",
    since: date | None = None,
    until: date | None = None,
) -> QuerySet[Trace]:
    """Of one kind, so decided, in these days; both days count."""
    if kind:
        traces = traces.filter(kind=kind)
    if decision:
        traces = traces.filter(decision=decision)
    return traces.filter(within_days("at", since, until))


def named_to_merchant(words: str) -> Q:
    """Rows in which the merchant reads these words: also a channel, a note, a person or a code."""
    named = _labelled(words, Why)
    for name in ("channel", "note", "distributor__user__name", "standing__user__name"):
        named |= Q(**{f"{name}__icontains": words})
    return named | Q(distributor__code__iexact=words) | Q(standing__code__iexact=words)


def named_to_member(words: str) -> Q:
    """Rows in which the member reads them; a code that they typed is theirs to know."""
    return _told_as(words) | Q(kind=Kind.PROMO_CODE, note__icontains=words)


def named_to_distributor(words: str, reader: Distributor) -> Q:
    """Rows in which a distributor reads them; channels and codes only of their own."""
    own = Q(channel__icontains=words) | Q(kind=Kind.PROMO_CODE, note__icontains=words)
    return _told_as(words) | (Q(distributor=reader) & own)


def _told_as(words: str) -> Q:
    """What only the merchant is told is not found by its own words either."""
    named = _labelled(words, (why for why in Why if why not in STANDING_OF_THE_OTHER))
    if words.lower() in _cannot_serve().lower():
        named |= Q(why__in=STANDING_OF_THE_OTHER)
    return named


def _labelled(words: str, whys: Iterable[Trace.Why]) -> Q:
    """Which kinds, decisions and reasons say so in the reader's language."""

    def called(choices: Iterable[Any]) -> list[str]:
        return [one.value for one in choices if words.lower() in str(one.label).lower()]

    return Q(kind__in=called(Kind)) | Q(decision__in=called(Decision)) | Q(why__in=called(whys))


def for_merchant(traces: Iterable[Trace]) -> list[Event]:
    """With names, reasons and who decided."""
    return [
        Event(
            at=trace.at,
            what=_what(trace, trace.channel or _code(trace)),
            decision=trace.get_decision_display(),
            tone=TONES.get(Decision(trace.decision), ""),
            why=trace.get_why_display(),
            who=_named(trace.distributor),
            standing=_named(trace.standing),
            until=trace.until,
            decided_at=trace.decided_at if trace.decided_at != trace.at else None,
            mode=trace.policy.get_binding_mode_display() if trace.policy else "",
            note=trace.note,
            by=str(trace.by) if trace.by else "",
        )
        for trace in traces
    ]


def for_member(traces: Iterable[Trace]) -> list[Event]:
    """To the member themselves: other people's names are masked, the merchant's notes left out, and
    what a distributor calls their channels."""
    return [
        _told(trace, _code(trace), _masked(trace.distributor), _masked(trace.standing))
        for trace in traces
    ]


def for_distributor(traces: Iterable[Trace], reader: Distributor) -> list[Event]:
    """To one who serves or served the member: they themselves, and nobody else by any name, channel
    or code."""

    def called(person: Distributor | None) -> str:
        if person is None:
            return ""
        return _("你") if person.pk == reader.pk else _("另一位推荐人")

    def through(trace: Trace) -> str:
        return trace.channel or _code(trace) if trace.distributor_id == reader.pk else ""

    return [
        _told(trace, through(trace), called(trace.distributor), called(trace.standing))
        for trace in traces
    ]


def service_of(member: User, *, at: datetime) -> Service | None:
    """Who serves a member at a moment, for the member to read. Two queries."""
    binding = (
        Binding.objects.filter(in_force(at), customer=member)
        .select_related("distributor__user")
        .first()
    )
    if binding is None:
        return None
    won = history_of(member).filter(
        decision=Decision.WON,
        distributor=binding.distributor_id,
        decided_at__lte=at,
        kind__in=(
            Kind.CLICK,
            Kind.LINK,
            Kind.PROMO_CODE,
            Kind.FIRST_ORDER,
            Kind.MERCHANT,
            Kind.IMPORT,
        ),
    )
    events = for_member(won[:1])
    return Service(binding, masked_name(binding.distributor.user), events[0] if events else None)


def _told(trace: Trace, through: str, who: str, standing: str) -> Event:
    is_out = trace.why in STANDING_OF_THE_OTHER
    return Event(
        at=trace.at,
        what=_what(trace, through),
        decision=trace.get_decision_display(),
        tone=TONES.get(Decision(trace.decision), ""),
        why=_cannot_serve() if is_out else trace.get_why_display(),
        who=who,
        standing=standing,
        until=trace.until,
    )


def _cannot_serve() -> str:
    return _("该推荐人目前不能服务顾客")


def _what(trace: Trace, through: str) -> str:
    kind = trace.get_kind_display()
    return _("%(kind)s“%(channel)s”") % {"kind": kind, "channel": through} if through else kind


def _code(trace: Trace) -> str:
    """What was typed in, where a code spoke."""
    return trace.note if trace.kind == Kind.PROMO_CODE else ""


def _named(distributor: Distributor | None) -> str:
    return f"{distributor.user} · {distributor.code}" if distributor else ""


def _masked(distributor: Distributor | None) -> str:
    return masked_name(distributor.user) if distributor else ""
