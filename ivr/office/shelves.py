"""The quality unit's desk, the audit log and the vault behind the pages: each in a thread of its own.

What is done with a recording is on the log before it is done; a log that can't be
written stops the deed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from ivr.office.audit import Audit, Did
from ivr.office.identity_tries import TryBook
from ivr.office.site import Visitor
from ivr.people.staff import Employee
from ivr.quality.desk import Desk
from ivr.quality.index import Found
from ivr.quality.register import Grant
from ivr.quality.scorecard import Scorecard
from ivr.vault.catalogue import Certificate, Kept
from ivr.vault.vault import Vault

T = TypeVar("T")
R = TypeVar("R")
_PIECE: Final = 256 * 1024


class Threaded(Generic[T]):
    """One thread, and what ``opened`` makes in it; work is done in order."""

    def __init__(self, opened: Callable[[], T], name: str) -> None:
        self._opened = opened
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._made: T | None = None

    async def do(self, work: Callable[[T], R]) -> R:
        """``work`` in the thread; raises what it raises, and what opening raises."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._with, work)

    def _with(self, work: Callable[[T], R]) -> R:
        if self._made is None:
            self._made = self._opened()
        return work(self._made)


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation, whose it is, and the purpose for which it was opened (None: none stated yet)."""

    found: Found
    owner: Employee
    grant: Grant | None


class Shelves:
    """``desk``, ``audit`` and ``vault`` are opened in their threads at first use; ``vault`` None: nothing is kept.

    ``recordings``: the folder of sound that is not sealed, or not yet. ``tries``: the log of tries to prove who calls.
    """

    def __init__(
        self,
        desk: Callable[[], Desk],
        audit: Callable[[], Audit],
        vault: Callable[[], Vault] | None,
        scorecard: Scorecard,
        recordings: Path | None = None,
        tries: TryBook | None = None,
    ) -> None:
        self._desk = Threaded(desk, "quality")
        self._audit = Threaded(audit, "audit")
        self._vault = Threaded(vault, "sound") if vault is not None else None
        self.scorecard = scorecard
        self._recordings = recordings
        self.tries = tries

    async def desk(self, work: Callable[[Desk], R]) -> R:
        return await self._desk.do(work)

    async def fresh(self, work: Callable[[Desk], R]) -> R:
        """Like :meth:`desk`, after the index has caught up with the journal."""

        def caught_up(desk: Desk) -> R:
            desk.index.catch_up(desk.journal)
            return work(desk)

        return await self._desk.do(caught_up)

    async def erase_unsealed(self, call: str) -> None:
        """The sound that lies outside the vault; ``call`` is an id of the index. Raises OSError when it can't go."""
        if self._recordings is not None:
            await asyncio.to_thread((self._recordings / f"{call}.wav").unlink, missing_ok=True)

    async def audit(self, work: Callable[[Audit], R]) -> R:
        return await self._audit.do(work)

    async def note(self, visitor: Visitor, did: Did, subject: str, purpose: str = "") -> None:
        """Write on the log what the visitor is about to do."""
        employee = visitor.employee
        await self._audit.do(lambda audit: audit.write(employee.id, employee.name, did, subject, purpose))

    async def opened(self, visitor: Visitor, call: str, employee: int) -> Opened | None:
        """A conversation as this visitor has it before them; None: there is none."""

        def find(desk: Desk) -> Opened | None:
            found, owner = desk.index.one(call, employee), desk.people().get(employee)
            if found is None or owner is None:
                return None
            return Opened(found, owner, desk.register.granted(visitor.employee.id, call, employee))

        return await self.fresh(find)

    async def sound_size(self, name: str) -> int | None:
        """Bytes of a recording; None: no vault.

        Raises:
            VaultError: it is not in the vault, damaged, or its key is lost.
        """
        return await self._vault.do(lambda vault: vault.size(name)) if self._vault else None

    async def sound(self, name: str, start: int, length: int) -> AsyncIterator[bytes]:
        """Decrypted bytes, a piece at a time, so that eight players share one thread."""
        while length > 0 and self._vault is not None:
            want = min(_PIECE, length)
            at = start
            # Bound as defaults, so that they do not follow the loop; mypy infers no such lambda.
            piece = await self._vault.do(lambda vault, at=at, want=want: b"".join(vault.read(name, at, want)))  # type: ignore[misc]
            yield piece
            start, length = start + len(piece), length - len(piece)
            if not piece:
                return

    async def whole_sound(self, name: str) -> bytes:
        """All of a recording, decrypted in memory."""
        size = await self.sound_size(name)
        return b"".join([piece async for piece in self.sound(name, 0, size or 0)])

    async def erase(self, name: str, by: str, reason: str) -> Certificate | None:
        return await self._vault.do(lambda vault: vault.erase(name, by, reason)) if self._vault else None

    async def hold(self, name: str, reason: str) -> None:
        if self._vault:
            await self._vault.do(lambda vault: vault.hold(name, reason))

    async def kept(self, name: str) -> Kept | None:
        return await self._vault.do(lambda vault: vault.kept(name)) if self._vault else None
