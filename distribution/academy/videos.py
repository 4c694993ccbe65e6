"""Links to videos: only to places the merchant's readers know, over https, shown as links."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def check_video_address(address: str) -> None:
    """A validator: https, and one of settings.VIDEO_HOSTS or a part of one."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    is_known = any(host == known or host.endswith(f".{known}") for known in settings.VIDEO_HOSTS)
    if parts.scheme != "https" or not is_known or parts.username or parts.port not in (None, 443):
        hosts = ", ".join(settings.VIDEO_HOSTS)
        raise ValidationError(
            _("视频链接须以 https:// 开头，并来自：%(hosts)s。") % {"hosts": hosts}
        )


def host_of(address: str) -> str:
    """Where a video is, for people: bilibili.com."""
    return (urlsplit(address).hostname or "").removeprefix("www.")
