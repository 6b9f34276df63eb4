"""A node's recordings leave it only when the office has them, sealed or not; an office without workers is an office."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli import main
from ivr.config import Config, load
from ivr.delivery.nodes import Nodes
from ivr.delivery.uploads import Office, Sent, Sound, Uploader
from ivr.errors import ConfigError, NodeRefused, OfficeError
from ivr.events import JournalKind
from ivr.privacy import Secret
from ivr.processes import delivering
from ivr.processes.delivering import UNDELIVERED, Outgoing, token_of
from ivr.processes.keeping import House, erase_expired, open_house, take_in_finished
from ivr.processes.parts import parts_of
from ivr.store.alarms import Alarms
from ivr.store.arrivals import Standing
from ivr.store.database import open_database
from ivr.store.erasure import erase_personal
from ivr.store.journal import Journal, JournalEvent
from ivr.vault.keys import write_new_key
from tests.delivery.machines import AT, Machine
from tests.vault.test_vault import House as Recordings

MQTT = '[mqtt]\nhost = "127.0.0.1"\n'


class Taken(Uploader):
    """An office that takes everything, or answers as it is told to; keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(Office("http://127.0.0.1:1", "line-1", Secret("")), threading.Event())
        self.got: dict[str, bytes] = {}
        self.answer: Sent | Exception = Sent.HERE

    def send(self, sound: Sound) -> Sent:
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is Sent.HERE:
            self.got[sound.name] = b"".join(sound.pieces(0, sound.length))
            assert len(self.got[sound.name]) == sound.length
        return self.answer


@pytest.fixture(params=["plain", "sealed"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    key = ""
    if request.param == "sealed":
        write_new_key(tmp_path / "keys")
        key = 'key_file = "keys"\nkeep = ["call=30"]\n'
    (tmp_path / "ivr.toml").write_text(
        f'[line]\ndata_dir = "data"\nnode = "line-1"\n{MQTT}[recording]\n{key}'
        '[upstream]\noffice_url = "http://127.0.0.1:1"\nkeep_days = 7\n',
        encoding="utf-8",
    )
    config = load(tmp_path / "ivr.toml", {})
    config.recordings_dir.mkdir(parents=True)
    for name in ("a", "b"):
        Machine(config.line.data_dir, "line-1").call(name)
        wav = Recordings(tmp_path / "elsewhere").recording(name, 0.5)
        wav.rename(config.recordings_dir / wav.name)
    if config.recording.key_file is not None:
        take_in_finished(house(config))
    return config


def house(config: Config) -> House:
    return open_house(config, Journal(open_database(config.journal_path)), lambda: AT)


def left(config: Config) -> set[str]:
    if config.recording.key_file is not None:
        return {kept.name for kept in house(config).catalogue.all()}
    return {path.stem for path in config.recordings_dir.glob("*.wav")}


def at(monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    monkeypatch.setattr(delivering, "utcnow", lambda: AT + timedelta(days=days))


def test_a_recording_stays_for_its_days_after_the_office_has_it(node: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 0)
    office = Taken()
    outgoing = Outgoing(node, office)
    assert outgoing.once()
    assert {name: content[:4] for name, content in office.got.items()} == dict.fromkeys(
        ("a", "b"), b"fLaC" if node.recording.key_file else b"RIFF"
    )
    office.got.clear()
    outgoing.once()
    assert office.got == {}  # nothing twice
    assert left(node) == {"a", "b"}
    at(monkeypatch, 7.1)
    outgoing.once()
    assert left(node) == set()


def test_an_office_that_lost_what_it_had_gets_it_again_before_it_goes(
    node: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 0)
    office = Taken()
    outgoing = Outgoing(node, office)
    outgoing.once()
    office.got.clear()
    at(monkeypatch, 7.1)
    office.answer = Sent.EARLY  # it came back from a backup, and its journal is not there yet
    outgoing.once()
    assert left(node) == {"a", "b"}
    office.answer = Sent.HERE
    outgoing.once()
    assert set(office.got) == {"a", "b"}
    assert left(node) == set()


def test_nothing_leaves_the_node_before_the_office_has_it(node: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 1000)
    office = Taken()
    outgoing = Outgoing(node, office)
    for answer in (Sent.EARLY, OSError("the office answers 507"), NodeRefused("line-1", "answers 422", "Look")):
        office.answer = answer
        if isinstance(answer, OSError):
            with pytest.raises(OSError, match="507"):
                outgoing.once()
        else:
            outgoing.once()
        if node.recording.key_file is not None:  # its own rules wait, too
            assert erase_expired(house(node), node.recording.keep_days, AT + timedelta(days=1000)) == []
        assert left(node) == {"a", "b"}


@pytest.mark.parametrize("node", ["sealed"], indirect=True)  # what is not sealed has upstream.keep_days alone
def test_whichever_time_is_shorter_counts_once_the_office_has_it(node: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """``upstream.keep_days`` is 7; ``recording.keep`` is 30 days, then 3."""
    at(monkeypatch, 0)
    outgoing = Outgoing(node, Taken())
    outgoing.once()
    later = AT + timedelta(days=4)
    assert erase_expired(house(node), node.recording.keep_days, later) == []
    assert len(erase_expired(house(node), {"call": 3}, later)) == 2
    at(monkeypatch, 7.1)
    outgoing.once()
    assert left(node) == set()


@pytest.mark.parametrize("node", ["sealed"], indirect=True)
def test_by_hand_nothing_is_erased_before_the_office_has_it(
    node: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 0)
    command = ["recordings", "erase", "a", "--by", "Ona", "--reason", "x", "--yes", "--config", node.source]
    refused = CliRunner().invoke(main, command)
    assert refused.exit_code == 1
    assert "is not at the office yet" in refused.output
    unknown = CliRunner().invoke(main, [*command[:2], "typo", *command[3:]])
    assert (unknown.exit_code, "typo: " in unknown.output) == (1, True)
    assert "office" not in unknown.output  # nothing to wait for
    Outgoing(node, Taken()).once()
    assert CliRunner().invoke(main, command).exit_code == 0
    command[2] = "b"
    open_database(node.journal_path).execute("DELETE FROM delivered_recordings")
    assert CliRunner().invoke(main, command).exit_code == 1
    assert CliRunner().invoke(main, [*command, "--undelivered"]).exit_code == 0
    assert left(node) == set()


def test_one_that_is_refused_is_an_alarm_and_is_offered_again_an_hour_later(
    node: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 0)
    office = Taken()
    outgoing = Outgoing(node, office)
    office.answer = NodeRefused("line-1", "the office answers 422", "Look")
    outgoing.once()
    outgoing.once()
    alarms = Alarms(open_database(node.journal_path)).of_kind(UNDELIVERED)
    assert [alarm.data["recording"] for alarm in alarms] == ["a", "b"]
    office.answer = Sent.HERE
    outgoing.once()
    assert office.got == {}
    at(monkeypatch, 0.05)
    outgoing.once()
    assert set(office.got) == {"a", "b"}


def test_what_was_erased_on_request_does_not_wait_for_its_days(node: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 0)
    office = Taken()
    Outgoing(node, office).once()
    erase_personal(Journal(open_database(node.journal_path)), "a", {"by": 0}, AT)
    Outgoing(node, office).once()
    assert left(node) == {"b"}


def test_what_the_office_does_not_want_goes_at_once_also_if_the_journal_lost_the_call(
    node: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, 0)
    office = Taken()
    outgoing = Outgoing(node, office)
    office.answer = Sent.GONE
    outgoing.once()
    assert left(node) == set()


def test_without_a_token_the_node_says_where_it_comes_from(tmp_path: Path) -> None:
    (tmp_path / "ivr.toml").write_text(f'{MQTT}[upstream]\noffice_url = "https://o.example"\n', encoding="utf-8")
    config = load(tmp_path / "ivr.toml", {})
    with pytest.raises(ConfigError, match="ivr nodes admit"):
        token_of(config)
    (tmp_path / "token").write_text("not a token\n", encoding="utf-8")
    wrong = config.model_copy(
        update={"upstream": config.upstream.model_copy(update={"token_file": tmp_path / "token"})}
    )
    with pytest.raises(OfficeError, match="no token"):
        token_of(wrong)


def test_an_office_without_workers_is_nothing_but_an_office() -> None:
    assert [part.kind for part in parts_of(load(None, {"IVR_WORKERS_COUNT": "0"}))] == ["office"]


def test_nodes_are_admitted_listed_and_dismissed_by_command(tmp_path: Path) -> None:
    (tmp_path / "ivr.toml").write_text(
        f'[line]\ndata_dir = "data"\n{MQTT}[office]\nnodes_file = "nodes.keys"\n', encoding="utf-8"
    )
    config = load(tmp_path / "ivr.toml", {})
    node = Machine(config.line.data_dir, "line-1")
    node.journal.append("own", JournalKind.CALL_OFFERED, {"pii_caller": ""}, AT)

    def run(*words: str) -> str:
        done = CliRunner().invoke(main, ["nodes", *words, "--config", str(tmp_path / "ivr.toml")])
        assert done.exit_code == 0, done.output
        return done.output

    token = tmp_path / "line-1.token"
    run("admit", "line-1", str(token))
    assert token.stat().st_mode & 0o077 == 0
    assert Nodes(tmp_path / "nodes.keys").admits("line-1", Secret(token.read_text(encoding="ascii").strip()))
    assert '"admitted": true, "last": null' in run("list", "--json")
    refused = CliRunner().invoke(
        main, ["nodes", "admit", "Line 2!", str(tmp_path / "t"), "--config", str(tmp_path / "ivr.toml")]
    )
    assert refused.exit_code == 1
    assert not (tmp_path / "t").exists()
    run("dismiss", "line-1")
    assert run("list", "--json") == ""
    call = JournalEvent("a", 1, AT, JournalKind.CALL_OFFERED, {"pii_caller": "+37061234567"})
    node.arrivals.take("line-1", Standing("s"), Standing("s", 1), [call], [], AT)
    erase_personal(node.journal, "a", {"by": 7}, AT)
    row = json.loads(run("list", "--json"))
    assert (row["admitted"], row["events"], row["to_erase"]) == (False, 1, 1)
    (tmp_path / "nodes.keys").chmod(0o644)
    with pytest.raises(OfficeError, match="chmod 600"):
        Nodes(tmp_path / "nodes.keys").read()
