"""The sound of a message: what the caller said into it, cut out of the call's recording, for whoever may read the task.

Only the caller's own channel and only the message's seconds leave the recording; each first playing of a page is on the
audit log, with the task as its purpose, before any sound is (X7).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import soundfile
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ivr.errors import VaultError
from ivr.events import JournalKind
from ivr.office.audit import Did
from ivr.office.guard import signed_in
from ivr.office.shelves import Shelves
from ivr.office.site import Site, Visitor
from ivr.office.taskbook import Tasks
from ivr.office.tasks import READERS, readable
from ivr.people.tasks import Task
from ivr.store.schema import JournalEvent

_LONGEST: Final = timedelta(minutes=15)
_MARGIN_S: Final = 0.25  # the first and the last word are cut off by nobody


def span_of(task: Task, events: Sequence[JournalEvent]) -> tuple[float, float, str] | None:
    """From–to in seconds of the recording, and its file; None: the message has no sound, or none was recorded."""
    offered = next((event.at for event in events if event.kind == JournalKind.CALL_OFFERED), None)
    began = next((event for event in events if event.kind == JournalKind.RECORDING_STARTED), None)
    start, end = task.data.get("started_s"), task.data.get("ended_s")
    if offered is None or began is None or not isinstance(start, int | float) or not isinstance(end, int | float):
        return None
    offset = (began.at - offered).total_seconds()
    first, last = max(0.0, start - offset - _MARGIN_S), end - offset + _MARGIN_S
    if last <= first or last - first > _LONGEST.total_seconds():
        return None
    return first, last, Path(str(began.data.get("file") or "")).name


def cut(recording: Path | io.BytesIO, first: float, last: float) -> bytes:
    """The caller's channel (the left one) between two moments, as a WAV file; what lies beyond the end is left out.

    Raises:
        soundfile.LibsndfileError: there is no such file, or it is no sound.
    """
    with soundfile.SoundFile(recording) as sound:
        rate = sound.samplerate
        sound.seek(min(int(first * rate), sound.frames))
        samples = sound.read(int((last - first) * rate), dtype="int16", always_2d=True)[:, 0]
    made = io.BytesIO()
    soundfile.write(made, samples, rate, format="WAV", subtype="PCM_16")
    return made.getvalue()


def routes(site: Site, tasks: Tasks, recordings: Path, shelves: Shelves | None) -> Sequence[Route]:
    """``/uzduotys/{call}/{number}/garsas``."""

    @signed_in(site, *READERS)
    async def sound(request: Request, visitor: Visitor) -> Response:
        task = await tasks.one(request.path_params["call"], request.path_params["number"])
        if task is None or not readable(visitor, task):
            return Response(status_code=404)
        call = task.call
        span = span_of(task, await site.journal(lambda journal: journal.events(call)))
        if span is None:
            return Response(status_code=404)
        first, last, file = span
        if shelves is not None:
            await shelves.note(visitor, Did.PLAYED, f"{call}/{task.number}", f"task {task.kind}")
        try:
            recording: Path | io.BytesIO = recordings / file
            if shelves is not None and await shelves.sound_size(call) is not None:
                recording = io.BytesIO(await shelves.whole_sound(call))
        except VaultError:
            pass  # not sealed yet: it is still a plain file, or gone
        try:
            made = await run_in_threadpool(cut, recording, first, last)
        except soundfile.LibsndfileError:
            return Response(status_code=404)
        return Response(made, media_type="audio/wav")

    return [Route("/uzduotys/{call}/{number:int}/garsas", sound, methods=["GET"])]
