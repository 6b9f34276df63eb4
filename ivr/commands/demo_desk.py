"""``ivr demo --desk``: the line, virtual citizens who want a person, and the agents' desk for somebody to click.

Everything is real but the people, as in the other demo. Whoever is at the browser is the agent, whose telephone picks
up by itself and says a few words. The office is an invented one, in a folder of its own.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from ivr.commands.serve import prepare_shown
from ivr.config import Config
from ivr.events import JournalKind
from ivr.office.accounts import Accounts
from ivr.office.database import open_office
from ivr.office.dialling import Requests
from ivr.office.offers import Offer, Offers, OfferState
from ivr.office.roster import Roster
from ivr.paths import project_file
from ivr.people.staff import Absence, Employee, Role, State
from ivr.privacy import Secret
from ivr.simulator.citizen import VirtualCitizen
from ivr.simulator.known import prompts_of_line
from ivr.simulator.loopback import LoopbackLine, free_ports, write_config
from ivr.simulator.scenario import load_scenario
from ivr.simulator.sound import run_sound
from ivr.simulator.stage import Stage, people_settings
from ivr.store.database import open_database
from ivr.store.journal import Journal

SCENARIO: Final = project_file("ivr", "simulator", "scenarios", "desk.yaml")
NAME: Final = "ona"
TALK_S: Final = 45.0
_PLACED_S: Final = 8.0
_EXTENSION: Final = "agentas"
_CALLER: Final = "+37060000001"
_PAUSE_S: Final = 5.0
_LOOK_S: Final = 0.2


def invent_office(config: Config, password: Secret, at: datetime) -> int:
    """An office with three employees, one of whom signs in, an absence, and tasks that former calls left.

    Returns the id of the one who signs in.
    """
    database = open_office(config.office_path)
    roster, unit = Roster(database), "Klientų aptarnavimo skyrius"
    roles = frozenset({Role.AGENT, Role.HEAD, Role.QUALITY_LINE})
    ona = roster.add(Employee(0, "Ona Petraitienė", unit, roles, extension=_EXTENSION))
    jonas = roster.add(Employee(0, "Jonas Kazlauskas", unit, frozenset({Role.AGENT}), extension="602"))
    roster.add(Employee(0, "Rasa Jankauskienė", "Personalo skyrius", frozenset({Role.AGENT}), extension="603"))
    roster.add_absence(Absence(jonas, at - timedelta(days=1), at + timedelta(days=3), ona))
    Accounts(database, lambda: at).create(ona, NAME, password)
    roster.set_state(ona, State.READY, at)
    journal = Journal(open_database(config.journal_path))
    agreed = (at - timedelta(minutes=10)).isoformat(timespec="minutes")
    tasks: tuple[dict[str, object], ...] = (
        {"type": "callback", "pii_name": "Petras Jonaitis", "for": "Ona Petraitienė", "agreed_at": agreed},
        {"type": "callback", "urgent": True, "for": "Jonas Kazlauskas"},
        {"type": "message", "pii_name": "Aldona Žemaitienė", "for": unit, "pii_reason": "klausia dėl atostogų"},
        {"type": "quality"},
    )
    for number, task in enumerate(tasks, start=2):
        data = {"pii_caller": f"+3706000000{number}"} | task
        journal.append(f"demo-{number}", JournalKind.TASK_CREATED, data, at - timedelta(minutes=20))
    return ona


@dataclass
class DeskDemo:
    """Runs until it is interrupted."""

    console: Console
    said: set[str] = field(default_factory=set)

    async def run(self) -> None:
        folder = project_file("var", "demo", datetime.now(UTC).strftime("%Y%m%d-%H%M%S-desk"))
        config, path, peer_sip, peer_rtp = _config(folder)
        self._say("The 1883 line on loopback, virtual citizens, and the agents' desk: you are Ona", "cyan")
        prepare_shown(config)
        password = Secret("-".join(secrets.token_hex(2) for _ in range(4)))
        ona = invent_office(config, password, datetime.now(UTC))
        async with LoopbackLine(config, path) as line:
            stage = Stage(people_settings(peer_sip, peer_rtp), prompts_of_line(config))
            stage.start()
            self.console.print(
                Panel.fit(
                    f"http://127.0.0.1:{config.office.port}/\n"
                    f"user name  {NAME}\npassword   {password.reveal()}\n\n"
                    "A citizen calls now; accept the call on the page (F8). Ctrl-C ends it all.",
                    border_style="green",
                )
            )
            agent = asyncio.create_task(self._agent(config, stage, ona))
            try:
                while True:
                    await self._citizen(line.address, stage)
                    await self._until_ready(config, ona)
            finally:
                agent.cancel()
                stage.stop()

    async def _citizen(self, address: str, stage: Stage) -> None:
        scenario = load_scenario(SCENARIO)
        scenario = scenario.model_copy(update={"facts": scenario.facts.model_copy(update={"caller": _CALLER})})

        def silent_until_connected(_citizen: VirtualCitizen) -> None:
            stage.behaviour = replace(stage.behaviour, greeting="")

        self._say("A citizen calls: asks about holidays, then wants a person", "yellow")
        report = await run_sound(scenario, address, stage, on_citizen=silent_until_connected)
        self._say("The citizen said goodbye" if report.ok else f"The call ended otherwise: {report.reason}", "yellow")

    async def _agent(self, config: Config, stage: Stage, ona: int) -> None:
        """What Ona's telephone does by itself: a few words once connected, and the end of the conversation."""
        database = open_office(config.office_path)
        offers, requests = Offers(database), Requests(database)
        seen: tuple[int, OfferState] | None = None
        while True:
            await asyncio.sleep(_LOOK_S)
            for number in requests.live():
                placed = requests.by_id(number)
                if placed is not None and placed.talked_at is not None:
                    self._say("Both telephones that you had rung are connected, for a few seconds", "magenta")
                    await asyncio.sleep(_PLACED_S)
                    stage.agents[-1].hang_up()
                    await asyncio.sleep(1.0)
            offer = offers.latest_of(ona)
            if offer is None or (offer.id, offer.state) == seen:
                continue
            seen = (offer.id, offer.state)
            self._say(f"Ona's telephone: {_TELLS.get(offer.state, offer.state)}", "magenta")
            if offer.state is OfferState.BRIDGED:
                await self._talk(offers, stage, offer)

    async def _talk(self, offers: Offers, stage: Stage, offer: Offer) -> None:
        agent = await stage.agent(5.0)
        await agent.say("agentas-labas")
        ends = asyncio.get_running_loop().time() + TALK_S
        while asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(_LOOK_S)
            now = offers.by_id(offer.id)
            if now is None or not now.state.live:
                return
        await agent.say("agentas-viso-gero")
        agent.hang_up()

    async def _until_ready(self, config: Config, ona: int) -> None:
        """The next citizen calls once Ona waits for calls again, a moment later."""
        roster = Roster(open_office(config.office_path))
        while True:
            await asyncio.sleep(_PAUSE_S)
            presence = roster.staff().presence.get(ona)
            if presence is not None and presence.state is State.READY:
                return
            if "pause" not in self.said:
                self._say("The next citizen calls when you wait for calls again", "green")
                self.said.add("pause")

    def _say(self, text: str, style: str) -> None:
        self.console.print(Text(f"● {text}", style=style))


_TELLS: Final = {
    OfferState.RINGING: "rings; accept on the page",
    OfferState.ACCEPTED: "the call is accepted",
    OfferState.BRIDGED: f"connected, for about {TALK_S:.0f} seconds",
    OfferState.ENDED: "the conversation is over; write it up on the page",
    OfferState.DECLINED: "declined",
    OfferState.NO_ANSWER: "nobody accepted in time",
}


def _config(folder: Path) -> tuple[Config, Path, int, int]:
    """A line whose employees' telephones are on this process's stage: configuration, its file, SIP and RTP ports."""
    ports = free_ports(Random())  # noqa: S311  (ports, not secrets)
    settings: dict[str, dict[str, object]] = {
        "speech": {"prompt_cache": str(project_file("var", "prompt-cache"))},
        "people": {
            "extension_uri": f"sip:{{extension}}@127.0.0.1:{ports.peer_sip}",
            "outside_uri": f"sip:{{number}}@127.0.0.1:{ports.peer_sip}",
            "no_answer_s": 60.0,
            "wrap_up_s": 600.0,
        },
        "workers": {"drain_s": 2.0},
    }
    config, path = write_config(folder, ports, settings=settings)
    return config, path, ports.peer_sip, ports.peer_rtp
