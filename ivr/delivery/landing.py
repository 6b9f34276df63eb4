"""Recordings of line nodes as they arrive: piece by piece, resumed after any fall, and taken only when they are whole.

What has come of a recording lies in ``arriving/<node>/`` of the data folder, with a note of how long it will be and its
checksum. Once it is whole it becomes ``recordings/<call>.wav``, like one of this machine's own, and goes from there
into the vault. A node's FLAC is made a WAV file again, sample for sample: the vault seals with this office's own keys,
and neither machine holds a key of the other's.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Final

import soundfile

from ivr.errors import NodeRefused
from ivr.store.arrivals import Arrivals

WAV, FLAC = "audio/wav", "audio/flac"
LARGEST: Final = 2**31
"""Bytes of a recording: eighteen hours of WAV."""
KEPT: Final = timedelta(days=14)
"""So long a half upload waits for its node."""
_BLOCK: Final = 80_000


@dataclass(frozen=True, slots=True)
class Promise:
    """What a node says that it will send: bytes, SHA-256 (hexadecimal), and WAV or FLAC."""

    length: int
    sha256: str
    kind: str


class State(Enum):
    """What the office knows of a node's recording."""

    UNKNOWN = "unknown"  # nothing has come
    EARLY = "early"  # its call isn't on the journal yet, or not its end
    COMING = "coming"
    DAMAGED = "damaged"  # another one came than was promised: all of it was dropped and may be sent again
    HERE = "here"
    GONE = "gone"  # its call was erased on a lawful request: it is not wanted any more


@dataclass(frozen=True, slots=True)
class Progress:
    """``offset`` bytes of ``length`` have come."""

    state: State
    offset: int = 0
    length: int = 0


class Landing:
    """Use it in one thread, that of ``arrivals``. Methods raise StoreError and OSError."""

    def __init__(self, arrivals: Arrivals, arriving: Path, recordings: Path, utcnow: Callable[[], datetime]) -> None:
        self._arrivals, self._arriving, self._recordings, self._utcnow = arrivals, arriving, recordings, utcnow

    def progress(self, node: str, call: str) -> Progress:
        """How far a recording has come."""
        name = self._arrivals.name_here(node, call)
        if name is None:
            return Progress(State.EARLY)
        if self._arrivals.erased(name):
            self._part(node, name).unlink(missing_ok=True)  # what had come of it by then is not wanted either
            self._note(node, name).unlink(missing_ok=True)
            return Progress(State.GONE)
        if not self._arrivals.recording_over(name):
            return Progress(State.EARLY)
        if self._arrivals.recording(name) is not None:
            return Progress(State.HERE)
        promise, part = self._promised(node, name), self._part(node, name)
        if promise is None:
            return Progress(State.UNKNOWN)
        return Progress(State.COMING, part.stat().st_size if part.exists() else 0, promise.length)

    def begin(self, node: str, call: str, promise: Promise) -> Progress:
        """A node wants to send this. What came of the same recording stays, of another form of it nothing.

        Raises:
            NodeRefused: it can't be a recording.
        """
        known = self.progress(node, call)
        if known.state not in (State.UNKNOWN, State.COMING):
            return known
        if not 0 < promise.length <= LARGEST or promise.kind not in (WAV, FLAC) or len(promise.sha256) != 64:
            raise NodeRefused(node, f"recording {call} can't be taken", "WAV or FLAC up to 2 GiB with its SHA-256")
        name = self._name(node, call)
        part, note = self._part(node, name), self._note(node, name)
        if self._promised(node, name) != promise:
            part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part.unlink(missing_ok=True)
            unfinished = note.with_suffix(".tmp")
            unfinished.write_text(json.dumps(asdict(promise)), encoding="ascii")
            unfinished.replace(note)
        return self.progress(node, call)

    def add(self, node: str, call: str, offset: int, piece: bytes) -> Progress | None:
        """The next bytes; None: they don't go on where the last ones ended. The last piece makes the recording.

        Raises:
            NodeRefused: it is longer than promised, or no sound.
        """
        known = self.progress(node, call)
        if known.state is not State.COMING:
            return known
        if offset != known.offset:
            return None
        if offset + len(piece) > known.length:
            raise NodeRefused(node, f"recording {call} is longer than its length", "Send its length anew")
        name = self._name(node, call)
        with os.fdopen(os.open(self._part(node, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
            file.write(piece)
        if offset + len(piece) == known.length and not self._finish(node, name):
            return Progress(State.DAMAGED)
        return self.progress(node, call)

    def sweep(self) -> list[str]:
        """Remove what came of recordings that nobody went on with for :data:`KEPT`, or whose call was erased.

        Returns them as ``node/call``. A node that comes back with one sends it from its beginning.
        """
        latest = (self._utcnow() - KEPT).timestamp()
        gone = []
        for folder in sorted(path for path in self._arriving.glob("*") if path.is_dir()):
            for name in sorted({path.stem for path in folder.iterdir()}):
                files = [path for path in folder.glob(f"{name}.*") if path.stem == name]
                touched = _touched(files)
                if touched is not None and (touched < latest or self._arrivals.erased(name)):
                    for path in files:
                        path.unlink(missing_ok=True)
                    gone.append(f"{folder.name}/{name}")
        for path in self._recordings.glob(".*.arriving"):  # a fall left it before the recording was in its place
            touched = _touched([path])
            if touched is not None and touched < latest:
                path.unlink(missing_ok=True)
        return gone

    def _finish(self, node: str, name: str) -> bool:
        """Checked, made a WAV file, synced, put in its place, written down; a fall in between repeats some of it.

        False: it is not what was promised. True with nothing kept: it was erased. Raises NodeRefused.
        """
        promise, part = self._promised(node, name), self._part(node, name)
        try:
            with part.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if promise is None or found != promise.sha256:
                part.unlink()
                return False
            self._recordings.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _new_file(self._recordings / f".{name}.arriving") as whole:
                _as_wav(part, whole, promise.kind, node, name)
                whole.replace(self._recordings / f"{name}.wav")
                _sync(self._recordings)
            if self._arrivals.erased(name):  # meanwhile, by data protection, which may have looked before it was here
                (self._recordings / f"{name}.wav").unlink(missing_ok=True)
                return True
            self._arrivals.keep_recording(name, node, promise.sha256, promise.length, self._utcnow())
        except NodeRefused:
            part.unlink(missing_ok=True)
            raise
        part.unlink(missing_ok=True)
        self._note(node, name).unlink(missing_ok=True)
        return True

    def _name(self, node: str, call: str) -> str:
        """The name here, which :meth:`progress` has seen to be there."""
        return self._arrivals.name_here(node, call) or call

    def _promised(self, node: str, name: str) -> Promise | None:
        try:
            fields = json.loads(self._note(node, name).read_text(encoding="ascii"))
            return Promise(int(fields["length"]), str(fields["sha256"]), str(fields["kind"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _part(self, node: str, name: str) -> Path:
        return self._arriving / node / f"{name}.part"

    def _note(self, node: str, name: str) -> Path:
        return self._arriving / node / f"{name}.json"


def _touched(files: Iterable[Path]) -> float | None:
    """When somebody last wrote into one of them; None: they are gone, because their upload has just ended."""
    times = []
    for path in files:
        with contextlib.suppress(FileNotFoundError):
            times.append(path.stat().st_mtime)
    return max(times, default=None)


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[Path]:
    """A file of the owner's only, which is gone after the block unless it was given another name."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _as_wav(part: Path, target: Path, kind: str, node: str, name: str) -> None:
    """Raises NodeRefused: what came is no sound."""
    if kind == WAV:
        with part.open("rb") as source, target.open("wb") as file:
            while block := source.read(_BLOCK):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        return
    try:
        with soundfile.SoundFile(part) as source, target.open("r+b") as file:
            form = {"samplerate": source.samplerate, "channels": source.channels, "format": "WAV"}
            with soundfile.SoundFile(file, "w", subtype="PCM_16", **form) as sound:
                for samples in source.blocks(_BLOCK, dtype="int16"):
                    sound.write(samples)
            file.flush()
            os.fsync(file.fileno())
    except soundfile.LibsndfileError as error:
        raise NodeRefused(node, f"recording {name} is no sound ({error})", "Look at it on the node") from error


def _sync(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems can't sync a folder
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
