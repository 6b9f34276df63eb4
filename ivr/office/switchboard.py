"""Who takes which call: agents are chosen, reserved, told of by the desk, and freed again.

One switchboard lives in the office's process. Workers ask it through a socket, the desk's pages directly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from ivr.office.database import open_office
from ivr.office.keeper import Keeper
from ivr.office.offers import Offers, OfferState
from ivr.store.database import StoreDatabase, open_database


class Switchboard:
    """``office`` and ``journal``: the two databases, asked in their own threads. ``titles``: of topics, by id."""

    def __init__(self, office: Path, journal: Path, utcnow: Callable[[], datetime], titles: Mapping[str, str]) -> None:
        self._office, self._utcnow = Keeper(lambda: open_office(office), "switchboard"), utcnow
        self._journal = Keeper(lambda: open_database(journal), "switchboard-journal")
        self._titles = titles

    async def answer(self, offer: int, accept: bool) -> bool:
        """The desk's buttons: the agent takes or declines what rings; false when it doesn't ring any more."""
        state = OfferState.ACCEPTED if accept else OfferState.DECLINED
        at = self._utcnow()

        def change(database: StoreDatabase) -> bool:
            return Offers(database).set_state(offer, state, at, "desk")

        return await self._office.do(change)
