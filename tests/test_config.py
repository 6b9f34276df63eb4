"""The configuration: what it takes, what it refuses, and that every refusal says where and what to do."""

from __future__ import annotations

import ipaddress
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.config import Config, load
from ivr.errors import ConfigError

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes ``ivr.toml`` and returns its path."""

    def written(text: str) -> Path:
        path = tmp_path / "ivr.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def refusal(path: Path | None, environ: dict[str, str] | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(path, environ or {})
    return caught.value


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        ("[sip]\nprot = 5060\n", "sip.prot", "port"),
        ("[spi]\nport = 5060\n", "spi", "sip"),
        ('[upstream]\noffice_url = "https://office.example.org"\n', "mqtt.host", "broker"),
        ('[office]\nnodes_file = "nodes.keys"\n', "mqtt.host", "broker"),
        ('[upstream]\noffice_url = "http://192.0.2.1"\n[mqtt]\nhost = "::1"\n', "upstream.office_url", "TLS"),
        (
            '[upstream]\noffice_url = "https://o.example"\n[office]\nnodes_file = "k"\n[mqtt]\nhost = "::1"\n',
            "office.nodes_file",
            "node or the office",
        ),
        ("[workers]\ncount = 0\noutbound = 1\n", "workers.outbound", "workers.count"),
        ("port = 5060\n", "port", "sip"),
        ('[sip]\npassword = "x"\n', "sip.password", "password_file"),
        ('[sip]\nport = "many"\n', "sip.port", "docs/configuration.md"),
        ("[sip]\nport = 70000\n", "sip.port", "docs/configuration.md"),
        ('[sip]\ntrunks = ["the trunk"]\n', "sip.trunks", "docs/configuration.md"),
        ('[sip]\ncodecs = ["OPUS"]\n', "sip.codecs.0", "docs/configuration.md"),
        ("[sip]\ncodecs = []\n", "sip.codecs", "docs/configuration.md"),
        ("[sip]\nanswer_after_rings = 3\n", "sip.answer_after_rings", "docs/configuration.md"),
        ('[line]\nnumber = "+370"\n', "line.number", "docs/configuration.md"),
        ('[line]\nnode = "Line 1"\n', "line.node", "docs/configuration.md"),
        ('[line]\nlanguage = "ru"\n', "line.language", "docs/configuration.md"),
        ('[recording]\nenabled = "perhaps"\n', "recording.enabled", "docs/configuration.md"),
        ('[recording]\nkeep = ["call=30"]\n', "recording.key_file", "ivr recordings key"),
        ("sip = 5060\n", "sip", "docs/configuration.md"),
        ('[mqtt]\nhost = "192.0.2.9"\n', "mqtt.tls", "tls = true"),
        ('[sip]\nregistrar = "sip:192.0.2.9"\n', "sip.username", "user name"),
        ('[people]\nagent = "tel:600"\n', "people.agent", "sip:name@host"),
        ('[people]\noutside_uri = "sip:192.0.2.1"\n', "people.outside_uri", "sip:{number}@host"),
        ('[people]\nextension_uri = "sip:{x}@192.0.2.1"\n', "people.extension_uri", "sip:{extension}@host"),
        ('[sip]\nregistrar = "192.0.2.9"\nusername = "line"\n', "sip.registrar", "sip:host"),
        ('[speech]\nrecognizer = "192.0.2.9:10300"\n', "speech.recognizer", "tcp://host:port"),
        ("[sip]\nport = 65535\n[workers]\ncount = 2\n", "sip.port", "fewer workers"),
        ("[sip]\nrtp_port = 65500\n", "sip.rtp_port", "fewer rtp_ports"),
        ("[sip]\nrtp_port = 1000\n", "sip.rtp_port", "another rtp_port"),
        ("[sip]\nrtp_port = 5000\n", "sip.rtp_port", "another port"),
        ("[sip]\nport = 19999\n[workers]\ncount = 2\n", "sip.rtp_port", "another port"),
    ],
)
def test_a_wrong_setting_is_refused_with_file_key_and_remedy(write: Write, text: str, key: str, remedy: str) -> None:
    path = write(text)
    error = refusal(path)
    assert (error.file, error.key) == (str(path), key)
    assert remedy in error.remedy
    assert str(error) == f"{path}: {key}: {error.problem}. {error.remedy}"
    assert "\n" not in str(error)


def test_a_list_that_is_no_list_is_explained_in_words_of_the_file(write: Write) -> None:
    assert "must be a list in brackets" in refusal(write('[sip]\ntrunks = "192.0.2.1"\n')).problem


def test_a_broken_file_is_refused_with_the_line_that_breaks_it(write: Write) -> None:
    path = write('[sip]\nbind = "127.0.0.1"\nport = = 5060\n')
    error = refusal(path)
    assert str(path) in str(error)
    assert "line 3" in error.problem
    assert "Correct" in error.remedy


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ivr.toml"
    path.write_bytes(b'[line]\nnumber = "\xff\xfe"\n')
    error = refusal(path)
    assert error.file == str(path)
    assert "not valid TOML" in error.problem


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = refusal(tmp_path / "absent.toml")
    assert error.file.endswith("absent.toml")
    assert "No such file" in error.problem
    assert "ivr.toml" in error.remedy


def test_five_lines_are_enough_for_a_real_line(write: Write) -> None:
    config = load(
        write('[sip]\nbind = "192.0.2.10"\ntrunks = ["192.0.2.1"]\n[people]\nagent = "sip:600@192.0.2.1"\n'), {}
    )
    assert config.sip.bind == "192.0.2.10"
    assert config.sip.trunks == ("192.0.2.1",)
    assert config.people.agent == "sip:600@192.0.2.1"
    assert config.line.number == "1883"


def test_the_environment_overrides_the_file(write: Write) -> None:
    path = write("[sip]\nport = 5062\ntcp = true\n")
    config = load(
        path,
        {
            "IVR_SIP_PORT": "5070",
            "IVR_SIP_TCP": "false",
            "IVR_SIP_TRUNKS": "192.0.2.1, 198.51.100.0/24",
            "IVR_SIP_MEDIA_TIMEOUT_S": "20",
            "PATH": "/usr/bin",
        },
    )
    assert (config.sip.port, config.sip.tcp) == (5070, False)
    assert config.sip.trunks == ("192.0.2.1", "198.51.100.0/24")
    assert config.sip.media_timeout_s == 20


@pytest.mark.parametrize("name", ["IVR_SIP_PROT", "IVR_SPI_PORT", "IVR_SIP", "IVR_SOURCE"])
def test_an_unknown_variable_is_refused_by_its_own_name(write: Write, name: str) -> None:
    error = refusal(write("[sip]\nport = 5062\n"), {name: "1"})
    assert (error.file, error.key) == ("environment", name)
    assert error.remedy


def test_a_wrong_value_in_the_environment_is_not_blamed_on_the_file(write: Write) -> None:
    error = refusal(write("[sip]\nport = 5062\n"), {"IVR_SIP_PORT": "many"})
    assert (error.file, error.key) == ("environment", "IVR_SIP_PORT")
    assert "'many'" in error.problem


def test_the_variables_of_the_log_are_no_settings() -> None:
    assert load(None, {"IVR_LOG": "json", "IVR_LOG_LEVEL": "debug"}) == load(None, {})


def test_relative_paths_are_relative_to_the_file(write: Write, tmp_path: Path) -> None:
    config = load(write('[line]\ndata_dir = "data"\nplan = "/etc/ivr/plan.yaml"\n'), {})
    assert config.line.data_dir == tmp_path / "data"
    assert config.journal_path == tmp_path / "data" / "journal.db"
    assert config.line.plan == Path("/etc/ivr/plan.yaml")


def test_without_a_file_paths_are_relative_to_the_folder_one_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(None, {}).line.data_dir == tmp_path / "var"


def test_the_defaults_stay_on_this_machine() -> None:
    config = load(None, {})
    assert ipaddress.ip_address(config.sip.bind).is_loopback
    assert ipaddress.ip_address(config.office.bind).is_loopback
    assert all(ipaddress.ip_network(trunk).is_loopback for trunk in config.sip.trunks)
    assert not config.mqtt.host


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.0.1", "::1"])
def test_a_broker_on_this_machine_may_go_without_tls(write: Write, host: str) -> None:
    assert load(write(f'[mqtt]\nhost = "{host}"\n'), {}).mqtt.host == host


@pytest.mark.parametrize("host", ["192.0.2.9", "broker.example", "localhost.example", "2001:db8::1"])
def test_a_broker_elsewhere_needs_tls(write: Write, host: str) -> None:
    path = write(f'[mqtt]\nhost = "{host}"\n')
    assert refusal(path).key == "mqtt.tls"
    assert load(path, {"IVR_MQTT_TLS": "true"}).mqtt.tls


def test_a_password_comes_from_its_file_without_the_line_end(write: Write, tmp_path: Path) -> None:
    (tmp_path / "trunk.secret").write_text("vasara-1883\n", encoding="utf-8")
    config = load(write('[sip]\npassword_file = "trunk.secret"\n'), {})
    assert config.secret("sip", "password", {}).reveal() == "vasara-1883"


def test_a_password_in_the_environment_comes_first(write: Write, tmp_path: Path) -> None:
    (tmp_path / "trunk.secret").write_text("vasara-1883\n", encoding="utf-8")
    environ = {"IVR_SIP_PASSWORD": "ruduo-1883"}
    config = load(write('[sip]\npassword_file = "trunk.secret"\n'), environ)
    assert config.secret("sip", "password", environ).reveal() == "ruduo-1883"


def test_no_password_is_an_empty_secret() -> None:
    assert not load(None, {}).secret("mqtt", "password", {})


def test_a_password_file_that_is_not_there_is_named(write: Write, tmp_path: Path) -> None:
    path = write('[mqtt]\npassword_file = "absent.secret"\n')
    with pytest.raises(ConfigError) as caught:
        load(path, {}).secret("mqtt", "password", {})
    assert (caught.value.file, caught.value.key) == (str(path), "mqtt.password_file")
    assert str(tmp_path / "absent.secret") in caught.value.problem
    assert "password on one line" in caught.value.remedy


def shown(config: Config) -> str:
    """All ways in which a configuration ends up in a log."""
    return f"{config!r} {config} {config.model_dump()} {config.model_dump_json()}"


def test_passwords_are_never_printed(write: Write, tmp_path: Path) -> None:
    (tmp_path / "broker.secret").write_text("ruduo-1883", encoding="utf-8")
    environ = {"IVR_SIP_PASSWORD": "vasara-1883"}
    config = load(write('[mqtt]\npassword_file = "broker.secret"\n'), environ)
    secrets = [config.secret("sip", "password", environ), config.secret("mqtt", "password", environ)]
    text = f"{shown(config)} {secrets} {secrets[0]} {secrets[1]:>10}"
    assert "vasara" not in text
    assert "ruduo" not in text


def test_a_password_put_into_the_file_by_mistake_is_refused_without_showing_it(write: Write) -> None:
    error = refusal(write('[mqtt]\npassword = "vasara-1883"\n'))
    assert "vasara" not in "".join(traceback.format_exception(error))
