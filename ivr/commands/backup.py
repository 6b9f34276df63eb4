"""``ivr backup`` and ``ivr restore``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from ivr.commands.options import chosen, config_option, loaded, plain_errors
from ivr.deploy.archive import Manifest
from ivr.deploy.backup import LAST_NAME, back_up, public
from ivr.deploy.restore import restore as put_back
from ivr.deploy.restore import saved_configuration, verify
from ivr.errors import IvrError

_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.command()
@config_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(min=1), help="When FILE is a folder: how many backups stay there.")
@click.option("--with-keys", is_flag=True, help="Also keys and password files: whoever has FILE can then open all.")
@_json
@plain_errors
def backup(config_path: Path | None, file: Path, keep: int | None, with_keys: bool, as_json: bool) -> None:
    """Save everything to FILE while the line runs: databases, recordings, configuration.

    When FILE is a folder, the backup gets a name of node and time there.
    """
    config, at = loaded(config_path), datetime.now(UTC)
    folder = file if file.is_dir() else None
    if folder is not None:
        file = folder / f"{config.line.node}-{at:%Y%m%dT%H%M%SZ}.tar"
    with _bar("saving", hidden=as_json) as shown:
        manifest = back_up(config, file, at, source=chosen(config_path), with_keys=with_keys, progress=shown)
    (config.line.data_dir / LAST_NAME).write_text(json.dumps(public(manifest)), encoding="utf-8")
    if folder is not None and keep is not None:
        for old in sorted(folder.glob(f"{config.line.node}-{'[0-9]' * 8}T{'[0-9]' * 6}Z.tar"))[:-keep]:
            old.unlink()
    if as_json:
        click.echo(json.dumps({"file": str(file), **public(manifest)}, ensure_ascii=False))
        return
    click.echo(f"{file}: {_counted(manifest)}")
    for name, path in manifest.missing_keys.items():
        click.echo(f"not in it: {name} ({path}); keep a copy apart, or use --with-keys")
    for name, why in manifest.left_out.items():
        click.echo(f"not in it: {name} {why}")


@click.command()
@config_option
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option(
    "--check", "check_only", is_flag=True, help="Prove that FILE is whole and can be restored; write nothing."
)
@_json
@plain_errors
def restore(config_path: Path | None, file: Path, check_only: bool, as_json: bool) -> None:
    """Put back what ivr backup saved, into a data folder that is empty or not there.

    A configuration (--config) that does not exist is written from FILE first.
    """
    if check_only:
        with _bar("checking", hidden=as_json) as shown:
            manifest = verify(file, shown)
        click.echo(
            json.dumps({"file": str(file), "whole": True, **public(manifest)}, ensure_ascii=False)
            if as_json
            else f"{file} is whole: {_counted(manifest)}"
        )
        return
    fresh = config_path is not None and not config_path.exists() and saved_configuration(file, config_path)
    try:
        config = loaded(config_path)
        with _bar("restoring", hidden=as_json) as shown:
            done = put_back(file, config, shown)
    except IvrError:
        if fresh and config_path is not None:
            config_path.unlink()
        raise
    written = [*([config_path] if fresh else []), *done.written]
    if as_json:
        facts = {"written": [str(path) for path in written], "kept": list(done.kept), **public(done.manifest)}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"Put back: {_counted(done.manifest)}")
    for path in written:
        click.echo(f"  {path}")
    for what in done.kept:
        click.echo(f"left as it is: {what}")
    for name, place in done.manifest.missing_keys.items():
        click.echo(f"not in the backup: {name} (it was {place}); put it there before you start the line")


def _counted(manifest: Manifest) -> str:
    counts = manifest.counts
    sound = counts.get("recordings", 0) + counts.get("unfinished", 0)
    return (
        f"{counts.get('calls', 0)} calls with {counts.get('events', 0)} events, {counts.get('sealed', 0)} sealed "
        f"and {sound} open recordings, {len(manifest.databases)} databases, {manifest.size / 1e6:.1f} MB, "
        f"made {manifest.made_at} on {manifest.node}"
    )


@contextmanager
def _bar(doing: str, *, hidden: bool) -> Iterator[Callable[[int, int, str], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=hidden) as bar:
        task = bar.add_task(doing, total=None)

        def shown(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{doing} {what}"[:40])

        yield shown
