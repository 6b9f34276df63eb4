"""Settings: one TOML file and the environment, checked when loaded.

Five lines are enough for a real line (see ``README.md``); every key has a
default that works on loopback. A key is overridden by ``IVR_<SECTION>_<KEY>``
(``IVR_SIP_PORT=5070``). Secrets are never written in the file itself: a key
that ends in ``_file`` names a file, or ``IVR_…`` carries the value, and the
value is held as :class:`~ivr.privacy.Secret`.

Errors: :class:`~ivr.errors.ConfigError` with file, key, problem and remedy.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from ivr.errors import ConfigError
from ivr.privacy import Secret
from ivr.sections import (
    AnswersSection,
    CallbacksSection,
    LineSection,
    MqttSection,
    OfficeSection,
    PeopleSection,
    ProxySection,
    RecordingSection,
    RegistrySection,
    Section,
    SendingSection,
    SipSection,
    SpeechSection,
    UpstreamSection,
    WorkersSection,
)


class Config(Section):
    """The whole configuration; ``source`` is the file it came from, for messages."""

    line: LineSection = LineSection()
    sip: SipSection = SipSection()
    workers: WorkersSection = WorkersSection()
    speech: SpeechSection = SpeechSection()
    recording: RecordingSection = RecordingSection()
    people: PeopleSection = PeopleSection()
    callbacks: CallbacksSection = CallbacksSection()
    mqtt: MqttSection = MqttSection()
    office: OfficeSection = OfficeSection()
    upstream: UpstreamSection = UpstreamSection()
    registry: RegistrySection = RegistrySection()
    answers: AnswersSection = AnswersSection()
    sending: SendingSection = SendingSection()
    proxy: ProxySection = ProxySection()
    source: str = "defaults"

    @property
    def journal_path(self) -> Path:
        return self.line.data_dir / "journal.db"

    @property
    def office_path(self) -> Path:
        return self.line.data_dir / "office.db"

    @property
    def quality_path(self) -> Path:
        return self.line.data_dir / "quality.db"

    @property
    def quality_index_path(self) -> Path:
        return self.line.data_dir / "quality-index.db"

    @property
    def audit_path(self) -> Path:
        return self.line.data_dir / "audit.db"

    @property
    def recordings_dir(self) -> Path:
        return self.line.data_dir / "recordings"

    @property
    def vault_dir(self) -> Path:
        return self.line.data_dir / "vault"

    @property
    def prompt_cache_dir(self) -> Path:
        return self.speech.prompt_cache or self.line.data_dir / "prompt-cache"

    @property
    def broker_dir(self) -> Path:
        return self.line.data_dir / "mqtt"

    @property
    def ears_socket(self) -> Path:
        return self.line.data_dir / "ears.sock"

    @property
    def voice_socket(self) -> Path:
        return self.line.data_dir / "voice.sock"

    @property
    def answers_socket(self) -> Path:
        return self.line.data_dir / "answers.sock"

    @property
    def people_socket(self) -> Path:
        return self.line.data_dir / "people.sock"

    def secret(self, section: str, key: str, environ: Mapping[str, str] = os.environ) -> Secret:
        """A secret by section and key (``sip``, ``password``): from the environment, else from ``<key>_file``.

        Empty when neither is set. Raises ConfigError when the file can't be read.
        """
        value = environ.get(f"IVR_{section.upper()}_{key.upper()}")
        if value is not None:
            return Secret(value)
        path: Path | None = getattr(getattr(self, section), f"{key}_file")
        if path is None:
            return Secret("")
        try:
            return Secret(path.read_text(encoding="utf-8").strip())
        except OSError as error:
            raise ConfigError(
                self.source,
                f"{section}.{key}_file",
                f"{path} can't be read ({error.strerror})",
                "Create it with the password on one line, readable by the line's user only",
            ) from error


_SECTIONS: dict[str, type[Section]] = {
    name: field.annotation
    for name, field in Config.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
}
# Read where they are used: secrets when a password is asked for, the others by ivr.log.
_NOT_KEYS = {
    "IVR_SIP_PASSWORD", "IVR_MQTT_PASSWORD", "IVR_SENDING_SMTP_PASSWORD", "IVR_SENDING_SMS_TOKEN",
    "IVR_UPSTREAM_TOKEN",
    "IVR_LOG", "IVR_LOG_LEVEL",
}  # fmt: skip


def load(path: Path | None, environ: Mapping[str, str] = os.environ) -> Config:
    """Read and check the configuration; ``None`` means defaults and environment only.

    Raises:
        ConfigError: file missing or not TOML, unknown or wrong key, impossible combination.
    """
    data: dict[str, Any] = {}
    source = "defaults"
    base = Path.cwd()
    if path is not None:
        source, base = str(path), path.resolve().parent
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(
                path, "", f"can't be read ({error.strerror})", "Give the path of an existing ivr.toml"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(path, "", f"is not valid TOML ({error})", "Correct the line that it names") from error
    overridden = _merge_environment(data, environ)
    try:
        config = Config.model_validate(data | {"source": source})
    except ValidationError as error:
        raise _config_error(source, overridden, error) from error
    config = _absolute(config, base)
    _check_combinations(config)
    return config


def _merge_environment(data: dict[str, Any], environ: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Put the environment's values into ``data``; returns which keys they are, with their variables."""
    overridden: dict[tuple[str, str], str] = {}
    for name, value in sorted(environ.items()):
        if not name.startswith("IVR_") or name in _NOT_KEYS:
            continue
        section, _, key = name[4:].lower().partition("_")
        if section not in _SECTIONS or not isinstance(data.setdefault(section, {}), dict):
            raise ConfigError(
                "environment", name, "is not a setting of this line", "Unset it, or name it IVR_<SECTION>_<KEY>"
            )
        field = _SECTIONS[section].model_fields.get(key)
        listed = field is not None and str(field.annotation).startswith("tuple")
        data[section][key] = [part.strip() for part in value.split(",")] if listed else value
        overridden[section, key] = name
    return overridden


def _config_error(source: str, overridden: Mapping[tuple[str, str], str], error: ValidationError) -> ConfigError:
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"])
    variable = next((name for place, name in overridden.items() if place == fault["loc"][:2]), None)
    if variable is not None:
        source, key = "environment", variable
    if fault["type"] == "extra_forbidden":
        section = str(fault["loc"][0])
        known = _SECTIONS[section].model_fields if section in _SECTIONS else _SECTIONS
        return ConfigError(source, key, "is not a setting of this line", "Remove it or use one of: " + ", ".join(known))
    problem = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "tuple_type":
        problem = 'must be a list in brackets, such as ["192.0.2.1"]'
    return ConfigError(
        source,
        key,
        f"{problem[0].lower()}{problem[1:]} (it is {fault['input']!r})",
        "See docs/configuration.md for what it may be",
    )


def _absolute(config: Config, base: Path) -> Config:
    """All relative paths made absolute, relative to the configuration's folder."""
    updates: dict[str, Any] = {}
    for name in _SECTIONS:
        section: BaseModel = getattr(config, name)
        changed = {
            key: base / value
            for key in type(section).model_fields
            if isinstance(value := getattr(section, key), Path) and not value.is_absolute()
        }
        if changed:
            updates[name] = section.model_copy(update=changed)
    return config.model_copy(update=updates)


def _check_combinations(config: Config) -> None:
    def refuse(key: str, problem: str, remedy: str) -> None:
        raise ConfigError(config.source, key, problem, remedy)

    if config.mqtt.host and not config.mqtt.tls and not is_loopback(config.mqtt.host):
        refuse("mqtt.tls", f"broker {config.mqtt.host} is on another machine and TLS is off", "Set tls = true")
    _check_nodes(config, refuse)
    if config.recording.keep and config.recording.key_file is None:
        remedy = "Make it: ivr recordings key FILE; only what the vault has sealed is erased in time"
        refuse("recording.key_file", "is not set although recording.keep is", remedy)
    if config.registry.url and config.registry.embedded is not None:
        refuse("registry.embedded", "is set beside registry.url", "Keep one: the real registry or the made-up people")
    if config.registry.url and not config.registry.url.startswith("https://"):
        refuse("registry.url", "is no https:// address", "Personal data go over TLS only")
    if config.registry.key_file is not None and config.registry.cert_file is None:
        refuse("registry.key_file", "is set without cert_file", "Name the certificate that this key belongs to")
    if config.sip.registrar and not config.sip.username:
        refuse("sip.username", "is empty although a registrar is set", "Give the user name that the registrar knows")
    if config.sip.registrar and not config.sip.registrar.startswith("sip:"):
        refuse("sip.registrar", f"{config.sip.registrar!r} is not a SIP address", 'Write it as "sip:host"')
    for key in ("recognizer", "synthesizer"):
        uri = getattr(config.speech, key)
        if uri and not uri.startswith(("tcp://", "unix://")):
            refuse(f"speech.{key}", f"{uri!r} is no Wyoming address", 'Write it as "tcp://host:port"')
    _check_port_ranges(config.sip, config.workers, refuse)
    _check_sending(config.sending, refuse)
    if config.people.agent and not config.people.agent.startswith("sip:"):
        refuse("people.agent", f"{config.people.agent!r} is not a SIP address", 'Write it as "sip:name@host"')
    uri = config.people.extension_uri
    if uri and not (uri.startswith("sip:") and uri.count("{") == uri.count("{extension}") == 1):
        refuse("people.extension_uri", f"{uri!r} is no SIP address of an extension", 'Write "sip:{extension}@host"')
    uri = config.people.outside_uri
    if uri and not (uri.startswith("sip:") and uri.count("{") == uri.count("{number}") == 1):
        refuse("people.outside_uri", f"{uri!r} is no SIP address of a number", 'Write "sip:{number}@host"')


def _check_nodes(config: Config, refuse: Callable[[str, str, str], None]) -> None:
    url = urlsplit(config.upstream.office_url)
    if not config.mqtt.host and (config.upstream.office_url or config.office.nodes_file):
        refuse("mqtt.host", "is empty although journals travel between machines", "Name the broker that both reach")
    if config.upstream.office_url and config.office.nodes_file:
        refuse("office.nodes_file", "is set beside upstream.office_url", "A machine is a node or the office of nodes")
    if (
        config.upstream.office_url
        and url.scheme != "https"
        and not (url.scheme == "http" and is_loopback(url.hostname or ""))
    ):
        refuse("upstream.office_url", f"{config.upstream.office_url!r} is no https: address", "Recordings go over TLS")
    if not config.workers.count and config.workers.outbound:
        refuse("workers.outbound", "is set although there are no line workers", "Set workers.count, or leave it out")


def _check_sending(sending: SendingSection, refuse: Callable[[str, str, str], None]) -> None:
    if sending.smtp_host and not sending.mail_from:
        refuse("sending.mail_from", "is empty although a mail server is set", "Give the sender's address")
    if sending.smtp_host and sending.smtp_tls == "none" and not is_loopback(sending.smtp_host):
        refuse("sending.smtp_tls", f"{sending.smtp_host} is another machine and TLS is off", 'Set it to "starttls"')
    url = urlsplit(sending.sms_url)
    if sending.sms_url and url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.hostname or "")):
        refuse(
            "sending.sms_url", f"{sending.sms_url!r} is no https: address", "Answers are sent to numbers: encrypt them"
        )


def _check_port_ranges(sip: SipSection, workers: WorkersSection, refuse: Callable[[str, str, str], None]) -> None:
    count = workers.count + workers.outbound
    last = sip.port + count - 1
    if sip.port and last > 65535:
        refuse("sip.port", f"{count} workers need the ports {sip.port}-{last}", "Set a lower port or fewer workers")
    first_rtp, last_rtp = sip.rtp_port, sip.rtp_port + count * sip.rtp_ports - 1
    if first_rtp < 1024 or last_rtp > 65535:
        problem = f"the RTP ports {first_rtp}-{last_rtp} don't lie between 1024 and 65535"
        refuse("sip.rtp_port", problem, "Set another rtp_port, fewer rtp_ports or fewer workers")
    if sip.port and sip.port <= last_rtp and first_rtp <= last:
        problem = f"the RTP ports {first_rtp}-{last_rtp} hold SIP ports ({sip.port}-{last})"
        refuse("sip.rtp_port", problem, "Set another rtp_port or another port")


def is_loopback(host: str) -> bool:
    """An address or ``localhost`` that never leaves this machine; a name that would have to be asked for is not."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
