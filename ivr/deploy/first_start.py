"""The first start: a configuration that explains itself, keys, the first administrator. Nothing is ever overwritten."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ivr.config import Config, load
from ivr.deploy.settings import commented
from ivr.errors import ConfigError
from ivr.keyfile import read_key
from ivr.office.accounts import Accounts, check_password
from ivr.office.database import open_office
from ivr.office.roster import Roster
from ivr.people.staff import Employee, Role
from ivr.privacy import Secret
from ivr.processes.preflight import make_data_dir
from ivr.vault.keys import write_new_key

ASKED: Final = (
    "line.number",
    "line.node",
    "line.data_dir",
    "sip.bind",
    "sip.port",
    "sip.trunks",
    "workers.count",
    "people.agent",
    "office.behind_tls",
    "mqtt.host",
    "registry.url",
)
"""Settings that differ from place to place; all others have defaults that work."""

VAULT_KEYS: Final = "vault.keys"
REGISTRY_KEY: Final = "registry.key"
REGISTRY_REQUEST: Final = "registry.csr"
FIRST_PASSWORD: Final = "first-password"  # noqa: S105  (a file's name)


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who may do everything in the office at first."""

    username: str
    name: str
    password: Secret = field(repr=False)


@dataclass
class Made:
    """What the first start made, and what was there already and stayed."""

    written: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    administrator: str = ""


def first_start(
    file: Path,
    chosen: Mapping[str, Any],
    administrator: Administrator | None,
    utcnow: Callable[[], datetime],
    *,
    seal: bool = True,
) -> Made:
    """Write ``file`` with the ``chosen`` settings, make keys beside it, and the first account.

    ``seal``: recordings are encrypted, with a key of their own in ``vault.keys``.

    Raises:
        ConfigError: ``file`` exists, can't be written, or the settings don't fit each other.
        OfficeError: the administrator's password is weak, or the account can't be made.
        StoreError, VaultError: the data folder or the keys' folder can't be written.
    """
    refuse_existing(file)
    if administrator is not None:
        check_password(administrator.username, administrator.password)
    folder = file.resolve().parent
    settings = dict(chosen)
    if seal:
        settings.setdefault("recording.key_file", VAULT_KEYS)
    config = _checked(file, commented(settings))
    made = Made()
    make_data_dir(config)
    if config.recording.key_file is not None:
        _note(made, config.recording.key_file, write_new_key)
    _note(made, config.line.data_dir / "identity.key", read_key)
    if config.registry.url:
        _note(made, folder / REGISTRY_KEY, lambda key: _ask_for_certificate(key, folder, config.line.node))
        request = folder / REGISTRY_REQUEST
        (made.written if folder / REGISTRY_KEY in made.written else made.kept).append(request)
    database = open_office(config.office_path)
    accounts = Accounts(database, utcnow)
    if administrator is not None and not accounts.names():
        employee = Employee(0, administrator.name, "", frozenset({Role.ADMIN}), skills=frozenset())
        accounts.create(Roster(database).add(employee), administrator.username, administrator.password)
        made.administrator = administrator.username
    database.close()
    # Last: who finds the file finds everything that it names.
    _new(file, commented(settings).encode())
    made.written.insert(0, file)
    return made


def first_password(folder: Path) -> tuple[Secret, Path]:
    """A password that nobody chose, in a file of the owner's only. Raises ConfigError when it is there already."""
    password = Secret(secrets.token_urlsafe(18))
    path = folder / FIRST_PASSWORD
    _new(path, f"{password.reveal()}\n".encode())
    return password, path


def refuse_existing(file: Path) -> None:
    """Raises ConfigError when there is a configuration already."""
    if file.exists():
        raise ConfigError(file, "", "is there already", "Nothing was changed: edit it, or name another file")


def _checked(file: Path, text: str) -> Config:
    """The configuration as the line will read it, before the file is there."""
    trial = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        _new(trial, text.encode())
        return load(trial, {})
    except ConfigError as error:
        if error.file == str(trial):
            raise ConfigError(file, error.key, error.problem, error.remedy) from error
        raise
    finally:
        trial.unlink(missing_ok=True)


def _note(made: Made, path: Path, make: Callable[[Path], object]) -> None:
    """Make a key where there is none."""
    if path.exists():
        made.kept.append(path)
        return
    make(path)
    made.written.append(path)


def _ask_for_certificate(key_file: Path, folder: Path, node: str) -> None:
    """A key for mutual TLS with the registry, and the request that its owner signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, node)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    _new(folder / REGISTRY_REQUEST, request.public_bytes(serialization.Encoding.PEM))
    _new(key_file, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))


def _new(path: Path, content: bytes) -> None:
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        problem = f"can't be written ({error.strerror})"
        raise ConfigError(path, "", problem, "Give a folder that is there and yours; nothing is overwritten") from error
