"""``ivr call``: a caller one can use by hand."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import click

from ivr.commands.options import chosen
from ivr.config import Config, load
from ivr.errors import IvrError, TelephonyError
from ivr.simulator.handset import KEYS_LINE, Handset
from ivr.simulator.known import prompts_of_folder, prompts_of_line
from ivr.simulator.report import of_person
from ivr.simulator.stage import Stage, people_settings

_HOST: Final = re.compile(r"sip:(?:[^@]*@)?(?P<host>[^:;>?\s]+)(?::\d+)?(?:[;?].*)?")


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the command line asks for."""

    uri: str
    play: tuple[Path, ...]
    say: tuple[str, ...]
    keys: tuple[str, ...]
    save: Path | None
    timeout_s: float
    caller: str
    voice: str

    @property
    def scripted(self) -> bool:
        return bool(self.play or self.say or self.keys)


@click.command()
@click.argument("uri")
@click.option(
    "--play",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="WAV file to play (8 kHz).",
)
@click.option("--say", multiple=True, help="Phrase to say.")
@click.option("--keys", default="", help="Keys to press after that: 1,2 or 12#.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Write what was heard as WAV.")
@click.option("--json", "as_json", is_flag=True, help="Print what happened as JSON when the call is over.")
@click.option("--timeout", default=120.0, show_default=True, help="Hang up after so many seconds without typing.")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="The line's ivr.toml: names its prompts."
)
@click.option("--prompts", type=click.Path(file_okay=False, path_type=Path), help="Folder with ID.wav of its prompts.")
@click.option("--caller", default="", help="Number to show; empty withholds it.")
@click.option("--voice", default="am_michael", show_default=True, help="Voice of the clips, where they exist in it.")
@click.option("--bind", default="", help="Address of this machine to call from; default: the one towards URI.")
@click.option("--port", default=0, show_default=True, help="SIP port to call from; 0 is any.")
@click.option("--rtp-port", default=30900, show_default=True, help="First of 40 RTP ports.")
def call(
    uri: str,
    play: tuple[Path, ...],
    say: tuple[str, ...],
    keys: str,
    save: Path | None,
    as_json: bool,
    timeout: float,
    config_path: Path | None,
    prompts: Path | None,
    caller: str,
    voice: str,
    bind: str,
    port: int,
    rtp_port: int,
) -> None:
    """Call URI (sip:1883@host[:port]) and talk.

    Type a phrase to say it, keys (1, 12#) to press them, q to hang up. Phrases
    are spoken by the project's clips, or by the line's own voice where there is
    no clip. With --play, --say or --keys nothing is typed.
    """
    pressed = keys.replace(",", "").upper()
    if pressed and not KEYS_LINE.fullmatch(pressed):
        raise click.BadParameter(f"{keys!r} are no keys: use 0-9, *, #, A-D", param_hint="--keys")
    wish = _Wish(uri, play, say, tuple(pressed), save, timeout, caller, voice)
    code = 1
    try:
        path = chosen(config_path)
        config = load(path)
        known: dict[str, bytes] = {}
        if prompts is not None:
            known = prompts_of_folder(prompts)
        elif path is not None:
            known = prompts_of_line(config)
        code = asyncio.run(_call(wish, known, config, (bind or _towards(uri), port, rtp_port), as_json))
    except IvrError as error:
        click.echo(f"Error: {error}", err=True)
    except KeyboardInterrupt:
        click.echo("", err=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # pjsip's destructors must not run at interpreter exit


async def _call(
    wish: _Wish, known: dict[str, bytes], config: Config, address: tuple[str, int, int], as_json: bool
) -> int:
    bind, port, rtp_port = address

    def show(line: str) -> None:
        click.echo(line, err=as_json)

    stage = Stage(people_settings(port, rtp_port, bind=bind), known)
    stage.start()
    show(f"  → {wish.uri}")
    since = time.monotonic()
    citizen = await stage.call(wish.uri, caller=wish.caller, voice=wish.voice)
    handset = Handset(citizen, show, _voice(config))
    stage.on_event = handset.on_event
    if known:
        handset.know_prompts()
    problem = await handset.connect(wish.timeout_s)
    if not problem:
        now = False
        if wish.scripted:
            await handset.perform(wish.play, wish.say, wish.keys)
        else:
            now = await _typed(handset, wish.timeout_s)
        await handset.over(0.0 if now else wish.timeout_s)
    else:
        await citizen.hang_up()
        click.echo(f"Error: {wish.uri} {problem}", err=True)
    if wish.save is not None and not problem:
        seconds = citizen.save(wish.save)
        show(f"  {seconds:.1f} s of what was heard are in {wish.save}")
    if as_json:
        report = {"ok": not problem, "problem": problem, "call": asdict(of_person(citizen, since))}
        click.echo(json.dumps(report, ensure_ascii=False))
    stage.stop()
    return 1 if problem else 0


async def _typed(handset: Handset, timeout_s: float) -> bool:
    """Obey what is typed until it ends or the call does; whether to hang up at once.

    Somebody at a terminal may think for as long as they like; a pipe or a file is bound by ``timeout_s``.
    """
    by_hand = sys.stdin.isatty()
    talking = asyncio.ensure_future(handset.converse(_lines()))
    ending = asyncio.ensure_future(handset.citizen.over(24 * 3600.0 if by_hand else timeout_s))
    await asyncio.wait({talking, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if not talking.done():
        talking.cancel()
        return True
    return talking.result() or by_hand


async def _lines() -> AsyncIterator[str]:
    """Lines of standard input, read in a thread: works for terminals, pipes and files alike."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        yield line


def _towards(uri: str) -> str:
    """The address of this machine that packets to the URI's host leave from; nothing is sent to find out."""
    match = _HOST.fullmatch(uri)
    if match is None:
        return "127.0.0.1"  # the line's own sentence about a wrong address follows
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((match["host"], 5060))
            return str(probe.getsockname()[0])
    except OSError as error:
        raise TelephonyError(
            "call", f"{match['host']} can't be reached ({error.strerror})", "Check the name and the network"
        ) from error


def _voice(config: Config) -> Callable[[str], bytes]:
    """Speaks phrases that have no clip; its engine is loaded when it is first needed."""

    def speak(text: str) -> bytes:
        from ivr.speech.engines import local_voice
        from ivr.speech.voices import identify

        return b"".join(local_voice(identify(config)).synthesize(text, config.line.language))

    return speak
