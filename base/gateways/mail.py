"""E-mail, through whatever Django is set up to send with; a transport of the outbox."""

from smtplib import SMTPRecipientsRefused

from django.core.mail import EmailMessage

from base.outbox import Refused


def send_mail(recipient: str, subject: str, text: str, *, reference: str) -> None:
    """Send a plain message. Raises Refused when the mail server knows no such recipient; what
    else it raises may be tried again."""
    headers = {"X-Reference": reference}
    message = EmailMessage(subject=subject, body=text, to=[recipient], headers=headers)
    try:
        message.send()
    except SMTPRecipientsRefused as refusal:
        code, _reason = refusal.recipients.get(recipient, (0, b""))
        if code >= 500:
            raise Refused(f"status {code}") from refusal
        raise
