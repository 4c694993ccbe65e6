from django.urls import path

from payouts.views import payouts

app_name = "payouts"
urlpatterns = [
    path("", payouts.payouts, name="list"),
    path("<str:number>/", payouts.payout, name="detail"),
]
