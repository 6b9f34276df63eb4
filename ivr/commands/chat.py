"""``ivr chat``: talk to the line as text, without telephone, sound or waiting.

The clock is virtual: a sentence takes the time that it would take to speak, and
nobody waits for it.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from ivr import events as ev
from ivr.answers.book import AnswerBook, WhenAsked, book_of
from ivr.answers.post import post_of
from ivr.commands.options import config_option, loaded, plain_errors
from ivr.config import Config
from ivr.dialog.ports import Ports
from ivr.events import HangupReason
from ivr.processes.preflight import read_plan
from ivr.simulator.clock import START
from ivr.simulator.offices import fake_ports
from ivr.simulator.scenario import World
from ivr.simulator.text_call import TextCall
from ivr.speech.prompts import PromptBook, other_texts
from ivr.store.shelf import read_shelf

AGENTS = ("answers", "busy", "declined", "no_answer", "unreachable", "none")
LOOKUPS = ("work", "slow", "none")
LOCAL = ZoneInfo("Europe/Vilnius")
KEYS = "0123456789*#"
PATIENCE_S = 120.0
LONGEST_LIST = 500  # a grammar of all names is told by its size


@click.command()
@config_option
@click.option("--agent", type=click.Choice(AGENTS), default="answers", show_default=True, help="What the person does.")
@click.option("--no-recording", is_flag=True, help="As if recording were off.")
@click.option(
    "--lookups",
    type=click.Choice(LOOKUPS),
    default="work",
    show_default=True,
    help="An invented directory, registry and calendar: at once, after seven seconds, or none.",
)
@click.option(
    "--answers",
    type=click.Choice(("packs", "invented")),
    default="packs",
    show_default=True,
    help="Who answers questions: the line's packs, read at the first question, or a few invented answers.",
)
@click.option("--queue", "queue_s", type=click.FloatRange(min=0), default=0.0, help="Estimated wait in seconds.")
@click.option("--at", type=click.DateTime(), help="When the call begins, in local time; otherwise a Monday at eleven.")
@click.option("--jsonl", is_flag=True, help="For machines: one JSON event a line in, actions out.")
@plain_errors
def chat(
    config_path: Path | None,
    agent: Any,
    no_recording: bool,
    lookups: Any,
    answers: str,
    queue_s: float,
    at: datetime | None,
    jsonl: bool,
) -> None:
    """Talk to the line in the terminal.

    Write what the caller says. Digits, * and # alone are keys; an empty line is
    silence; "." hangs up, and so does the end of the input.

    With --jsonl the lines in are {"say": "…"}, {"press": "1"}, {"wait": seconds}
    and {"hangup": true}. Words and keys wait until the line has finished; add
    "now": true to interrupt it.
    """
    config = loaded(config_path)
    book = PromptBook(config.line.prompts_dir, config.line.language)
    texts = {name: book.text(name) for name in book.ids} | other_texts(config.line.prompts_dir, book.language)
    plan = read_plan(config.line.plan, None, frozenset(texts))
    show = _json_printer(texts) if jsonl else _text_printer(texts)
    world = World(
        agent=agent,
        recording=not no_recording and config.recording.enabled,
        lookups=lookups,
        queue_s=queue_s,
        at=START if at is None else at.replace(tzinfo=LOCAL),
    )
    ports = _ports(config, world, answers) if lookups != "none" else None
    call = TextCall(plan, texts, world, wordings=book.wordings, on_action=show, ports=ports)
    call.answer()
    (_from_json if jsonl else _from_keyboard)(call)
    call.hangup()
    ended = {
        "at": round(call.now, 3),
        "outcome": call.outcome.value,
        "reason": (call.over or HangupReason.CALLER).value,
    }
    click.echo(json.dumps({"action": "ended", **ended}) if jsonl else f"— {ended['outcome']} ({ended['reason']})")


def _ports(config: Config, world: World, answers: str) -> Ports:
    """The invented office with the packs' answers, and with delivery where it is configured: mails are really sent."""
    post = post_of(config)
    office = dataclasses.replace(fake_ports(), messenger=post if post.channels else None)
    if answers == "invented":
        return office
    return dataclasses.replace(office, answers=WhenAsked(lambda: _packs(config.answers.dialplans, world.at.date())))


@lru_cache(maxsize=1)
def _packs(folder: Path, today: date) -> AnswerBook:
    return book_of(read_shelf(folder), lambda: today)


# -------------------------------------------------------------- in


def _from_keyboard(call: TextCall) -> None:
    _listen_out(call)
    for line in _lines(prompt="› "):
        if line == ".":
            return
        if not line:
            _run(call, PATIENCE_S, lambda: call.playing)
        elif all(key in KEYS for key in line):
            for key in line:
                call.press(key)
        else:
            call.say(line, strict=False)
        _listen_out(call)
        if call.over is not None:
            return


def _from_json(call: TextCall) -> None:
    for number, line in enumerate(_lines(), 1):
        if not line:
            continue
        problem = _json_event(call, line)
        if problem:
            raise click.ClickException(f"line {number}: {problem}")
        if call.over is not None:
            return


def _json_event(call: TextCall, line: str) -> str:
    """Do what the line says; answers with what is wrong with it, empty when nothing."""
    try:
        event = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        return f"is not JSON ({error})"
    if not isinstance(event, dict) or not event:
        return 'is not an event; write {"say": "…"}, {"press": "1"}, {"wait": 1.5} or {"hangup": true}'
    if not event.get("now"):
        _listen_out(call) if "wait" not in event else None
    match event:
        case {"say": str(text)} if text:
            call.say(text, strict=False)
        case {"press": str(key)} if len(key) == 1 and key in KEYS:
            call.press(key)
        case {"wait": int() | float() as seconds} if 0 < seconds <= 36_000:
            call.clock.advance(float(seconds))
        case {"hangup": _}:
            call.hangup()
        case _:
            return f"is no event: {line}"
    return ""


def _lines(prompt: str = "") -> Iterator[str]:
    """Lines of the input without their ends; the prompt is shown to people only."""
    shown = prompt and sys.stdin.isatty()
    while True:
        if shown:
            click.echo(prompt, nl=False)
        line = sys.stdin.readline()
        if not line:
            return
        yield line.strip()


def _listen_out(call: TextCall) -> None:
    """Let time pass until the line has finished and it is the caller's turn."""
    _run(call, PATIENCE_S, lambda: call.callers_turn or call.bridged or call.over is not None)


def _run(call: TextCall, seconds: float, done: Callable[[], bool]) -> None:
    until = call.now + seconds
    while not done() and (due := call.clock.next_at) is not None and due <= until:
        call.clock.step()
    call.clock.advance(0)


# -------------------------------------------------------------- out


def _text_printer(texts: Mapping[str, str]) -> Callable[[float, ev.Action], None]:
    def show(at: float, action: ev.Action) -> None:
        match action:
            case ev.Say(prompts=prompts):
                click.echo(f"{at:6.1f}  " + " ".join(texts[p.id] if p.id else p.text for p in prompts))
            case ev.Dial(target=target):
                click.echo(f"{at:6.1f}  [rings: {target}]")
            case ev.Bridge():
                click.echo(f"{at:6.1f}  [connected with the person]")
            case ev.HangUp(reason=reason):
                click.echo(f"{at:6.1f}  [the line hangs up: {reason}]")
            case ev.Consult(question=question):
                click.echo(click.style(f"{at:6.1f}  · asks: {type(question).__name__}", dim=True))
            case ev.Note(kind=kind, data=data):
                shown = {key: "•••" if key.startswith("pii_") else value for key, value in data.items()}
                click.echo(click.style(f"{at:6.1f}  · {kind.value} {shown}", dim=True))

    return show


def _json_printer(texts: Mapping[str, str]) -> Callable[[float, ev.Action], None]:
    def show(at: float, action: ev.Action) -> None:
        line: dict[str, object] = {"at": round(at, 3), "action": _snake(type(action).__name__)}
        if isinstance(action, ev.Consult):  # what is asked may be a secret; that it is asked is none
            line |= {"ticket": action.ticket, "question": type(action.question).__name__}
        else:
            line |= dataclasses.asdict(action)
        if isinstance(action, ev.Listen) and len(action.grammar.phrases) > LONGEST_LIST:
            line["grammar"] = {"name": action.grammar.name, "phrases": len(action.grammar.phrases)}
        if isinstance(action, ev.Say):
            line["prompts"] = [p.id for p in action.prompts if p.id]
            line["text"] = " ".join(texts[p.id] if p.id else p.text for p in action.prompts)
        if isinstance(action, ev.Note):
            line["kind"] = action.kind.value
        click.echo(json.dumps(line, ensure_ascii=False))

    return show


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
