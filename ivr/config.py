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
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ivr.errors import ConfigError
from ivr.paths import project_file
from ivr.privacy import Secret

Port = Annotated[int, Field(ge=0, le=65535)]


class _Section(BaseModel):
    # A password that was put into the file by mistake must not reach a log through the cause of our error.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class LineSection(_Section):
    """Who we are and where things lie. Relative paths are relative to the file."""

    number: str = Field("1883", pattern=r"^[0-9]{2,15}$", description="number that citizens dial")
    node: str = Field("line-1", pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="name of this machine in MQTT topics")
    language: Literal["lt", "en"] = Field("lt", description="language of the conversation")
    data_dir: Path = Field(Path("var"), description="journal, recordings, prompt cache, sockets")
    plan: Path = Field(project_file("dialplans", "1883.yaml"), description="the conversation")
    prompts_dir: Path = Field(project_file("prompts"), description="texts of the fixed prompts, a folder per language")


class SipSection(_Section):
    """SIP and RTP towards the trunk or PBX. Worker *n* (0, 1 …) uses ``port + n`` and its own RTP range."""

    bind: str = Field("127.0.0.1", description="address to listen on")
    public_address: str = Field("", description="address to tell the peer, when it differs from bind")
    port: Port = Field(5060, description="SIP port of the first worker, UDP and TCP")
    tcp: bool = Field(True, description="listen on TCP too")
    rtp_port: Port = Field(20000, description="first RTP port; each worker takes rtp_ports of them")
    rtp_ports: int = Field(100, ge=16, le=10000, description="RTP ports per worker")
    trunks: tuple[str, ...] = Field(("127.0.0.0/8",), description="addresses or networks that may call; others get 403")
    codecs: tuple[Literal["PCMA", "PCMU", "G722"], ...] = Field(
        ("PCMA", "PCMU", "G722"), min_length=1, description="in order of preference"
    )
    answer_after_rings: int = Field(
        0, ge=0, le=2, description="rings (5 s each) before the answer; A12.2 wants it before the third"
    )
    session_expires_s: int = Field(1800, ge=90, description="session timer, RFC 4028")
    media_timeout_s: float = Field(10.0, gt=0, description="without RTP for so long, the call is lost")
    ack_timeout_s: float = Field(
        8.0, gt=0, description="an answered call that is never confirmed is dropped after this"
    )
    second_route: str = Field(
        "",
        pattern=r"^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])?(:\d{1,5})?$",
        description="host[:port] of another trunk or gateway: outbound calls go there when the one in their address "
        "fails or is silent (A12.14); empty: they fail",
    )
    route_timeout_s: float = Field(
        3.0, ge=0.5, le=10, description="time in which a trunk must have said anything to an outbound call"
    )
    registrar: str = Field("", description="sip:host[:port] to register with; empty: the trunk knows our address")
    username: str = Field("", description="name at the registrar")
    password_file: Path | None = Field(None, description="file with the registrar's password (or IVR_SIP_PASSWORD)")

    @field_validator("trunks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network, strict=False)
        return value


class WorkersSection(_Section):
    """Line processes. The stock pjsua2 wheel has four call legs per process."""

    count: int = Field(1, ge=0, le=64, description="line workers; 0: an office that takes no calls itself")
    callers_per_worker: int = Field(2, ge=1, le=128, description="callers that one worker admits at once")
    outbound: int = Field(0, ge=0, le=8, description="workers for calls of the assistant only")
    drain_s: float = Field(30.0, ge=0, description="on SIGTERM live calls may go on for so long")
    restart_delay_s: float = Field(
        0.5, ge=0, description="first pause before a fallen part is started again; doubles up to 30 s"
    )


class SpeechSection(_Section):
    """Ears and voice, in a process of their own."""

    model: Path = Field(project_file("asr_models", "vosk-model-small-lt-0.4"), description="Vosk model folder")
    recognizer: str = Field("", description="uri of another Wyoming recogniser (tcp://…, unix://…); empty: our own")
    recognizers: tuple[str, ...] = Field(
        (),
        description='Wyoming recognisers for some prompts, as "grammar=uri"; the grammar `open` is all open speech',
    )
    synthesizer: str = Field("", description="uri of another Wyoming voice; empty: our own")
    voice: Literal["kokoro", "piper", "espeak"] = Field(
        "kokoro", description="voice for sentences and for prompts without sound; kokoro has one for each language"
    )
    piper_model: Path | None = Field(
        None, description="Piper voice (.onnx), for voice piper; empty: the one that is installed with the project"
    )
    prompt_cache: Path | None = Field(None, description="folder of the prompts' sound; empty: in data_dir")

    @field_validator("recognizers")
    @classmethod
    def _named(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = [entry.partition("=")[0] for entry in value]
        for entry in value:
            name, _, uri = entry.partition("=")
            if not name or not uri.startswith(("tcp://", "unix://")):
                raise ValueError(f'{entry!r} is not "grammar=tcp://host:port" or "grammar=unix:///path"')
            if names.count(name) > 1:
                raise ValueError(f"grammar {name!r} is given twice")
        return value

    @property
    def recognizer_of(self) -> dict[str, str]:
        """Address by grammar."""
        return {name: uri for name, _, uri in (entry.partition("=") for entry in self.recognizers)}


class RecordingSection(_Section):
    """Recording of calls (A17)."""

    enabled: bool = Field(True, description="record calls; off records nothing")
    min_free_mb: int = Field(200, ge=0, description="below this much free disk, recordings start as failed")
    key_file: Path | None = Field(
        None, description="master keys of the vault (ivr recordings key); empty: recordings stay as plain WAV files"
    )
    keep: tuple[str, ...] = Field(
        (), description='days until a recording is erased, as "class=days": `call` is all, others are outcomes of calls'
    )

    @field_validator("keep")
    @classmethod
    def _classes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            name, _, days = entry.partition("=")
            if not name or not days.isdigit() or int(days) < 1:
                raise ValueError(f'{entry!r} is not "class=days"')
        return value

    @property
    def keep_days(self) -> dict[str, int]:
        """Days by class of call."""
        return {name: int(days) for name, _, days in (entry.partition("=") for entry in self.keep)}


class PeopleSection(_Section):
    """Where callers are handed over to."""

    agent: str = Field("", description="sip: address of the person or queue; empty: a message is offered instead")
    hours: Literal["plan", "always"] = Field(
        "plan", description="when they answer: in the hours of the dial plan, or at any time"
    )
    agent_accepts: bool = Field(
        False, description="whoever answers at `agent` must press 1 before the caller is connected (never for a queue)"
    )
    extension_uri: str = Field(
        "",
        description='sip: address of an employee\'s telephone, as in "sip:{extension}@192.0.2.1"; empty: all calls go '
        "to `agent`",
    )
    outside_uri: str = Field(
        "",
        description="sip: address for calls that employees have placed from a task's page, as in "
        '"sip:{number}@192.0.2.1"; empty: they call from their own telephones',
    )
    no_answer_s: float = Field(15.0, ge=3, le=60, description="time in which an employee must have accepted a call")
    unanswered: int = Field(
        3, ge=0, le=100, description="calls in a row that an employee does not answer before they are paused; 0: never"
    )
    wrap_up_s: float = Field(60.0, ge=0, le=3600, description="time after a call before the next one may come")
    colleagues: str = Field(
        "",
        pattern=r"^([A-Za-z_][\w.]*:[A-Za-z_]\w*)?$",
        description="module:function that gives the directory, free times, answers and registry that a call may ask "
        "(ivr.dialog.ports.Ports); empty: nobody is asked",
    )


class CallbacksSection(_Section):
    """Calls that the assistant places by itself; they need `people.outside_uri`."""

    assistant: Literal["never", "asked", "agreed"] = Field(
        "agreed",
        description="whom the assistant calls: nobody, those whom an employee leaves to it, or also those who agreed a "
        "time with it",
    )
    tries: int = Field(3, ge=1, le=10, description="after so many tries that reach nobody the task is left to people")
    pause_min: int = Field(60, ge=1, le=1440, description="minutes between two tries")
    late_min: int = Field(60, ge=5, le=1440, description="a call that can't be placed for so long is left to people")
    at_once: int = Field(2, ge=1, le=32, description="calls side by side")
    no_answer_s: float = Field(30.0, ge=5, le=120, description="time to pick up")


class MqttSection(_Section):
    """Broker for journal, alarms and the agents' screens."""

    host: str = Field("", description="broker's address; empty: the line's own, on this machine only")
    port: Port = Field(1883, description="broker's port")
    embedded: bool = Field(True, description="without a host the line serves a broker of its own on 127.0.0.1")
    tls: bool = Field(False, description="required when the broker is on another machine")
    username: str = Field("", description="user at the broker")
    password_file: Path | None = Field(None, description="file with the broker's password (or IVR_MQTT_PASSWORD)")
    ca_file: Path | None = Field(
        None, description="PEM file of who signs the broker's certificate; empty: whom this machine trusts"
    )


class AnswersSection(_Section):
    """Answers to questions in the caller's own words."""

    enabled: bool = Field(True, description="off: questions of one's own are for a person or a message")
    dialplans: Path = Field(
        project_file("dialplans"), description="folder with knowledge/, institutions.yaml and topics.yaml"
    )


class SendingSection(_Section):
    """Answers that callers asked to be sent. Without mail server and gateway nothing is offered to be sent."""

    smtp_host: str = Field("", description="mail server; empty: no e-mail is sent")
    smtp_port: Port = Field(587, description="mail server's port")
    smtp_tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="required when the mail server is on another machine"
    )
    smtp_username: str = Field("", description="user at the mail server; empty: no login")
    smtp_password_file: Path | None = Field(
        None, description="file with the mail server's password (or IVR_SENDING_SMTP_PASSWORD)"
    )
    mail_from: str = Field("", description="sender of mails; needed with smtp_host")
    sms_url: str = Field("", description="https: address that takes a POST of {to, text} in JSON; empty: no SMS")
    sms_token_file: Path | None = Field(
        None, description="file with the gateway's bearer token (or IVR_SENDING_SMS_TOKEN)"
    )
    timeout_s: float = Field(10.0, gt=0, le=60, description="the server must answer within so long")


class OfficeSection(_Section):
    """The office process: health page, staff's pages and journal feed."""

    bind: str = Field("127.0.0.1", description="address of the HTTP server")
    port: Port = Field(8083, description="port of the HTTP server")
    behind_tls: bool = Field(
        False, description="a TLS proxy on this machine stands in front; without it pages are served on loopback only"
    )
    second_factor: tuple[
        Literal["agent", "head", "quality", "quality_line", "protection", "admin"], ...
    ] = Field(
        (), description="roles that sign in with a code of an authenticator application, too; anybody may set one up"
    )  # fmt: skip
    nodes_file: Path | None = Field(
        None, description="keys of line nodes that deliver here (ivr nodes admit); empty: this office has its own calls"
    )


class UpstreamSection(_Section):
    """The office of several line nodes. This node delivers journal and recordings there; staff's pages are there."""

    office_url: str = Field("", description="https:// address of the office; empty: this machine is an office itself")
    token_file: Path | None = Field(
        None, description="file with this node's token, from ivr nodes admit (or IVR_UPSTREAM_TOKEN)"
    )
    ca_file: Path | None = Field(
        None, description="PEM file of who signs the office's certificate; empty: whom this machine trusts"
    )
    keep_days: int = Field(
        7,
        ge=0,
        le=365,
        description="days that a recording stays here after the office has it; recording.keep may be less",
    )


class RegistrySection(_Section):
    """The registry of people (UT IS) that callers are compared with; without one personal matters go to people."""

    url: str = Field("", description="https:// address of the registry (docs/registry.openapi.yaml); empty: none")
    ca_file: Path | None = Field(None, description="PEM file of who signs the registry's certificate")
    cert_file: Path | None = Field(None, description="PEM file of the line's own certificate (mutual TLS)")
    key_file: Path | None = Field(None, description="PEM file of its key")
    timeout_s: float = Field(2.0, gt=0, le=5, description="longest wait for the registry, each of three tries")
    embedded: Path | None = Field(None, description="registry of fictitious people (ivr registry seed), for trials")
    registration_digits: int = Field(7, ge=4, le=12, description="length of a registration number")
    questions: tuple[
        Literal[
            "registration", "address", "phone", "last_visit", "last_visit_about", "employment_end", "email"
        ], ...
    ] = Field(
        ("registration", "address", "phone", "last_visit", "last_visit_about", "employment_end"),
        min_length=4,
        description="questions that may be drawn beside the name; an e-mail address is found out most easily",
    )  # fmt: skip
    tries_per_number: int = Field(6, ge=1, le=50, description="failed tries that a caller's number has in a day")
    tries_per_person: int = Field(3, ge=1, le=20, description="failed tries for one person in a day")
    tries_per_person_month: int = Field(5, ge=1, le=100, description="failed tries for one person in 30 days")


class ProxySection(_Section):
    """Kamailio before the workers of one or several machines; `ivr deploy kamailio` writes its configuration."""

    bind: str = Field("", description="address that the trunk calls; empty: there is no proxy")
    public_address: str = Field("", description="address to tell the trunk, when it differs from bind")
    port: Port = Field(5060, description="SIP port, UDP and TCP")
    tls_port: Port = Field(0, description="SIP port for TLS; 0: none")
    tls_certificate: Path | None = Field(None, description="PEM file of the proxy's certificate and its chain")
    tls_key_file: Path | None = Field(None, description="PEM file of its key")
    tls_ca_file: Path | None = Field(
        None, description="PEM file of who signs the trunk's certificate, which is then demanded; empty: none is asked"
    )
    trunks: tuple[str, ...] = Field((), description="addresses or networks that may call through the proxy")
    retry_after_s: int = Field(10, ge=1, le=600, description="when a caller refused for want of room may try again")
    refused_port: Port = Field(
        0, description="port on loopback where this machine's office fetches refused callers; 0: it doesn't"
    )
    stranger_requests: int = Field(
        16, ge=1, le=10000, description="requests in two seconds after which an unknown address gets no answer at all"
    )

    @field_validator("trunks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ipaddress.ip_network(network, strict=False)
        return value


class Config(_Section):
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


_SECTIONS: dict[str, type[_Section]] = {
    name: field.annotation
    for name, field in Config.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, _Section)
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
