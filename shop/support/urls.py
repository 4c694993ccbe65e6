from django.urls import path

from shop.support.views import announcements, tickets

app_name = "support"

# Mounted at /me/.
urlpatterns = [
    path("announcements/", announcements.announcements, name="announcements"),
    path("announcements/<int:pk>/", announcements.announcement, name="announcement"),
    path("tickets/", tickets.tickets, name="tickets"),
    path("tickets/new/", tickets.new_ticket, name="new_ticket"),
    path("tickets/pictures/<int:pk>.jpg", tickets.picture, name="picture"),
    path("tickets/<str:number>/", tickets.ticket, name="ticket"),
    path("tickets/<str:number>/closure/", tickets.closure, name="closure"),
]
