"""Who may do what at the line's own broker: plugins that amqtt loads by name."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from amqtt.contexts import Action, BaseContext
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

LINE, DESK, FIGURES = "line", "desk", "figures"
_IMPERSONAL: Final = ("ivr/v1/+/journal", "ivr/v1/+/alarm/+")
READS: Final[Mapping[str, Sequence[str]]] = {DESK: (*_IMPERSONAL, "ivr/v1/+/context", "ivr/v1/#"), FIGURES: _IMPERSONAL}
WRITES: Final[Mapping[str, Sequence[str]]] = {LINE: ("ivr/v1/#",)}


class Passwords(BaseAuthPlugin):  # type: ignore[misc]  # amqtt has no types
    """Nobody without a name and its password."""

    @dataclass
    class Config:
        """Passwords by user."""

        users: dict[str, str] = field(default_factory=dict, repr=False)

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        self._users: dict[str, str] = self._get_config_option("users", {})

    async def authenticate(self, *, session: Session) -> bool:
        given, kept = session.password or "", self._users.get(session.username or "", "")
        return bool(kept) and hmac.compare_digest(given.encode(), kept.encode())


class Rights(BaseTopicPlugin):  # type: ignore[misc]  # amqtt has no types
    """Only the line publishes; callers' data are for the desk alone."""

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool:
        user = (session.username if session is not None else None) or ""
        rights = WRITES if action is Action.PUBLISH else READS
        return any(allows(allowed, topic or "") for allowed in rights.get(user, ()))


def allows(allowed: str, wanted: str) -> bool:
    """A topic or filter lies within what is allowed; a wildcard that was asked for must be allowed as such."""
    here, there = allowed.split("/"), wanted.split("/")
    for level, part in enumerate(here):
        if part == "#":
            return True
        if level >= len(there) or there[level] == "#" or part not in ("+", there[level]):
            return False
    return len(here) == len(there)
