"""What gateways tell us. The raw body is verified first; a repeat is a yes again."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from base.access import public
from base.gateways.sandbox_pay import BadNotice, read_notice
from base.gateways.signing import BadSignature
from orders.payments import WrongNotice
from orders.sandbox import take_notice

logger = logging.getLogger(__name__)


@csrf_exempt
@public
@require_POST
def sandbox(request: HttpRequest) -> HttpResponse:
    """2xx once it is kept and done; 4xx for what is not signed or not ours, and nothing changes."""
    try:
        told = read_notice(request.body, request.headers)
        take_notice(told, request.body.decode())
    except BadSignature as error:
        logger.warning("unsigned notice refused: %s", error)
        return HttpResponse(status=401)
    except (BadNotice, WrongNotice) as error:
        logger.warning("signed notice refused: %s", error)
        return HttpResponse(status=422)
    return HttpResponse(status=204)
