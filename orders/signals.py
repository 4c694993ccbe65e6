"""What the order room tells the rooms above. Five signals, one send site: `orders.events`.

Each is sent inside the transaction of the change, with `events`: a list of OrderEvent of that
kind, oldest first, whose orders are locked. A live order is a list of one. Receivers do database
work only, are safe to repeat, and raise when they cannot do their part: the event then stays
unhandled and comes again, while the order stands.

order_placed     lines, prices and discounts are fixed; nothing is paid.
order_paid       the money is here; `event.at` is when.
order_received   every line is received (virtual goods: delivered at payment).
order_refunded   `event.refund` is done and its lines' refunded sums already include it.
order_cancelled  closed before payment; the stock is back.
"""

from django.dispatch import Signal

order_placed = Signal()
order_paid = Signal()
order_received = Signal()
order_refunded = Signal()
order_cancelled = Signal()
