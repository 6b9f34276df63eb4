"""``ivr bench identity``: are right callers let in, and wrong ones not? With how names are compared."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import Final

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors

TODAY: Final = date(2025, 3, 3)  # of the virtual clock
PEOPLE: Final = 5000
DAYS: Final = 3  # of tries for one person; those of the third are beyond what is allowed in 30 days
BARS: Final = {
    "right_authenticated": ("right callers authenticated", "≥ 92 %"),
    "median_s": ("median from the first question to the verdict, s", "≤ 90"),
    "given_up": ("right callers who gave up", "≤ 2 %"),
    "impostor_random": ("impostors who know nothing and got in", "0"),
    "impostor_public": ("impostors who know what is public and got in", "≤ 0.1 %"),
    "attempts": ("tries of impostors who know nothing", "100 000"),
    "public_targets": ("people whom an impostor was after, as often as a month allows and beyond", "–"),
    "public_tries": ("tries of impostors who know what is public", "–"),
}


@click.command()
@click.option("--calls", type=click.IntRange(1), default=300, show_default=True, help="Right callers.")
@click.option("--impostors", type=click.IntRange(1), default=100_000, show_default=True, help="Random tries.")
@click.option("--targets", type=click.IntRange(1), default=5_000, show_default=True, help="People with an impostor.")
@click.option("--seed", default=1883, show_default=True, help="The same seed gives the same people and calls.")
@click.option("--names", is_flag=True, help="Instead: how often two names of the public lists are taken for one.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
@config_option
@plain_errors
def identity(
    calls: int, impostors: int, targets: int, seed: int, names: bool, as_json: bool, config_path: Path | None
) -> None:
    """Right callers as whole calls in text, misheard as measured; impostors straight before the rules."""
    if names:
        _names(as_json)
        return
    from ivr.processes.preflight import read_plan
    from ivr.registry.desk import DeskRules, IdentityDesk
    from ivr.registry.memory import PeopleInMemory
    from ivr.registry.people import fictitious
    from ivr.registry.tries import TryLog
    from ivr.simulator.identity_calls import Outcome, RightCaller
    from ivr.simulator.impostors import START, knowing_nothing, knowing_what_is_public
    from ivr.simulator.mishearing import Mishearing
    from ivr.speech.prompts import PromptBook

    config = loaded(config_path)
    book = PromptBook(config.line.prompts_dir, config.line.language)
    plan = read_plan(config.line.plan, None, frozenset(book.ids))
    texts = {name: book.text(name) for name in book.ids}
    random = Random(seed)  # noqa: S311  (a measurement is repeatable)
    people = list(fictitious(PEOPLE, random, TODAY))
    mishearing = Mishearing()
    desk = IdentityDesk(
        PeopleInMemory(people), TryLog(":memory:", bytes(32)), lambda: START, random, DeskRules(least_s=0.0)
    )
    outcomes: list[Outcome] = []
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar:
        for number, person in enumerate(bar.track(random.sample(people, calls), description="right callers")):
            caller = f"+3706{number:07d}"
            outcomes.append(RightCaller(plan, texts, desk, person.record, caller, mishearing, random).run())
        task = bar.add_task("impostors who know nothing", total=impostors)
        nothing = knowing_nothing(people, impostors, random, lambda: bar.advance(task))
        task = bar.add_task("impostors who know what is public", total=targets)
        public = knowing_what_is_public(people, targets, DAYS, random, lambda: bar.advance(task))
    endings = Counter(outcome.ending for outcome in outcomes)
    passed = [outcome.seconds for outcome in outcomes if outcome.ending == "passed"]
    result = {
        "right_authenticated": round(endings["passed"] / calls, 4),
        "median_s": round(statistics.median(passed), 1) if passed else None,
        "given_up": round(endings["given_up"] / calls, 4),
        "impostor_random": nothing.got_in,
        "impostor_public": round(public.got_in / public.impostors, 6),
        "attempts": nothing.tries,
        "public_targets": public.impostors,
        "public_tries": public.tries,
    }
    if as_json:
        click.echo(json.dumps(result))
        return
    table = Table(title=f"Identity: {calls} right callers, {impostors} random tries, {targets} people with an impostor")
    for column in ("figure", "value", "bar"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for key, (name, bound) in BARS.items():
        table.add_row(name, str(result[key]), bound)
    Console().print(table)


def _names(as_json: bool) -> None:
    """False acceptance over all pairs of the lists, false rejection over spellings of each name, by threshold."""
    from ivr.identity.names import THRESHOLD
    from ivr.simulator.name_pairs import accepted, rejected

    taken, pairs = accepted()
    lost, spellings = rejected()
    thresholds = (0.8, 0.85, THRESHOLD, 0.95, 1.0)
    rows = [
        {
            "threshold": threshold,
            "false_accept": sum(alike >= threshold for alike in taken) / pairs,
            "false_reject": sum(alike < threshold for alike in lost) / spellings,
        }
        for threshold in thresholds
    ]
    if as_json:
        click.echo(json.dumps({"in_use": THRESHOLD, "pairs": pairs, "spellings": spellings, "thresholds": rows}))
        return
    table = Table(
        title=f"Names: {pairs} pairs of different names, {spellings} spellings of the same (in use: {THRESHOLD})"
    )
    for column in ("threshold", "taken for one", "taken for two"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(f"{row['threshold']:.2f}", f"{row['false_accept']:.5%}", f"{row['false_reject']:.2%}")
    Console().print(table)
