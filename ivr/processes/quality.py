"""The quality unit's desk of a configuration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ivr.config import Config
from ivr.office.database import open_office
from ivr.office.roster import Roster
from ivr.quality.desk import Desk, Places, open_desk


def desk_of(config: Config, utcnow: Callable[[], datetime]) -> Desk:
    """Open it in the thread that will use it.

    Raises:
        StoreError: a database can't be used.
    """
    roster = Roster(open_office(config.office_path))
    places = Places(config.journal_path, config.quality_path, config.quality_index_path)
    return open_desk(places, roster.everybody, utcnow)
