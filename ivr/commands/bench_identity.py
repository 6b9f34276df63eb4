"""``ivr bench identity``: are right callers let in, and wrong ones not? With how names are compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ivr.commands.options import config_option, loaded, plain_errors

if TYPE_CHECKING:
    from ivr.identity.questions import Role

TODAY: Final = date(2025, 3, 3)  # of the virtual clock
PEOPLE: Final = 5000
DAYS: Final = 3  # of tries for one person; those of the third are beyond what is allowed in 30 days
BARS: Final = {
    "right_authenticated": ("right callers authenticated", "≥ 92 %"),
    "median_s": ("median from the first question to the verdict, s", "≤ 90"),
    "given_up": ("right callers who gave up", "≤ 2 %"),
    "users_authenticated": ("users of e-services authenticated", "–"),
    "users_median_s": ("their median, s", "–"),
    "users_given_up": ("users of e-services who gave up", "–"),
    "sound_authenticated": ("right callers with sound authenticated", "≥ 92 %"),
    "sound_median_s": ("their median, s", "≤ 90"),
    "sound_given_up": ("right callers with sound who gave up", "≤ 2 %"),
    "sound_calls": ("right callers with sound", "40"),
    "sound_users_authenticated": ("users of e-services with sound authenticated", "–"),
    "sound_users_median_s": ("their median, s", "–"),
    "sound_users_given_up": ("users of e-services with sound who gave up", "–"),
    "sound_users_calls": ("users of e-services with sound", "–"),
    "impostor_random": ("impostors who know nothing and got in", "0"),
    "impostor_public": ("impostors who know what is public and got in", "≤ 0.1 %"),
    "attempts": ("tries of impostors who know nothing", "100 000"),
    "public_targets": ("people whom an impostor was after, as often as a month allows and beyond", "–"),
    "public_tries": ("tries of impostors who know what is public", "–"),
}


@click.command()
@click.option("--calls", type=click.IntRange(0), default=300, show_default=True, help="Right callers, as text.")
@click.option("--users", type=click.IntRange(0), default=100, show_default=True, help="Users of e-services, as text.")
@click.option("--sound", type=click.IntRange(0), default=0, show_default=True, help="Right callers with sound.")
@click.option("--sound-users", type=click.IntRange(0), default=0, show_default=True, help="E-service users with sound.")
@click.option(
    "--voices", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="For sound: folder voices/ of the npm package kokoro-js.",
)  # fmt: skip
@click.option(
    "--keep", type=click.Path(dir_okay=False, path_type=Path),
    help="For sound: a file of calls that are done; they are not made again.",
)  # fmt: skip
@click.option("--impostors", type=click.IntRange(0), default=100_000, show_default=True, help="Random tries.")
@click.option("--targets", type=click.IntRange(0), default=5_000, show_default=True, help="People with an impostor.")
@click.option("--seed", default=1883, show_default=True, help="The same seed gives the same people and calls.")
@click.option("--names", is_flag=True, help="Instead: how often two names of the public lists are taken for one.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable result.")
@config_option
@plain_errors
def identity(
    calls: int, users: int, sound: int, sound_users: int, voices: Path | None, keep: Path | None, impostors: int,
    targets: int, seed: int, names: bool, as_json: bool, config_path: Path | None,
) -> None:  # fmt: skip
    """Right callers as whole calls, misheard as measured or with sound; impostors straight before the rules."""
    if names:
        _names(as_json)
        return
    if (sound or sound_users) and voices is None:
        raise click.UsageError("sound needs --voices: the folder voices/ of the npm package kokoro-js")
    from ivr.registry.people import fictitious
    from ivr.simulator.identity_bench import Calling, figures, with_sound
    from ivr.simulator.impostors import knowing_nothing, knowing_what_is_public
    from ivr.simulator.mishearing import Mishearing

    random = Random(seed)  # noqa: S311  (a measurement is repeatable)
    people = list(fictitious(PEOPLE, random, TODAY))
    calling = Calling(loaded(config_path), people, seed)
    result: dict[str, float | int | None] = {}
    with Progress(console=Console(stderr=True), transient=True, disable=as_json) as bar:

        def counted(name: str, total: int) -> Callable[[], None]:
            task = bar.add_task(name, total=total)
            return lambda: bar.advance(task)

        if calls:
            tick = counted("right callers", calls)
            result |= figures("", [calling.call(n, Mishearing(), tick=tick) for n in range(calls)])
            result["right_authenticated"] = result.pop("authenticated")
        if users:
            tick = counted("users of e-services", users)
            result |= figures("users_", [calling.call(n, Mishearing(), "e_service", tick) for n in range(users)])
        if voices is not None:
            wanted: tuple[tuple[Role, int, str], ...] = (
                ("job_seeker", sound, "sound_"), ("e_service", sound_users, "sound_users_"),
            )  # fmt: skip
            for role, count, prefix in wanted:
                if count:
                    tick = counted(f"{role} with sound", count)
                    outcomes = with_sound(calling, role, count, voices, keep, tick)
                    result |= figures(prefix, outcomes) | {f"{prefix}calls": count}
        if impostors:
            nothing = knowing_nothing(people, impostors, random, counted("impostors who know nothing", impostors))
            result |= {"impostor_random": nothing.got_in, "attempts": nothing.tries}
        if targets:
            tick = counted("impostors who know what is public", targets)
            public = knowing_what_is_public(people, targets, DAYS, random, tick)
            result["impostor_public"] = round(public.got_in / public.impostors, 6)
            result |= {"public_targets": public.impostors, "public_tries": public.tries}
    if as_json:
        click.echo(json.dumps(result))
        return
    table = Table(title=f"Identity, seed {seed}")
    for column in ("figure", "value", "bar"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for key, (name, bound) in BARS.items():
        if key in result:
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
