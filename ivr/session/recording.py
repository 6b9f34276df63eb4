"""One call's recording: when it may start, what it became, and the journal's word on it.

Fail closed (X2): without a completed notice nothing is recorded and the state
is ``blocked``; with recording switched off or objected to it is ``declined``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from ivr.errors import IvrError
from ivr.events import FRAME_S, JournalKind, RecordingState
from ivr.session.ports import Door, LegLike, RecorderLike, Result

log = structlog.get_logger(__name__)


class CallRecording:
    """Owns the recorder of one call and writes ``recording.*`` to the journal."""

    def __init__(
        self,
        call_id: str,
        leg: LegLike,
        door: Door,
        note: Callable[[JournalKind, Mapping[str, object], datetime | None], None],
        on_change: Callable[[RecordingState, bool], None],
    ) -> None:
        self._call_id, self._leg, self._door = call_id, leg, door
        self._note, self._on_change = note, on_change
        self._path = door.recordings_dir / f"{call_id}.wav"
        self._recorder: RecorderLike | None = None
        self._result: Result | None = None
        self._loop = asyncio.get_running_loop()
        self._noted_start = False
        self._ending: asyncio.Task[None] | None = None  # an end that the mind asked for
        self.ended_at: datetime | None = None
        self.state = RecordingState.BLOCKED if door.facts.recording_enabled else RecordingState.DECLINED

    @property
    def running(self) -> bool:
        return self._recorder is not None

    def apply(self, op: str) -> None:
        """``start``, ``mute``, ``unmute``, ``stop`` or ``erase`` as the mind asked."""
        match op:
            case "start":
                self._start()
            case "mute" if self._recorder is not None:
                self._recorder.mute()
            case "unmute" if self._recorder is not None:
                self._recorder.unmute()
            case "erase" if self._recorder is not None:
                self._ending = self._loop.create_task(self._erase())
            case "stop" if self._recorder is not None:
                self._ending = self._loop.create_task(self._finish())

    def poll(self) -> None:
        """Write ``recording.started`` once the first frame is kept; called with the caller's sound."""
        if not self._noted_start and self._recorder is not None:
            self._note_start(self._recorder.started_at, self._path.name)

    def _note_start(self, started_at: datetime | None, name: str) -> None:
        if self._noted_start or started_at is None:
            return
        self._noted_start = True
        channels = {"left": "caller", "right": "line"}
        self._note(JournalKind.RECORDING_STARTED, {"file": name, "channels": channels}, started_at)

    def _start(self) -> None:
        if self._recorder is not None:
            return
        try:
            recorder = self._door.make_recorder(self._path, self._from_writer)
            recorder.start()
        except (IvrError, OSError) as error:
            log.error("recording_failed", call=self._call_id, error=str(error))
            self._set(RecordingState.FAILED, str(error))
            return
        self._recorder = recorder
        self._leg.tap(recorder)
        self._set(RecordingState.OK, "")

    def _from_writer(self, state: RecordingState, reason: str) -> None:
        # Called in the recorder's own thread.
        self._loop.call_soon_threadsafe(self._set, state, reason)

    def _set(self, state: RecordingState, reason: str) -> None:
        if self._result is None:
            self.state = state
        if reason:
            self._note(JournalKind.RECORDING_STATE, {"state": state.value, "reason": reason}, None)
        self._on_change(self.state, self.running and state is not RecordingState.FAILED)

    async def close(self) -> None:
        """Finish the file and write how it went, also what was begun before; safe to call more than once."""
        if self._ending is not None:
            await self._ending
        await self._finish()

    async def _finish(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            self._leg.tap(None)
            self._end(await asyncio.to_thread(recorder.close))
            self._on_change(self.state, False)

    async def _erase(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            self._leg.tap(None)
            result = await asyncio.to_thread(recorder.erase)
            self._end(result)
            erased = "the caller objected; what existed was erased"
            reason = erased if result.path is None else result.reason  # a disk that does not let go of it
            self._note(JournalKind.RECORDING_STATE, {"state": self.state.value, "reason": reason}, None)
            self._on_change(self.state, False)

    def _end(self, result: Result) -> None:
        self._result = result
        self.state = result.state
        if result.started_at is None or result.ended_at is None:
            return
        # The last frame is stamped when it begins; the recording ends when it ends.
        ended = result.started_at + timedelta(seconds=result.frames * FRAME_S)
        self.ended_at = ended = max(ended, result.ended_at)
        name = result.path.name if result.path is not None else ""
        self._note_start(result.started_at, name)
        data: dict[str, object] = {"file": name, "duration_s": round(result.duration_s, 3), "state": result.state.value}
        faults = {"gaps": len(result.gaps), "dropped": result.dropped, "reason": result.reason}
        data.update({key: value for key, value in faults.items() if value})
        self._note(JournalKind.RECORDING_ENDED, data, ended)
