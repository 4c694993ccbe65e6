from django.urls import path

from shop.sandbox import phone

app_name = "sandbox"

urlpatterns = [
    path("sms/", phone.receive_sms, name="sms"),
    path("mail/", phone.receive_mail, name="mail"),
    path("phone/", phone.phone, name="phone"),
]
