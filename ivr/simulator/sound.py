"""Runs scenarios with real sound over real SIP, against a line at an address.

The line may be anywhere; the stage (this process's telephones) is where the
citizen calls from and where the agent is reached. The first step that fails ends
the citizen's part. ``facts.recording`` and an agent ``none`` are the line's own
configuration: whoever starts the line sets it as the scenario says.

``media_lost`` is a citizen who vanishes: nothing more is sent and no BYE. It must
be the last step, and the process must leave by ``os._exit`` right after
(:attr:`~ivr.simulator.report.ScenarioReport.vanished` says so).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.errors import ScenarioError, TelephonyError
from ivr.privacy import MASK
from ivr.simulator.agent import Behaviour, Manner
from ivr.simulator.citizen import Result, VirtualCitizen
from ivr.simulator.report import ScenarioReport, StepReport, of_person
from ivr.simulator.scenario import (
    AgentGivesBack,
    AgentHangup,
    EarStep,
    Expect,
    ExpectAbsent,
    ExpectHangup,
    Hangup,
    Hold,
    MediaLost,
    Press,
    RecordingLost,
    Resume,
    Scenario,
    Speak,
    Step,
    Wait,
)
from ivr.simulator.stage import Stage

ANSWER_S: Final = 20.0
AGENT_RINGS_S: Final = 4.0  # as in calls as text
_AGENT_PICKS_UP_S: Final = 5.0

_TOLD_S: Final = 20.0  # a sentence is on the journal when it is over
_LOOKS_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence that the line said, by its own account; moments as in the citizen's."""

    text: str
    started: float
    ended: float


Account = Callable[[VirtualCitizen], Sequence[Told]]
OnStep = Callable[[StepReport], None]
OnCitizen = Callable[[VirtualCitizen], None]


def unplayable(scenario: Scenario, stage: Stage, *, fitting: bool = False) -> str:
    """Why a scenario can't be run with sound; empty if it can: steps for text only, phrases without clips.

    ``fitting``: the line is made for the scenario's world, and tells what it says.
    """
    if scenario.text_only and not fitting:
        return "it has steps that only a simulation as text can do (ear, recording_lost)"
    lost = [step for step in scenario.steps[:-1] if isinstance(step, MediaLost)]
    if lost:
        return "media_lost is not its last step"
    audible = stage.audible
    unknown = [name for name in scenario.prompts if name not in audible]
    if unknown:
        return f"there is no sound of the prompts {', '.join(unknown)}"
    silent = [phrase for phrase in _phrases(scenario) if not stage.clips.voices(phrase)]
    if silent:
        return "there is no clip of " + ", ".join(f"„{phrase}“" for phrase in silent)
    return ""


def _phrases(scenario: Scenario) -> list[str]:
    return [step.clip or step.say for step in scenario.steps if isinstance(step, Speak)]


async def run_sound(
    scenario: Scenario,
    address: str,
    stage: Stage,
    *,
    voice: str = "",
    save: Path | None = None,
    agent_rings_s: float = AGENT_RINGS_S,
    account: Account | None = None,
    on_step: OnStep = lambda step: None,
    on_citizen: OnCitizen = lambda citizen: None,
) -> ScenarioReport:
    """Run one scenario against the line at ``address`` (``sip:1883@host:port``).

    ``voice``: the citizen's, where clips exist in it; empty: one that suits the scenario. ``save``: WAV of what the
    citizen heard. ``agent_rings_s``: before the agent picks up. ``account``: what the line says that it said, for
    sentences of its own making; the line must then be made for the scenario's world. ``on_step`` and
    ``on_citizen`` let others watch live.

    Raises:
        ScenarioError: it can't be run with sound.
        TelephonyError: the call can't be placed from here at all.
    """
    problem = unplayable(scenario, stage, fitting=account is not None)
    if problem:
        raise ScenarioError(scenario.name, 0, f"can't be run with sound: {problem}")
    manner = scenario.facts.agent
    stage.behaviour = Behaviour(Manner.UNREACHABLE if manner == "none" else Manner(manner), agent_rings_s)
    agents_before = len(stage.agents)
    voice = voice or stage.clips.voice_for(_phrases(scenario), stage.rng)
    since = time.monotonic()
    citizen = await stage.call(address, caller=scenario.facts.caller, voice=voice)
    on_citizen(citizen)
    play = _Play(citizen, stage, scenario, since, on_step, account)
    try:
        reason = await play.run()
    finally:
        if not play.vanished:
            await citizen.hang_up()
    saved = ""
    if save is not None:
        citizen.save(save)
        saved = str(save)
    return ScenarioReport(
        name=scenario.name,
        ok=not reason,
        reason=reason,
        steps=tuple(play.steps),
        citizen=of_person(citizen, since),
        agents=tuple(of_person(agent, since) for agent in stage.agents[agents_before:]),
        saved=saved,
        vanished=play.vanished,
    )


class _Play:
    """One scenario being played."""

    def __init__(
        self,
        citizen: VirtualCitizen,
        stage: Stage,
        scenario: Scenario,
        since: float,
        on_step: OnStep,
        account: Account | None,
    ) -> None:
        self.steps: list[StepReport] = []
        self.vanished = False
        self._citizen = citizen
        self._stage = stage
        self._scenario = scenario
        self._since = since
        self._on_step = on_step
        self._account = account
        self._last: tuple[Told, int] | None = None  # the saying whose words were met last, and where they end

    async def run(self) -> str:
        """All steps; the first fault as a sentence, empty if there is none."""
        connected = await self._citizen.connected(ANSWER_S)
        self._done(0, "answer", connected)
        if not connected.ok:
            return connected.reason
        for number, step in enumerate(self._scenario.steps, 1):
            result = await self._do(step)
            self._done(number, _name(step), result)
            if not result.ok:
                return f"step {number}: {result.reason}"
        return ""

    def _done(self, number: int, name: str, result: Result) -> None:
        at = round(time.monotonic() - self._since, 3)
        report = StepReport(number, name, result.ok, result.reason, at, result.measured_ms)
        self.steps.append(report)
        self._on_step(report)

    async def _do(self, step: Step) -> Result:
        citizen = self._citizen
        match step:
            case Expect(expect=expected) if expected.words:
                return await self._expect_words(expected.words, expected.within_ms / 1000)
            case Expect(expect=expected):
                return await citizen.expect(
                    expected.prompt, expected.within_ms / 1000, to_its_end=expected.until == "end"
                )
            case ExpectAbsent(expect_absent=absent):
                return await citizen.expect_absent(absent.prompt, absent.for_ms / 1000)
            case ExpectHangup(expect_hangup=end):
                return await citizen.expect_hangup(end.within_ms / 1000)
            case Speak(say=phrase, clip=clip, for_ms=for_ms):
                return await citizen.speak(clip or phrase, None if for_ms is None else for_ms / 1000)
            case Press(press=key):
                return await citizen.press(key)
            case Wait(wait_ms=ms):
                return await citizen.wait(ms / 1000)
            case Hangup():
                return await citizen.hang_up()
            case Hold() | Resume():
                return self._hold(isinstance(step, Hold))
            case AgentHangup():
                return await self._agent_hangup()
            case MediaLost():
                self.vanished = True
                return Result(True)
            case EarStep() | RecordingLost() | AgentGivesBack():
                return Result(False, "this step is for text only")

    async def _expect_words(self, words: str, within_s: float) -> Result:
        """The line says, by its own account, a sentence with these words.

        What the account hides because it is personal is taken for them; what came of it stands at the call's end.
        """
        citizen, since = self._citizen, self._citizen.turn_at
        while citizen.clock() < since + within_s + _TOLD_S and citizen.ended is None:
            for told in self._account(citizen) if self._account is not None else ():
                if self._says(told, words.lower(), since):
                    late = round((told.started - since) * 1000)
                    citizen.turn_at = max(since, told.ended)
                    return Result(told.started <= since + within_s, f"„{words}“ began after {late} ms", max(0, late))
            await citizen.over(_LOOKS_S)
        return Result(False, f"„{words}“ was not said")

    def _says(self, told: Told, words: str, since: float) -> bool:
        """A saying that was not over before; or the one that was met last, further on."""
        text = told.text.lower()
        begin = self._last[1] if self._last is not None and self._last[0] == told else 0
        if told.ended <= since and not begin:
            return False
        at = text.find(words, begin)
        if at < 0 and MASK not in told.text:
            return False
        self._last = told, at + len(words) if at >= 0 else len(text)
        return True

    def _hold(self, held: bool) -> Result:
        citizen = self._citizen
        if held:
            citizen.leg.hold()
        else:
            citizen.leg.unhold()
        citizen.turn_at = time.monotonic()
        return Result(True)

    async def _agent_hangup(self) -> Result:
        try:
            agent = await self._stage.agent(_AGENT_PICKS_UP_S)
        except TelephonyError as error:
            return Result(False, error.problem)
        agent.hang_up()
        ended = await agent.over(_AGENT_PICKS_UP_S)
        self._citizen.turn_at = ended.at if ended is not None else time.monotonic()
        return Result(ended is not None, "" if ended is not None else "the agent's call did not end")


def _name(step: Step) -> str:
    """A step in words: ``expect menu.ask``, ``say taip``, ``hangup``."""
    match step:
        case Expect(expect=expected):
            return f"expect {expected.prompt or expected.words}" + ("" if expected.until == "end" else " (beginning)")
        case ExpectAbsent(expect_absent=absent):
            return f"expect_absent {absent.prompt}"
        case Speak(say=phrase):
            return f"say {phrase}"
        case Press(press=key):
            return f"press {key}"
        case Wait(wait_ms=ms):
            return f"wait {ms} ms"
        case _:
            return next(iter(type(step).model_fields))
