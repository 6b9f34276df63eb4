"""The sections of ``ivr.toml``: every key with its meaning, default and limits. :mod:`ivr.config` reads them."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from ivr.paths import project_file


def _are_networks(value: tuple[str, ...]) -> tuple[str, ...]:
    for network in value:
        ipaddress.ip_network(network, strict=False)
    return value


Port = Annotated[int, Field(ge=0, le=65535)]
Networks = Annotated[tuple[str, ...], AfterValidator(_are_networks)]


class Section(BaseModel):
    # A password that was put into the file by mistake must not reach a log through the cause of our error.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class LineSection(Section):
    """Who we are and where things lie. Relative paths are relative to the file."""

    number: str = Field("1883", pattern=r"^[0-9]{2,15}$", description="number that citizens dial")
    node: str = Field("line-1", pattern=r"^[a-z0-9][a-z0-9-]{0,31}$", description="name of this machine in MQTT topics")
    language: Literal["lt", "en"] = Field("lt", description="language of the conversation")
    data_dir: Path = Field(Path("var"), description="journal, recordings, prompt cache, sockets")
    plan: Path = Field(project_file("dialplans", "1883.yaml"), description="the conversation")
    prompts_dir: Path = Field(project_file("prompts"), description="texts of the fixed prompts, a folder per language")


class SipSection(Section):
    """SIP and RTP towards the trunk or PBX. Worker *n* (0, 1 …) uses ``port + n`` and its own RTP range."""

    bind: str = Field("127.0.0.1", description="address to listen on")
    public_address: str = Field("", description="address to tell the peer, when it differs from bind")
    port: Port = Field(5060, description="SIP port of the first worker, UDP and TCP")
    tcp: bool = Field(True, description="listen on TCP too")
    rtp_port: Port = Field(20000, description="first RTP port; each worker takes rtp_ports of them")
    rtp_ports: int = Field(100, ge=16, le=10000, description="RTP ports per worker")
    trunks: Networks = Field(("127.0.0.0/8",), description="addresses or networks that may call; others get 403")
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


class WorkersSection(Section):
    """Line processes. The stock pjsua2 wheel has four call legs per process."""

    count: int = Field(1, ge=0, le=64, description="line workers; 0: an office that takes no calls itself")
    callers_per_worker: int = Field(2, ge=1, le=128, description="callers that one worker admits at once")
    outbound: int = Field(0, ge=0, le=8, description="workers for calls of the assistant only")
    drain_s: float = Field(30.0, ge=0, description="on SIGTERM live calls may go on for so long")
    restart_delay_s: float = Field(
        0.5, ge=0, description="first pause before a fallen part is started again; doubles up to 30 s"
    )


class SpeechSection(Section):
    """Ears and voice, in a process of their own."""

    model: Path = Field(project_file("asr_models", "vosk-model-small-lt-0.7"), description="Vosk model folder")
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


class RecordingSection(Section):
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


class PeopleSection(Section):
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


class CallbacksSection(Section):
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


class MqttSection(Section):
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


class AnswersSection(Section):
    """Answers to questions in the caller's own words."""

    enabled: bool = Field(True, description="off: questions of one's own are for a person or a message")
    dialplans: Path = Field(
        project_file("dialplans"), description="folder with knowledge/, institutions.yaml and topics.yaml"
    )


class SendingSection(Section):
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


class OfficeSection(Section):
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


class UpstreamSection(Section):
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
        description="days that a recording stays here after the office has it; a shorter recording.keep goes first",
    )


class RegistrySection(Section):
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


class ProxySection(Section):
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
    trunks: Networks = Field((), description="addresses or networks that may call through the proxy")
    retry_after_s: int = Field(10, ge=1, le=600, description="when a caller refused for want of room may try again")
    refused_port: Port = Field(
        0, description="port on loopback where this machine's office fetches refused callers; 0: it doesn't"
    )
    stranger_requests: int = Field(
        16, ge=1, le=10000, description="requests in two seconds after which an unknown address gets no answer at all"
    )
