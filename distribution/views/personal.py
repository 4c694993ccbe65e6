"""What a distributor gets on every page: the way to their own."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from distribution.models import Distributor
from distribution.states import IN_PROGRAMME


def promote_tab(request: HttpRequest) -> str:
    """The tab 推广 in the bars, for people in the programme; nothing for anybody else."""
    if not request.user.is_authenticated:
        return ""
    if not Distributor.objects.filter(pk=request.user.pk, status__in=IN_PROGRAMME).exists():
        return ""
    shown_page = urlsplit(request.headers.get("HX-Current-URL", "")).path
    rooms = (reverse("distribution:dashboard"), reverse("payouts:list"))
    return render_to_string(
        "distribution/promote_tab.html", {"is_here": shown_page.startswith(rooms)}
    )
