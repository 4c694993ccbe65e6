from django.urls import path

from shop.sandbox import calls, cashier, phone, transfer_calls, wechat

app_name = "sandbox"

urlpatterns = [
    path("sms/", phone.receive_sms, name="sms"),
    path("mail/", phone.receive_mail, name="mail"),
    path("phone/", phone.phone, name="phone"),
    path("cashier/", cashier.counter, name="counter"),
    path("cashier/wish/", cashier.wish, name="wish"),
    path("cashier/<str:number>/", cashier.cashier, name="cashier"),
    path("cashier/<str:number>/payment/", cashier.payment, name="payment"),
    path("trades/query/", calls.query, name="query"),
    path("trades/close/", calls.close, name="close"),
    path("repayments/", calls.repay, name="repay"),
    path("transfers/", transfer_calls.page, name="transfers"),
    path("transfers/wish/", transfer_calls.wish, name="transfer_wish"),
    path("transfers/send/", transfer_calls.send, name="transfer_send"),
    path("transfers/query/", transfer_calls.query, name="transfer_query"),
    path("wechat/cgi-bin/token", wechat.token, name="wechat_token"),
    path("wechat/cgi-bin/ticket/getticket", wechat.ticket, name="wechat_ticket"),
    path("wechat/jweixin.js", wechat.script, name="wechat_script"),
    path("wechat/check/", wechat.check, name="wechat_check"),
]
