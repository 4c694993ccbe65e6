"""Text messages, by the gateway the sandbox plays; a transport of the outbox."""

from base.gateways.signed_http import Unknown, post_signed
from base.outbox import Refused


def send_sms(recipient: str, subject: str, text: str, *, reference: str) -> None:
    """Send `text` (an SMS has no subject). The gateway takes a `reference` only once.

    Raises Refused when the gateway says no for good, Unknown when it may be tried again.
    """
    status, answer = post_signed("/sms/", {"reference": reference, "to": recipient, "text": text})
    if status == 200:
        return
    reason = str(answer.get("error", status))
    if status in (400, 422):
        raise Refused(reason)
    raise Unknown(reason)
