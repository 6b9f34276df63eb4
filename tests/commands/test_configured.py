"""Every command that takes --config takes ``ivr.toml`` of the current folder when none is given."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivr.cli import main


@pytest.mark.parametrize(
    "arguments",
    [
        ("asr", "transcribe", "some.wav"),
        ("calls", "list"),
        ("calls", "show", "1"),
        ("chat",),
        ("plan", "check"),
        ("prompts", "check"),
        ("prompts", "play", "greeting"),
        ("prompts", "render"),
        ("recordings", "list"),
        ("recordings", "verify"),
        ("serve", "--check"),
    ],
)
def test_the_configuration_of_this_folder_counts(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ivr.toml").write_text("[line]\nnonsense = 1\n", encoding="utf-8")
    # A WAV file that can be read, so that the configuration is what fails.
    (tmp_path / "some.wav").write_bytes(_wav())
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert "ivr.toml: line.nonsense" in result.output


def _wav() -> bytes:

    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(bytes(1600))
    return file.getvalue()
