"""What the distribution room tells the rooms above. Sent inside the transaction.

balances_fell    `distributor_ids`, `at`: matured money was taken back from them; their balance
                 locks are held. Payouts rebuilds drafts that are no longer covered.
commissions_held `commissions`, `at`: mature commissions went back to pending; their payees' balance
                 locks are held. Payouts takes them out of the drafts that hold them.
leaving          `distributor`, `by`, `at`: is about to be banned; their balance lock is held.
                 Payouts gives back what has not been sent.
"""

from django.dispatch import Signal

balances_fell = Signal()
commissions_held = Signal()
leaving = Signal()
