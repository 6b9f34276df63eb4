"""How the citizen truly hears: which known prompt was played, when, and whether to its end.

The listener knows the sound of every prompt beforehand (prompt cache, clips) and
searches for all beginnings at once in what comes over the line; each find is
followed piece by piece (:mod:`ivr.simulator.tracking`). Level, coding (G.711,
G.722), line noise and jitter gaps don't matter; a prompt that was cut, changed or
mistaken for one with the same beginning does.

Times are seconds of sound fed since the hearing began, so they are exact to a few
samples however late the sound was looked at. ``started_s`` and ``ended_s`` are the
edges of what is audible, without the silence at a prompt's ends. A report comes
within about 0.6 s of sound after the end, because what follows decides whether it
was this prompt or a longer one that begins alike.

A listener with 40 prompts of 5 s takes about 2 % of one core.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ivr.events import SAMPLE_RATE
from ivr.simulator.tracking import HOP, SILENT, START, Samples, State, Stream, Template, Track, samples_of
from ivr.speech.prompts import WORDINGS

QUIET_DBFS: Final = -50.0
_FULL: Final = 32768.0
_WINDOW: Final = START + HOP
_BORN: Final = 0.5  # NCC of a beginning that is worth following
_NEAR: Final = SAMPLE_RATE // 8  # two prompts whose edges are nearer than this share them
_BEYOND: Final = SAMPLE_RATE // 4  # a longer prompt must be heard so far beyond a shorter one's end to replace it
_CUT_AFTER: Final = 2 * SAMPLE_RATE // 5  # a prompt that does not go on for so long was cut
_LEAST_SHARE_S: Final = 0.3  # a beginning shorter than this is no prompt


@dataclass(frozen=True, slots=True)
class HeardPrompt:
    """A prompt was played to its end. ``score`` is the mean NCC (1: sample by sample), ``paused_s`` its pauses."""

    id: str
    started_s: float
    ended_s: float
    score: float
    paused_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CutPrompt:
    """A prompt began and stopped before its end at ``stopped_s``; ``share`` of it was heard.

    If it goes on after a pause, a HeardPrompt (with ``paused_s``) or another CutPrompt follows.
    """

    id: str
    started_s: float
    stopped_s: float
    share: float


Report = HeardPrompt | CutPrompt


class Meter:
    """Levels of what was received, in dBFS over frames of 20 ms (a full-scale square is 0)."""

    def __init__(self) -> None:
        self.now_dbfs = self.peak_dbfs = -100.0
        self.last_sound_s: float | None = None  # end of the last frame above QUIET_DBFS
        self.first_sound_s: float | None = None
        self._active_power = self._quiet_power = 0.0
        self._active = self._quiet = 0
        self._heard = 0

    def add(self, samples: Samples) -> None:
        for first in range(0, len(samples), 160):
            part = samples[first : first + 160]
            power = float((part**2).mean()) / _FULL**2
            self._heard += len(part)
            self.now_dbfs = _db(power)
            self.peak_dbfs = max(self.peak_dbfs, self.now_dbfs)
            if self.now_dbfs > QUIET_DBFS:
                self.last_sound_s = self._heard / SAMPLE_RATE
                if self.first_sound_s is None:
                    self.first_sound_s = (self._heard - len(part)) / SAMPLE_RATE
                self._active_power += power
                self._active += 1
            else:
                self._quiet_power += power
                self._quiet += 1

    @property
    def active_dbfs(self) -> float:
        """Mean level of the frames with sound; -100 when there were none."""
        return _db(self._active_power / self._active) if self._active else -100.0

    @property
    def floor_dbfs(self) -> float:
        """Mean level of the quiet frames; -100 when there were none."""
        return _db(self._quiet_power / self._quiet) if self._quiet else -100.0


def _db(power: float) -> float:
    return round(10 * float(np.log10(max(power, 1e-10))), 1)


@dataclass(slots=True)
class _Finding:
    """A report that waits until no longer prompt can claim the same sound."""

    track: Track
    report: Report
    start: int
    end: int
    complete: bool


class _Search:
    """Beginnings of all templates, ready to be compared with one window at once."""

    def __init__(self, templates: Iterable[Template]) -> None:
        self._anchors = [(template, at, len(shape)) for template in templates for at, shape in template.anchors]
        shapes = np.zeros((len(self._anchors), _WINDOW), dtype=np.float32)
        rows = iter(shapes)
        for template in templates:
            for _, shape in template.anchors:
                next(rows)[: len(shape)] = shape
        self._spectra = np.conj(np.fft.rfft(shapes, axis=1)).astype(np.complex64)

    def candidates(self, window: Samples) -> Iterator[tuple[Template, int]]:
        """Templates of which a beginning ends in the last HOP samples, and where they begin in the window."""
        energy = np.concatenate(([0.0], np.cumsum(window.astype(np.float64) ** 2)))
        if not self._anchors or energy[-1] < len(window) * SILENT**2 / 16:
            return
        found = np.fft.irfft(np.fft.rfft(window).astype(np.complex64) * self._spectra, _WINDOW, axis=1)
        for (template, at, size), row in zip(self._anchors, found, strict=True):
            first, last = _WINDOW - HOP - size + 1, _WINDOW - size + 1
            power = energy[first + size : last + size] - energy[first:last]
            ncc = row[first:last] / np.sqrt(np.maximum(power, size * SILENT**2))
            best = int(np.argmax(ncc))
            if ncc[best] >= _BORN:
                yield template, first + best - at


class Known:
    """What may be heard, made ready for searching. Large (megabytes a minute of sound), so one serves many calls.

    ``prompts`` maps ids to PCM; prompts of equal sound are reported under every id they have, another wording of a
    prompt (:data:`~ivr.speech.prompts.WORDINGS`) under that prompt's id, too: it says the same.
    """

    def __init__(self, prompts: Mapping[str, bytes]) -> None:
        """Raises AudioError for a prompt without sound."""
        ids: dict[bytes, list[str]] = {}
        for name, pcm in prompts.items():
            ids.setdefault(pcm, []).append(name)
        self.names = {own[0]: [*own, *_bases(own, prompts)] for own in ids.values()}
        self.templates = [Template(own[0], pcm) for pcm, own in ids.items()]
        self.search = _Search(self.templates)


class Hearing:
    """Finds known prompts in received sound. Feed it with :meth:`accept`; one per leg."""

    def __init__(self, known: Known) -> None:
        self.meter = Meter()
        self._known = known
        self._search = known.search
        self._heard = 0
        self._stream = Stream()
        self._samples: Samples = np.zeros(0, dtype=np.float32)
        self._tracks: list[Track] = []
        self._findings: list[_Finding] = []

    @property
    def heard_s(self) -> float:
        """Seconds of sound fed so far."""
        return self._heard / SAMPLE_RATE

    def duration(self, prompt: str) -> float:
        """Seconds of a prompt's audible part; 0 for a prompt that is not known."""
        lengths = (len(t.body) for t in self._known.templates if prompt in self._known.names[t.name])
        return next(lengths, 0) / SAMPLE_RATE

    def begun(self, prompt: str, after_s: float = -1.0) -> float | None:
        """When a prompt began that is being heard right now, if it began later than ``after_s``.

        None until half a second of it was heard. Prompts that begin alike count all, until they differ.
        """
        starts = (
            t.started / SAMPLE_RATE for t in self._tracks if prompt in self._known.names[t.template.name] and _surely(t)
        )
        return min((start for start in starts if start > after_s), default=None)

    @property
    def playing(self) -> tuple[str, ...]:
        """Prompts that are being heard right now, the longest heard first."""
        running = sorted((t for t in self._tracks if _surely(t)), key=lambda t: t.started)
        return tuple(track.template.name for track in running)

    def expect(self, ids: Iterable[str] | None) -> None:
        """Search for these prompts only (those being followed stay); None: for all again. Cheaper, not needed."""
        wanted = None if ids is None else set(ids)
        if wanted is None:
            self._search = self._known.search
        else:
            names = self._known.names
            self._search = _Search([t for t in self._known.templates if wanted & set(names[t.name])])

    def accept(self, pcm: bytes) -> list[Report]:
        """Hear some more 16-bit PCM; what became certain by it, oldest first."""
        samples = samples_of(pcm)
        self.meter.add(samples)
        self._heard += len(samples)
        return self._listen(samples)

    def finish(self) -> list[Report]:
        """The sound is over: everything that is still open is decided as if silence followed."""
        return self._listen(np.zeros(2 * _WINDOW + _CUT_AFTER, dtype=np.float32))

    # -- search and follow -----------------------------------------------------

    def _listen(self, samples: Samples) -> list[Report]:
        self._samples = np.concatenate((self._samples, samples))
        reports: list[Report] = []
        while len(self._samples) >= HOP:
            self._stream.append(self._samples[:HOP])
            self._samples = self._samples[HOP:]
            self._look()
            reports += self._settle()
        return reports

    def _look(self) -> None:
        base = self._stream.end - _WINDOW
        window = self._stream.between(base, self._stream.end)
        for template, offset in self._search.candidates(window):
            at = base + offset
            same = [t for t in self._tracks if t.template is template]
            if not any(abs(t.started - at) < _NEAR or t.proven > at + _NEAR for t in same):
                self._tracks.append(Track(template, at, self._stream))
        for track in self._tracks:
            track.step(self._stream)
            self._note(track)
        self._tracks = [t for t in self._tracks if t.state in (State.RUNNING, State.STALLED)]

    def _note(self, track: Track) -> None:
        if track.state is State.COMPLETE:
            start, end = track.started, track.ended
            times = (start / SAMPLE_RATE, end / SAMPLE_RATE)
            heard = HeardPrompt(track.template.name, *times, round(track.score, 4), track.paused / SAMPLE_RATE)
            self._findings.append(_Finding(track, heard, start, end, True))
        elif track.state is State.STALLED and not track.cut_reported:
            if track.stopped - track.started < _LEAST_SHARE_S * SAMPLE_RATE:
                return
            if self._stream.end - track.stopped >= _CUT_AFTER:
                track.cut_reported = True
                times = (track.started / SAMPLE_RATE, track.stopped / SAMPLE_RATE)
                cut = CutPrompt(track.template.name, *times, round(track.share, 3))
                self._findings.append(_Finding(track, cut, track.started, track.stopped, False))

    # -- who may claim the sound -------------------------------------------------

    def _settle(self) -> list[Report]:
        """Reports that no other track can take away any more."""
        settled: list[Report] = []
        waiting: list[_Finding] = []
        for finding in self._findings:
            if self._beaten(finding):
                continue
            if any(self._may_beat(track, finding) for track in self._tracks):
                waiting.append(finding)
            else:
                ids = self._known.names[finding.track.template.name]
                settled += [_renamed(finding.report, name) for name in ids]
                self._settled(finding)
        self._findings = waiting
        return sorted(settled, key=lambda r: r.started_s)

    def _settled(self, finding: _Finding) -> None:
        """What a whole prompt explains is no other prompt's beginning."""
        if finding.complete:
            self._tracks = [
                t for t in self._tracks if not (finding.start - _NEAR <= t.started and t.proven <= finding.end + _NEAR)
            ]

    def _beaten(self, finding: _Finding) -> bool:
        """Whether another finding, or a prompt still being followed, explains this sound better."""
        for other in self._findings:
            if other.track is finding.track or not _overlap(other, finding):
                continue
            longer = other.end - other.start - (finding.end - finding.start)
            if other.complete and not finding.complete:
                worse = longer > -_NEAR
            elif other.complete == finding.complete:
                tied = finding.complete and abs(longer) <= _NEAR and _rank(other) > _rank(finding)
                worse = longer > _NEAR or tied  # of prompts that were cut where they still sound alike, all are told
            else:
                worse = False
            if worse:
                return True
        return any(self._overtakes(track, finding) for track in self._tracks)

    @staticmethod
    def _overtakes(track: Track, finding: _Finding) -> bool:
        """Whether a prompt that began with this one, or before it, is known to go on where this one ended."""
        if track is finding.track or track.started > finding.start + _NEAR:
            return False
        if finding.complete:
            return track.proven > finding.end + _BEYOND
        if track.state is State.RUNNING:
            return track.proven > finding.start and track.tested > finding.end
        return track.proven > max(finding.end - _NEAR, track.started + finding.end - finding.start + _NEAR)

    @staticmethod
    def _may_beat(track: Track, finding: _Finding) -> bool:
        """A prompt that plays since the same time and is not yet known to differ."""
        return (
            track is not finding.track
            and track.state is State.RUNNING
            and track.started <= finding.start + _NEAR
            and track.started + len(track.template.body) > finding.end - _NEAR
            and track.tested <= finding.end + _BEYOND
        )


def _bases(ids: Iterable[str], prompts: Mapping[str, bytes]) -> list[str]:
    bases = (name.removesuffix(ending) for name in ids for ending in WORDINGS if name.endswith(ending))
    return [base for base in bases if base in prompts]


def _surely(track: Track) -> bool:
    """Enough of it was heard to speak of a prompt, and it goes on."""
    return track.state is State.RUNNING and track.proven - track.started >= SAMPLE_RATE // 2


def _overlap(a: _Finding, b: _Finding) -> bool:
    return a.start < b.end - _NEAR // 2 and b.start < a.end - _NEAR // 2


def _rank(finding: _Finding) -> tuple[float, int]:
    return finding.track.score, -id(finding.track)


def _renamed(report: Report, name: str) -> Report:
    if isinstance(report, HeardPrompt):
        return HeardPrompt(name, report.started_s, report.ended_s, report.score, report.paused_s)
    return CutPrompt(name, report.started_s, report.stopped_s, report.share)
