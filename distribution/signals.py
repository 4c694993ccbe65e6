"""What the distribution room tells the rooms above. Sent inside the transaction.

balances_fell    `distributor_ids`, `at`: matured money was taken back from them; their balance
                 locks are held. Payouts rebuilds drafts that are no longer covered.
commission_held  `commission`, `at`: a mature commission went back to pending; its payee's balance
                 lock is held. Payouts takes it out of the drafts that hold it.
leaving          `distributor`, `by`, `at`: is about to be banned; their balance lock is held.
                 Payouts gives back what has not been sent.
"""

from django.dispatch import Signal

balances_fell = Signal()
commission_held = Signal()
leaving = Signal()
