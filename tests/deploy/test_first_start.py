"""``ivr init``: what it writes is a line that passes its own check, and nothing is overwritten."""

from __future__ import annotations

import json
import re
import stat
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.cli import main
from ivr.config import Config, load
from ivr.deploy.settings import commented, sections
from ivr.office.accounts import Accounts
from ivr.office.database import open_office
from ivr.office.roster import Roster
from ivr.people.staff import Role
from ivr.privacy import Secret
from ivr.vault.keys import read_keys

PASSWORD = "saulė teka rytuose"


def run(*arguments: str | Path, answers: str = "") -> Result:
    return CliRunner().invoke(main, ["init", *map(str, arguments)], input=answers)


def signed_in(config: Config, username: str, password: str) -> bool:
    accounts = Accounts(open_office(config.office_path), lambda: datetime.now(UTC))
    return accounts.sign_in(username, Secret(password)) is not None


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_without_a_question_everything_is_there(tmp_path: Path) -> None:
    file = tmp_path / "ivr.toml"
    done = run(file, "--yes", "--json")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    config = load(file, {})
    assert config.recording.key_file == tmp_path / "vault.keys"
    assert read_keys(tmp_path / "vault.keys").present
    made = [tmp_path / "vault.keys", tmp_path / "first-password", tmp_path / "var" / "identity.key", file]
    assert [mode(path) for path in made] == [0o600] * 4
    assert mode(config.line.data_dir) == 0o700
    password = (tmp_path / "first-password").read_text().strip()
    assert password not in done.output
    assert facts["password_file"] == str(tmp_path / "first-password")
    assert signed_in(config, "admin", password)
    (employee,) = (one for one in Roster(open_office(config.office_path)).staff().employees if one.id)
    assert employee.roles == {Role.ADMIN}


def test_settings_that_are_given_are_written_and_the_others_explain_themselves(tmp_path: Path) -> None:
    file = tmp_path / "ivr.toml"
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    settings = ["sip.bind=192.0.2.10", "sip.trunks=192.0.2.1, 198.51.100.0/24", "workers.count=3", "sip.tcp=false"]
    given = [word for one in settings for word in ("--set", one)]
    done = run(file, "--yes", *given, "--admin", "ona", "--password-file", tmp_path / "password")
    assert done.exit_code == 0, done.output
    config = load(file, {})
    assert (config.sip.bind, config.workers.count, config.sip.tcp) == ("192.0.2.10", 3, False)
    assert config.sip.trunks == ("192.0.2.1", "198.51.100.0/24")
    assert signed_in(config, "ona", PASSWORD)
    assert not (tmp_path / "first-password").exists()
    assert PASSWORD not in file.read_text()
    assert tomllib.loads(file.read_text())["sip"] == {
        "bind": "192.0.2.10",
        "tcp": False,
        "trunks": ["192.0.2.1", "198.51.100.0/24"],
    }


def test_questions_are_asked_again_until_the_answer_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "ivr.toml"
    answers = ["", "", "", "192.0.2.10", "seven", "5070", "nowhere", "192.0.2.1", "", "", "", "", ""]
    answers += ["jonas", "Jonas Jonaitis", PASSWORD, PASSWORD]
    done = run(file, answers="\n".join(answers) + "\n")
    assert done.exit_code == 0, done.output
    config = load(file, {})
    assert (config.sip.bind, config.sip.port, config.sip.trunks) == ("192.0.2.10", 5070, ("192.0.2.1",))
    assert "whole number from 0 to 65535" in done.output
    assert PASSWORD not in done.output
    assert signed_in(config, "jonas", PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--set", "sip.nothing=1"], "is no setting"),
        (["--set", "sip.port=many"], "whole number"),
        (["--set", "sip.port"], "has no ="),
        (["--set", "mqtt.host=192.0.2.9"], "TLS is off"),
        (["--set", "registry.url=http://192.0.2.9"], "Personal data go over TLS only"),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_is_left(arguments: list[str], told: str, tmp_path: Path) -> None:
    done = run(tmp_path / "ivr.toml", "--yes", *arguments)
    assert done.exit_code == 1
    assert told in done.output
    assert list(tmp_path.iterdir()) == []


def test_a_weak_password_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "line"
    folder.mkdir()
    (tmp_path / "password").write_text("short\n")
    done = run(folder / "ivr.toml", "--yes", "--password-file", tmp_path / "password")
    assert done.exit_code == 1
    assert list(folder.iterdir()) == []


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "ivr.toml"
    assert run(file, "--yes").exit_code == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.suffix in ("", ".toml", ".keys", ".key")
              and path.is_file()}  # fmt: skip
    again = run(file, "--yes")
    assert again.exit_code == 1
    assert "is there already" in again.output
    assert {path: path.read_bytes() for path in before} == before
    second = run(tmp_path / "second.toml", "--yes", "--set", "workers.count=2")
    assert second.exit_code == 1, "the first password is somebody's: it is not written over"
    (tmp_path / "first-password").unlink()
    second = run(tmp_path / "second.toml", "--yes", "--json")
    facts = json.loads(second.stdout)
    assert facts["administrator"] == "", "there is an account already"
    assert str(tmp_path / "vault.keys") in facts["kept"]
    assert (tmp_path / "vault.keys").read_bytes() == before[tmp_path / "vault.keys"]
    assert not (tmp_path / "first-password").exists()


def test_for_a_real_registry_a_key_and_a_request_are_made(tmp_path: Path) -> None:
    from cryptography import x509

    file = tmp_path / "ivr.toml"
    done = run(file, "--yes", "--set", "registry.url=https://registras.pavyzdys.lt", "--set", "line.node=vilnius-1")
    assert done.exit_code == 0, done.output
    assert mode(tmp_path / "registry.key") == 0o600
    request = x509.load_pem_x509_csr((tmp_path / "registry.csr").read_bytes())
    assert request.is_signature_valid
    assert "vilnius-1" in request.subject.rfc4514_string()
    assert "registry.csr" in done.output


def test_the_file_names_every_setting_once_and_a_comment_sign_less_changes_nothing(tmp_path: Path) -> None:
    text = commented({})
    for section, model in sections():
        body = text.split(f"\n[{section}]\n")[1].split("\n[")[0]
        assert re.findall(r"^#(\w+) = ", body, re.MULTILINE) == list(model.model_fields), section
    everything = re.sub(r"^#(\w+ = (?!.*# not set$))", r"\1", text, flags=re.MULTILINE)
    (tmp_path / "ivr.toml").write_text(everything, encoding="utf-8")
    loaded = load(tmp_path / "ivr.toml", {}).model_dump(exclude={"source"})
    expected = Config().model_dump(exclude={"source"})
    expected["line"]["data_dir"] = tmp_path / "var"
    assert loaded == expected


def test_the_recordings_stay_open_when_that_is_wished(tmp_path: Path) -> None:
    assert run(tmp_path / "ivr.toml", "--yes", "--plain-recordings").exit_code == 0
    assert load(tmp_path / "ivr.toml", {}).recording.key_file is None
    assert not (tmp_path / "vault.keys").exists()
