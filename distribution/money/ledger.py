"""Writing the books: double-entry transfers whose keys make every movement happen once.

A positive entry adds to its account; the entries of a transfer sum to zero, which the database
checks at commit. Balances follow the entries of `available` and `reserved`; whoever writes those
holds the balance locks (`distribution.money.balances`). Entries on `pending` need no lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from base.money import ZERO
from distribution.models import Entry, Transfer
from distribution.states import SHOP_ACCOUNTS, Account


@dataclass(frozen=True)
class Posting:
    """One transfer to be written: what moves between which accounts.

    `moves` maps (account, distributor id or None for the shop's own) to an amount; zero amounts
    are left out, and a posting in which nothing moves is not written.
    """

    kind: Transfer.Kind
    key: str
    at: datetime
    moves: dict[tuple[Account, int | None], Decimal] = field(default_factory=dict)

    def add(self, account: Account, distributor_id: int | None, amount: Decimal) -> None:
        place = (account, distributor_id)
        self.moves[place] = self.moves.get(place, ZERO) + amount

    def move(
        self,
        source: Account,
        target: Account,
        amount: Decimal,
        *,
        distributor_id: int,
    ) -> None:
        """Take `amount` from one account to another; the shop's own accounts have no owner."""
        self.add(source, None if source in SHOP_ACCOUNTS else distributor_id, -amount)
        self.add(target, None if target in SHOP_ACCOUNTS else distributor_id, amount)


def post(postings: Sequence[Posting]) -> list[Transfer]:
    """Write the transfers and their entries in two inserts.

    Raises IntegrityError when a key exists already: the movement has happened.
    """
    written = []
    for posting in postings:
        moves = {place: amount for place, amount in posting.moves.items() if amount}
        if moves:
            written.append((posting, moves))
    transfers = Transfer.objects.bulk_create(
        Transfer(kind=posting.kind, key=posting.key, at=posting.at, entry_count=len(moves))
        for posting, moves in written
    )
    Entry.objects.bulk_create(
        (
            Entry(
                transfer=transfer,
                kind=transfer.kind,
                at=transfer.at,
                account=account,
                distributor_id=owner,
                amount=amount,
            )
            for transfer, (_, moves) in zip(transfers, written, strict=True)
            for (account, owner), amount in moves.items()
        ),
        batch_size=5000,
    )
    return transfers
