"""Conversations with real sound over SIP, timed at the wire, for ``ivr bench conversation``.

Every result is a line of JSON as soon as it is known, so that a measurement that was broken off goes on where it was:
what the notes hold already is not done again.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, zip_longest
from pathlib import Path
from random import Random
from typing import Any, Final, cast

from ivr.errors import ScenarioError, TelephonyError
from ivr.processes.line import prepare
from ivr.simulator.line_journal import LineJournal
from ivr.simulator.lines import LineKind
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config
from ivr.simulator.noises import noises
from ivr.simulator.scenario import Scenario
from ivr.simulator.sound import run_sound
from ivr.simulator.talk_over import Sound, TalkOver
from ivr.simulator.text import journal_faults
from ivr.simulator.turn_times import turn_times
from ivr.simulator.wire_leg import WireLeg
from ivr.simulator.wire_stage import WireStage

VOICES: Final = ("am_michael", "hf_beta", "im_nicola")
PHRASES: Final = ("informacija", "bendra informacija", "mano reikalai", "palikti žinutę", "žinutė", "pakartokite")
BACKCHANNELS: Final = ("aha", "mhm", "aha aha", "mhm mhm", "supratau")
COUGHS: Final = ("kche", "kche kche")
_DRAWN_COUGHS: Final = ("cough", "fit", "throat", "sneeze")
_TRIALS_A_CALL: Final = 12
_READY_S: Final = 30.0


@dataclass
class Notes:
    """What was measured, in the order of its making; with a file, kept there line by line.

    Raises ScenarioError for a file with other lines.
    """

    path: Path | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.path is None or not self.path.exists():
            return
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                row["kind"]
            except (ValueError, KeyError, TypeError) as error:
                raise ScenarioError(self.path, number, "this is no line of a measurement; give another file") from error
            self.rows.append(row)

    def add(self, kind: str, row: Mapping[str, Any]) -> None:
        """Keep one result."""
        whole = {"kind": kind, **row}
        self.rows.append(whole)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(whole, ensure_ascii=False) + "\n")

    def of(self, kind: str) -> Iterator[dict[str, Any]]:
        """All results of a kind."""
        return (row for row in self.rows if row["kind"] == kind)


@dataclass
class ConversationBench:
    """``stage``: the telephones; ``plan``: the dial plan's file; ``speech``: settings of the line under test.

    ``step`` is told what was done, for a progress bar; ``stopped`` ends the measurement after the current call.
    """

    stage: WireStage
    plan: Path
    folder: Path
    now: datetime
    speech: Mapping[str, object]
    notes: Notes
    step: Callable[[str], None] = lambda name: None
    stopped: Callable[[], bool] = lambda: False

    async def scenarios(self, chosen: Sequence[tuple[Scenario, LineKind]]) -> None:
        """Play those that are not in the notes yet, line by line. Raises what starting a line raises."""
        done = {row["scenario"] for row in self.notes.of("scenario")}
        for kind in dict.fromkeys(kind for _, kind in chosen):
            mine = [scenario for scenario, its in chosen if its == kind and scenario.name not in done]
            if not mine or self.stopped():
                continue
            async with self._line(kind) as (line, journal):
                for scenario in mine:
                    if self.stopped():
                        return
                    await self._play(scenario, line, journal)
                    self.step(scenario.name)

    async def talk_over(self, interruptions: int) -> None:
        """Interrupt and disturb prompts, as often as the notes lack. Raises what starting a line raises."""
        rng = Random(len(self.notes.rows))  # noqa: S311 - draws where in a prompt somebody speaks
        said = sum(1 for _ in self.notes.of("interruption"))
        words = [(phrase, voice) for phrase in PHRASES for voice in VOICES]
        wanted = [words[number % len(words)] for number in range(said, interruptions)]
        heard = {row["sound"] for row in self.notes.of("disturbance")}
        sounds = [sound for sound in self.disturbances() if sound.name not in heard]
        if (not wanted and not sounds) or self.stopped():
            return
        async with self._line(LineKind()) as (line, _):
            for some in _batches(wanted):
                async with self._call(line, rng) as trials:
                    for phrase, voice in some:
                        self.notes.add("interruption", (await trials.interrupt(phrase, voice)).to_json())
                        self.step(phrase)
                if self.stopped():
                    return
            for few in _batches(sounds):
                async with self._call(line, rng) as trials:
                    for sound in few:
                        self.notes.add("disturbance", (await trials.disturb(sound)).to_json())
                        self.step(sound.name)
                if self.stopped():
                    return

    def disturbances(self) -> Iterator[Sound]:
        """Sounds that must stop nothing, of each group in turn: a measurement that is cut short has some of each."""
        drawn = [Sound("cough" if name.split()[0] in _DRAWN_COUGHS else "noise", name, pcm) for name, pcm in noises()]
        spoken = [
            Sound(group, f"{phrase} {clip.voice}", clip.pcm)
            for group, phrases in (("cough", COUGHS), ("backchannel", BACKCHANNELS))
            for phrase in phrases
            for clip in self.stage.clips.voices(phrase)
        ]
        groups: dict[str, list[Sound]] = {}
        for sound in (*spoken, *drawn):
            groups.setdefault(sound.group, []).append(sound)
        for row in zip_longest(*groups.values()):
            yield from (sound for sound in row if sound is not None)

    # ------------------------------------------------------------ lines and calls

    @asynccontextmanager
    async def _line(self, kind: LineKind) -> AsyncIterator[tuple[LoopbackLine, LineJournal]]:
        folder = self.folder / "-".join(
            name for name in ("agent", "recording", "opened", "colleagues") if getattr(kind, name)
        )
        settings: dict[str, dict[str, object]] = {
            "speech": dict(self.speech),
            "workers": {"drain_s": 1.0},
        }
        for section, keys in kind.settings(self.stage.agent_address, self.plan, folder, self.now).items():
            settings.setdefault(section, {}).update(keys)
        config, path = write_config(folder, free_ports(Random()), settings=settings)  # noqa: S311 - ports
        prepare(config)
        async with LoopbackLine(config, path) as line:
            yield line, LineJournal(config.journal_path)

    async def _play(self, scenario: Scenario, line: LoopbackLine, journal: LineJournal) -> None:
        legs: list[WireLeg] = []
        report = await run_sound(
            scenario,
            line.address,
            self.stage,
            account=journal.told,
            on_citizen=lambda citizen: legs.append(cast(WireLeg, citizen.leg)),
        )
        events = await journal.whole(legs[0])
        reason = report.reason
        if not reason:
            faults = journal_faults(events, scenario.journal, [kind.value for kind in scenario.journal_absent])
            reason = faults[0] if faults else ""
        citizen = self.stage.citizen(legs[0])
        for turn in turn_times(scenario.name, legs[0], citizen.said, events):
            self.notes.add("turn", turn.to_json())
        self.notes.add("scenario", {"scenario": scenario.name, "reason": reason})

    @asynccontextmanager
    async def _call(self, line: LoopbackLine, rng: Random) -> AsyncIterator[TalkOver]:
        citizen = await self.stage.call(line.address, caller="+37060000001", voice=VOICES[0])
        try:
            connected = await citizen.connected(_READY_S)
            if connected.ok:
                connected = await citizen.expect("menu.ask", _READY_S, to_its_end=False)
            if not connected.ok:
                raise TelephonyError("bench", f"the menu was not heard ({connected.reason})", "Look at the line's log")
            yield TalkOver(citizen, dict(self.stage.prompts), rng)
        finally:
            await citizen.hang_up()


def _batches(wanted: Sequence[Any]) -> Iterator[list[Any]]:
    rest = iter(wanted)
    while some := list(islice(rest, _TRIALS_A_CALL)):
        yield some
