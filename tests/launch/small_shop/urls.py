from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.urls import path


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def groups(request: HttpRequest) -> HttpResponse:
    return HttpResponse(",".join(Group.objects.values_list("name", flat=True)))


urlpatterns = [path("healthz", healthz), path("groups", groups)]
