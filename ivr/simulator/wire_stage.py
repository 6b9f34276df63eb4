"""A stage whose citizens call by bare sockets, so that what they do and hear is timed at the wire.

The agent's telephone stays a real one (PJSIP): nothing is measured on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, cast

from ivr.errors import TelephonyError
from ivr.simulator.citizen import VirtualCitizen
from ivr.simulator.stage import Stage
from ivr.simulator.wire_leg import WireLeg

_ADDRESS: Final = re.compile(r"sip:(?P<number>[^@]+)@(?P<host>[^:;]+):(?P<port>\d+)")


@dataclass
class WireStage(Stage):
    """As :class:`~ivr.simulator.stage.Stage`, for lines that are named by address and port."""

    async def call(self, uri: str, *, caller: str = "", voice: str = "") -> VirtualCitizen:
        """A citizen dials ``uri``, whose leg is a :class:`~ivr.simulator.wire_leg.WireLeg`. Raises TelephonyError."""
        found = _ADDRESS.fullmatch(uri)
        if found is None:
            raise TelephonyError("wire", f"{uri} is no address with a port", "Write it as sip:1883@127.0.0.1:5060")
        where = (found["host"], int(found["port"]))
        leg = WireLeg(where, self._take, self._loop, called=found["number"], caller=caller)
        citizen = self._citizen(leg, voice)
        leg.start()
        return citizen

    def citizen(self, leg: WireLeg) -> VirtualCitizen:
        """Whose leg that is."""
        return cast(VirtualCitizen, self._people[leg.id])
