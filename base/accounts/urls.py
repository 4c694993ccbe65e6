from django.urls import path

from base.accounts.views import addresses, documents, entry, inbox, me, passwords

app_name = "accounts"

# Mounted at /me/.
urlpatterns = [
    path("", me.me, name="me"),
    path("profile/", me.profile, name="profile"),
    path("consents/", me.consents, name="consents"),
    path("email/", me.email, name="email"),
    path("email/removal/", me.email_removal, name="email_removal"),
    path("password/", passwords.my_password, name="password"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/reading/", inbox.reading_all, name="inbox_reading"),
    path("inbox/choices/", inbox.choices, name="inbox_choices"),
    path("inbox/<int:pk>/reading/", inbox.reading, name="message_reading"),
    path("addresses/", addresses.addresses, name="addresses"),
    path("addresses/new/", addresses.new_address, name="new_address"),
    path("addresses/<int:pk>/", addresses.address, name="address"),
    path("addresses/<int:pk>/default/", addresses.address_default, name="address_default"),
    path("addresses/<int:pk>/removal/", addresses.address_removal, name="address_removal"),
]

# Mounted at /accounts/; the names are the ones allauth redirects to.
entry_routes = [
    path("login/", entry.sign_in, name="account_login"),
    path("login/password/", entry.sign_in_by_password, name="account_login_by_password"),
    path("signup/", entry.sign_up, name="account_signup"),
    path("logout/", entry.sign_out, name="account_logout"),
    path("inactive/", entry.inactive, name="account_inactive"),
    path("password/reset/", passwords.reset_password, name="account_reset_password"),
]

# Mounted at the root.
document_routes = [
    path("terms/", documents.terms, name="terms"),
    path("privacy/", documents.privacy, name="privacy"),
    path("help/", documents.help_page, name="help"),
]
