from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from base.access import public
from distribution.models import Distributor
from shop.demo import console
from shop.demo.people import FIRST, PASSWORD, SIGN_INS


@public
def tour(request: HttpRequest) -> HttpResponse:
    """The way from a link to money paid out, step by step, with time in the visitor's hands."""
    first = Distributor.objects.filter(user__phone=FIRST.phone).first()
    context = {"first": first, "sign_ins": SIGN_INS, "password": PASSWORD}
    return render(request, "demo/tour.html", context)


def _ship() -> str:
    return _("已发出 %(count)d 笔订单。") % {"count": console.ship_all()}


def _receive() -> str:
    return _("%(count)d 笔订单已确认收货。") % {"count": console.receive_all()}


def _mature() -> str:
    return _("过了 8 天：%(count)d 笔佣金可结算。") % {"count": console.mature_all()}


def _pay_out() -> str:
    run, count = console.pay_out()
    return _("批次“%(run)s”：%(count)d 笔已审批，正在打款，几秒后到账。") % {
        "run": run,
        "count": count,
    }


ACTS: dict[str, Callable[[], str]] = {
    "shipments": _ship,
    "receipts": _receive,
    "maturity": _mature,
    "payouts": _pay_out,
}


@require_POST
@public
def act(request: HttpRequest, name: str) -> HttpResponse:
    """Let one thing happen that takes days in a shop."""
    if name not in ACTS:
        raise Http404
    messages.success(request, ACTS[name]())
    return redirect("demo:tour")
