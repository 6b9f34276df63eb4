"""The telephones of simulated people: one SIP line of their own, shared by citizens and agents.

pjsip allows one endpoint per process, so a process that hosts a stage hosts no
other line, and it must leave by ``os._exit`` (see :class:`~ivr.telephony.line.SipLine`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ivr.errors import TelephonyError
from ivr.events import LegEvent, LegOffered
from ivr.simulator.agent import Behaviour, VirtualAgent
from ivr.simulator.citizen import VirtualCitizen
from ivr.simulator.clips import Clips
from ivr.simulator.hearing import Hearing, Known
from ivr.simulator.person import PersonLeg
from ivr.telephony.line import SipLine
from ivr.telephony.settings import LineSettings

AGENT_PREFIX = "agentas-"


def people_settings(
    port: int, rtp_port: int, *, bind: str = "127.0.0.1", codecs: tuple[str, ...] = ("PCMA", "PCMU", "G722")
) -> LineSettings:
    """Settings of a stage: agents ring until they answer by themselves, no leg is kept for anybody."""
    return LineSettings(
        bind=bind,
        port=port,
        rtp_port=rtp_port,
        rtp_ports=40,
        codecs=codecs,
        callers=4,
        number="agentas",
        media_timeout_s=30.0,
        answers_itself=False,
    )


@dataclass
class Stage:
    """All people of this process.

    ``prompts``: PCM by id of all that the line may play. ``agents`` grows by one
    with every call that reaches the agent's telephone; ``behaviour`` is what it
    does with the next one.
    """

    settings: LineSettings
    prompts: Mapping[str, bytes]
    clips: Clips = field(default_factory=Clips)
    rng: random.Random = field(default_factory=lambda: random.Random(1883))  # noqa: S311 - draws voices
    behaviour: Behaviour = field(default_factory=Behaviour)
    agents: list[VirtualAgent] = field(default_factory=list)
    agent_voice: str = "bm_george"
    on_event: Callable[[LegEvent], None] = lambda event: None

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._line = SipLine(self.settings, self._take, loop=self._loop)
        self._people: dict[str, VirtualCitizen | VirtualAgent] = {}
        self._made: list[tuple[dict[str, bytes], Known]] = []
        self.port = self.settings.port

    def start(self) -> None:
        """Open the telephones. Raises PortTaken, TelephonyError."""
        self.port = self._line.start().port

    def stop(self) -> None:
        """Hang up everything; the process must end soon after, by ``os._exit``."""
        self._line.stop()

    @property
    def agent_address(self) -> str:
        """Where the line reaches the agent."""
        return f"sip:agentas@{self.settings.bind}:{self.port}"

    @property
    def audible(self) -> dict[str, bytes]:
        """All that a citizen may hear: the line's prompts, and the agent's clips by name."""
        agents = (c for c in self.clips.all if c.voice == self.agent_voice and c.name.startswith(AGENT_PREFIX))
        return {**{clip.name: clip.pcm for clip in agents}, **self.prompts}

    async def call(self, uri: str, *, caller: str = "", voice: str = "") -> VirtualCitizen:
        """A citizen dials ``uri``; returns before anybody answers.

        ``caller``: number to show (P-Asserted-Identity, RFC 3325); empty: withheld (RFC 3323).
        Raises NoFreeLeg, TelephonyError.
        """
        shown = {"P-Asserted-Identity": f"sip:{caller}@{self.settings.bind}"} if caller else {"Privacy": "id"}
        return self._citizen(await self._line.dial(uri, headers=shown), voice)

    def _citizen(self, leg: PersonLeg, voice: str) -> VirtualCitizen:
        citizen = VirtualCitizen(leg, Hearing(self._known(self.audible)), self.clips, self.rng, voice=voice)
        self._people[leg.id] = citizen
        return citizen

    async def agent(self, timeout_s: float) -> VirtualAgent:
        """The agent who is on the telephone, or picks up within the time. Raises TelephonyError."""
        agent = next((agent for agent in reversed(self.agents) if agent.ended is None), None)
        if agent is None or not await agent.answered(timeout_s):
            raise TelephonyError("agent", "no agent is on the telephone", "Let the line hand the caller over first")
        return agent

    def _known(self, sounds: dict[str, bytes]) -> Known:
        """Made once for the same sounds: each holds a hundred megabytes, and whoever was called stays here."""
        known = next((known for listed, known in self._made if listed == sounds), None)
        if known is None:
            known = Known(sounds)
            self._made.append((sounds, known))
        return known

    def _take(self, event: LegEvent) -> None:
        self.on_event(event)
        if isinstance(event, LegOffered):
            self._ring(event)
        elif event.leg in self._people:
            self._people[event.leg].on_event(event)

    def _ring(self, event: LegOffered) -> None:
        spoken = {f"{clip.name}.{clip.voice}": clip.pcm for clip in self.clips.all if clip.voice != self.agent_voice}
        hearing = Hearing(self._known(spoken))
        agent = VirtualAgent(self._line.leg(event.leg), hearing, self.clips, self.rng, voice=self.agent_voice)
        self._people[event.leg] = agent
        self.agents.append(agent)
        agent.take(self.behaviour, self._loop.call_later)
