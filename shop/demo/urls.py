from django.urls import path

from shop.demo import views

app_name = "demo"

urlpatterns = [
    path("", views.tour, name="tour"),
    path("<slug:name>/", views.act, name="act"),
]
