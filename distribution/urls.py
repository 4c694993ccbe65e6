from django.urls import path

from distribution.views import (
    dashboard,
    earnings,
    joining,
    links,
    membership,
    selection,
    team,
    timelines,
)

app_name = "distribution"
urlpatterns = [
    path("r/<str:code>/", links.referral, name="referral"),
    path("distribution/", dashboard.dashboard, name="dashboard"),
    path("distribution/join/", joining.joining, name="join"),
    path("distribution/agreement/", membership.agreement, name="agreement"),
    path("distribution/agreement/acceptance/", membership.acceptance, name="acceptance"),
    path("distribution/agreement/<slug:version>/", membership.agreement, name="agreement_version"),
    path("distribution/contact/", membership.contact, name="contact"),
    path("distribution/resignation/", membership.resignation, name="resignation"),
    path("distribution/links/", links.links, name="links"),
    path("distribution/links/<str:code>/qr.png", links.link_png, name="link_png"),
    path("distribution/links/<str:code>/qr.svg", links.link_svg, name="link_svg"),
    path("distribution/commissions/", earnings.commissions, name="commissions"),
    path("distribution/commissions/<int:pk>/", earnings.commission, name="commission"),
    path("distribution/orders/", earnings.orders, name="orders"),
    path("distribution/team/", team.team, name="team"),
    path("distribution/team/<int:pk>/", timelines.customer, name="customer"),
    path("me/recommender/", timelines.recommender, name="recommender"),
    path("distribution/selection/", selection.selection, name="selection"),
    path("distribution/selection/<int:product>/", selection.picking, name="picking"),
    path("distribution/selection/<int:product>/removal/", selection.removal, name="pick_removal"),
    path("distribution/shown-earnings/", selection.shown_earnings, name="shown_earnings"),
    path("shelf/<str:code>/", selection.shelf, name="shelf"),
]
