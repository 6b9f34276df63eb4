"""Callers who do anything at any moment: seeded conversations as text, and what must never come of them.

However a call goes, it ends at a person, with an answer, a message or a callback, or with a polite goodbye; there is
no state without a way on, nobody goes round in circles, and the line is never silent for more than two seconds while
it owes the turn. A seed tells the whole conversation, so that a fault can be looked at again.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, Literal
from zoneinfo import ZoneInfo

from ivr.dialog.facts import Facts
from ivr.dialog.machine import Machine
from ivr.dialog.plan import Plan
from ivr.dialog.ports import Grammars
from ivr.events import Action, Event, HangupReason
from ivr.simulator.scenario import World
from ivr.simulator.text import MAX_SILENCE_S
from ivr.simulator.text_call import TextCall

_ZONE: Final = ZoneInfo("Europe/Vilnius")
_MOMENTS: Final = (
    datetime(2025, 3, 3, 11, 0, tzinfo=_ZONE),  # a Monday at work
    datetime(2025, 3, 7, 15, 44, tzinfo=_ZONE),  # the office closes during the call
    datetime(2025, 3, 9, 23, 58, tzinfo=_ZONE),  # a night, and a day that begins
    datetime(2025, 3, 11, 12, 0, tzinfo=_ZONE),  # a public holiday
)
_WORDS: Final = (
    "nulis šeši vienas du trys keturi penki šeši septyni", "jonas petraitis", "ona petraitienė", "kovas",
    "vienas du trys keturi", "kiek trunka atostogos", "kada bus lietus", "mano vardas jonas petraitis",
    "noriu pasiskųsti dėl jūsų darbo", "gal galėtumėte man perskambinti", "negaliu prisijungti pamiršau slaptažodį",
    "palikti žinutę arba pakalbėti su žmogum", "noriu kalbėti su ona petraitiene", "ar mano išmoka jau išmokėta",
    "ne aš apie atostogas", "ne to klausiau", "labas kaip sekasi", "norėčiau užsisakyti picą", "pirmas", "antras",
    "jūs visi idiotai", "jums bus blogai", "sujunkite su sodra", "kada mano vyro vizitas", "angliškai", "lėčiau",
    "abrakadabra", "aha", "mhm", "žmogus", "viso gero", "neįrašinėkite", "kvaila", "atgal", "sustokite",
)  # fmt: skip
_LONGEST_S: Final = 900.0  # a caller who does nothing any more is at an end by then
_ROUNDS: Final = 3

Tail = Literal["silence", "mumbling"]


@dataclass(slots=True)
class FuzzRun:
    """One conversation: what was done, how it ended, what was wrong, and the mind's time for each event in seconds.

    ``rested``: nodes in which the mind waited for something.
    """

    seed: int
    done: list[str] = field(default_factory=list)
    end: str = ""
    faults: list[str] = field(default_factory=list)
    handled_s: list[float] = field(default_factory=list)
    rested: set[str] = field(default_factory=set)


class _Timed(Machine):
    """A mind with a stopwatch; ``took`` is told the seconds of every event."""

    def __init__(self, took: Callable[[float], None], plan: Plan, facts: Facts, grammars: Grammars) -> None:
        super().__init__(plan, facts, grammars)
        self._took = took

    def handle(self, event: Event) -> tuple[Action, ...]:
        began = time.perf_counter()
        try:
            return super().handle(event)
        finally:
            self._took(time.perf_counter() - began)


def fuzz(seed: int, plan: Plan, texts: Mapping[str, str], *, most: int = 40) -> FuzzRun:
    """Hold one conversation of at most ``most`` random acts, then see whether a caller who gives up comes to an end."""
    rng = random.Random(seed)  # noqa: S311 - draws what a caller does
    run = FuzzRun(seed)
    world = World(
        agent=rng.choice(("answers", "answers", "busy", "declined", "no_answer", "unreachable", "none")),
        recording=rng.random() < 0.8,
        caller=rng.choice(("", "+37060000001")),
        at=rng.choice(_MOMENTS),
        queue_s=rng.choice((0.0, 0.0, 300.0)),
        lookups=rng.choice(("work", "slow", "none")),
        sending=rng.choice(("none", "works", "fails")),
    )
    call = TextCall(plan, texts, world, make_machine=partial(_Timed, run.handled_s.append))
    try:
        call.answer()
        for _ in range(rng.randint(1, most)):
            if call.over is not None:
                break
            run.done.append(_act(call, rng))
            run.rested.add(call.machine.node)
            _check(call, run)
        if call.over is None:
            _give_up(call, rng.choice(("silence", "mumbling")), run)
    except Exception as error:
        run.faults.append(f"{type(error).__name__}: {error}")
        return run
    run.faults += [
        f"silence of {until - since:.1f} s from {since:.1f} s on"
        for since, until in call.silences
        if until - since > MAX_SILENCE_S
    ]
    run.end = run.end or call.outcome.value
    return run


def _act(call: TextCall, rng: random.Random) -> str:
    """Do one thing; returns what."""
    kind = rng.choices(
        ("say", "phrase", "press", "wait", "listen", "long", "hold", "ear", "recording", "agent", "hangup"),
        (10, 22, 22, 12, 14, 2, 2, 3, 1, 4, 0.4),
    )[0]
    match kind:
        case "say":
            words = rng.choice(_WORDS)
            call.say(words, sure=rng.choice((0.3, 0.95)))
            return f"say {words}"
        case "phrase":
            phrase = rng.choice(call.expected or _WORDS)
            call.say(phrase, sure=rng.choice((0.3, 0.95, 0.95)))
            return f"say {phrase}"
        case "press":
            key = rng.choice("0123456789*#")
            call.press(key)
            call.clock.advance(rng.choice((0.1, 0.5, 3.0)))
            return f"press {key}"
        case "wait":
            seconds = rng.choice((0.1, 1.0, 4.0, 8.0, 20.0))
            call.clock.advance(seconds)
            return f"wait {seconds}"
        case "listen":
            _until(call, call.now + 60.0, lambda: call.callers_turn or call.bridged)
            return "listen to the end"
        case "long":
            call.say("tai labai ilga istorija", for_s=rng.choice((30.0, 185.0)))
            return "speak long"
        case "hold":
            call.hold()
            call.clock.advance(rng.choice((1.0, 30.0)))
            if call.over is None:
                call.resume()
            return "hold"
        case "ear":
            available = rng.random() < 0.5
            call.set_ear(available)
            return f"ear {'back' if available else 'lost'}"
        case "recording":
            call.lose_recording()
            return "recording lost"
        case "agent" if call.bridged:
            call.agent_hangup()
            return "the person hangs up"
        case "hangup":
            call.hangup()
            return "hang up"
        case _:
            call.clock.advance(1.0)
            return "wait 1.0"


def _check(call: TextCall, run: FuzzRun) -> None:
    if call.over is None and not call.bridged and call.clock.next_at is None:
        run.faults.append(f"nothing will happen any more in {call.machine.node} after {run.done[-1]}")


def _give_up(call: TextCall, tail: Tail, run: FuzzRun) -> None:
    """The caller does nothing any more, or only mumbles; the line must bring it to an end by itself."""
    run.done.append(f"only {tail}")
    entered: Counter[str] = Counter()
    node, until = "", call.now + _LONGEST_S
    mumbled = False
    while call.over is None and not call.bridged and call.now < until:
        if call.machine.node != node:
            node = call.machine.node
            entered[node] += 1
            if entered[node] > _ROUNDS:
                run.faults.append(f"{node} was come to {entered[node]} times without the caller's wish")
                return
        if tail == "mumbling" and call.callers_turn and not mumbled and node != "goodbye":
            call.say("abrakadabra")
            mumbled = call.machine.node == node  # one is enough where it does not count as an answer
            continue
        if not call.clock.step():
            run.faults.append(f"nothing will happen any more in {node}")
            return
        mumbled = mumbled and not call.playing
    if call.bridged:
        run.end = "person"
    elif call.over is None:
        run.faults.append(f"no end after {_LONGEST_S:.0f} s: still in {call.machine.node}")
    elif call.over is HangupReason.ASSISTANT:
        run.end = {"hangup_safety": "goodbye", "rude": "ended_by_rule"}.get(call.ended_because, call.ended_because)


def _until(call: TextCall, until: float, done: Callable[[], bool]) -> None:
    while call.over is None and not done() and (due := call.clock.next_at) is not None and due <= until:
        call.clock.step()
    call.clock.advance(0)
