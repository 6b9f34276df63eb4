"""What a model is measured with, and how its answers are counted: with ears made up on the spot."""

from __future__ import annotations

import json
import wave
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.speech.evaluation import read_manifest
from scripts.train_asr import clips, evaluate
from scripts.train_asr.__main__ import main
from scripts.train_asr.channel import active_level
from scripts.train_asr.codecs import FRAME, RATE_HZ, Samples
from scripts.train_asr.measure import export, found, items, lines, people, voices
from scripts.train_asr.measure.listener import Trial, accuracy, word_errors
from scripts.train_asr.measure.recordings import EIGHT, Recording, digit_strings, read_recordings

SPEAKERS = ("01", "02")
SAID = (*EIGHT, "labas", "į kairę")


def tone(hertz: float, seconds: float = 0.5, rate: int = RATE_HZ) -> Samples:
    return np.asarray(4000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate), np.float32)


class Scripted:
    """Hears what it is told to, utterance after utterance, all of it equally sure."""

    def __init__(self, answers: Sequence[str], sure: float = 1.0) -> None:
        self._answers = list(answers)
        self._sure = sure
        self.grammars: list[Sequence[str]] = []

    def hear(self, samples: Samples, grammar: Sequence[str]) -> list[dict[str, Any]]:
        self.grammars.append(grammar)
        words = self._answers.pop(0).split()
        return [{"word": word, "conf": self._sure, "start": i, "end": i + 1} for i, word in enumerate(words)]


def recording(text: str, speaker: str = "01") -> Recording:
    return Recording(tone(300), text, speaker)


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    folder = tmp_path / "speech"
    folder.mkdir()
    for speaker in SPEAKERS:
        for number, text in enumerate(SAID):
            with wave.open(str(folder / f"{text.replace(' ', '_')}_{speaker}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(16000)
                file.writeframes(tone(300 + 50 * number, 0.3, 16000).astype("<i2").tobytes())
    return folder


def test_files_are_called_after_what_is_said_in_them(speech: Path) -> None:
    read = read_recordings(speech)
    assert Counter(each.text for each in read) == dict.fromkeys(SAID, 2)
    assert {each.speaker for each in read} == set(SPEAKERS)
    assert all(len(each.samples) == pytest.approx(0.3 * RATE_HZ, abs=2) for each in read)


def test_a_manifest_says_it_instead(speech: Path) -> None:
    (speech / "manifest.jsonl").write_text('{"audio": "du_01.wav", "text": "trys", "speaker": 7}\n', encoding="utf-8")
    (only,) = read_recordings(speech)
    assert (only.text, only.speaker) == ("trys", "7")


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"no manifest\.jsonl and no files"):
        read_recordings(tmp_path)


def test_strings_are_of_one_speakers_digits(speech: Path) -> None:
    strings = digit_strings(read_recordings(speech))
    assert len(strings) == 8 * len(SPEAKERS)
    assert all(len(each.text.split()) == 4 and len(each.samples) > RATE_HZ for each in strings)


def test_whole_strings_count_and_their_lengths_are_compared() -> None:
    test = Trial([recording("du"), recording("trys"), recording("ne"), recording("du du")], EIGHT, "plain")
    result = accuracy(Scripted(["du", "", "ne ne", "du trys"]), test)
    assert (result["n"], result["right"], result["longer"], result["shorter"]) == (4, 0.25, 1, 1)
    assert result["mistakes"] == {"trys → –": 1, "ne → ne ne": 1, "du du → du trys": 1}


def test_a_code_is_right_when_its_digits_are() -> None:
    test = Trial([recording("keturi aštuoni du trys")], people.CODE.phrases(), "plain", people.CODE.parse)
    assert accuracy(Scripted(["keturiasdešimt aštuoni du trys"]), test)["right"] == 1.0
    assert accuracy(Scripted(["keturi aštuoni du"]), test)["right"] == 0.0


def test_errors_of_words_are_substituted_missing_and_added_ones() -> None:
    test = Trial([recording("kada bus pensija"), recording("ar")], (), "noisy")
    ears = Scripted(["kada pensiją", "ar ar"])
    assert word_errors(ears, test)["word_error"] == pytest.approx(3 / 4)
    assert ears.grammars == [(), ()]


def test_foreign_words_are_refused_where_hardly_any_right_one_is() -> None:
    known = [recording("du") for _ in range(40)]

    class Doubting(Scripted):
        def hear(self, samples: Samples, grammar: Sequence[str]) -> list[dict[str, Any]]:
            said = self._answers.pop(0)
            sure = {"du": 0.9, "mumbled": 0.2, "labas": 0.5}[said]
            return [{"word": "du", "conf": sure, "start": 0, "end": 1}]

    answers = ["mumbled"] + ["du"] * 39 + ["labas"] * 10
    result = people.rejection(Doubting(answers), [*known, *(recording("labas") for _ in range(10))])
    assert result == {"n": 50, "threshold": 0.9, "false": pytest.approx(1 / 40), "rejected": 1.0}


def test_every_test_on_people_is_measured(speech: Path) -> None:
    recordings = read_recordings(speech)
    tests = people.tests(recordings)
    assert {test.line for test in tests.values()} == set(lines.LINES) - {"noisy", "fifteen"}
    answers = [each.text for test in tests.values() for each in test.recordings] + ["du"] * len(recordings)
    results = dict(people.measured(Scripted(answers), recordings))
    assert all(result["right"] == 1.0 for name, result in results.items() if name != "rejection")


def test_lines_do_what_they_are_called() -> None:
    word = np.pad(tone(440), 4000)
    assert 20 * np.log10(active_level(lines.quiet(word)[2000:-4000]) / 32768) == pytest.approx(-45, abs=4)
    assert np.mean(np.abs(lines.clipped(tone(440))[2000:6000]) > 32000) > 0.5
    hissing = lines.noisy(word)
    assert 20 * np.log10(active_level(word) / np.std(hissing[:2000])) == pytest.approx(15, abs=1)
    assert not lines.gated(word)[:2000].any()
    rumbling = lines.fifteen(word)
    assert 20 * np.log10(active_level(word) / np.std(rumbling[:2000])) > 16  # the band takes a part of the noise away


def test_a_handset_takes_weak_sounds_for_noise_and_opens_late() -> None:
    weak = tone(440) * np.float32(0.05)  # 26 dB below the word
    word = np.concatenate([tone(440), weak, tone(440)])
    heard = lines.SUPPRESSOR(word)
    begin, loud, late, weakest = (
        20 * np.log10(active_level(heard[at : at + 160]) / active_level(word[at : at + 160]))
        for at in (0, 3800, 4000, 7800)
    )
    assert begin < -20
    assert loud == pytest.approx(0, abs=0.5)
    assert late == pytest.approx(0, abs=6)
    assert weakest == pytest.approx(-1.5 * (26 - 10), abs=1.5)


@given(st.lists(st.floats(-20, 90), min_size=1, max_size=80))
def test_noise_suppression_never_amplifies_nor_takes_more_than_its_most(levels: list[float]) -> None:
    gains = lines.SUPPRESSOR.gains(np.array(levels))
    assert gains.max() <= 0
    assert gains.min() >= -lines.SUPPRESSOR.most_db


def test_a_lossy_line_loses_a_twentieth() -> None:
    lossy = lines.lossy(tone(440, seconds=20))
    frames = lossy[: len(lossy) // FRAME * FRAME].reshape(-1, FRAME)
    assert np.mean(~frames.any(axis=1)) == pytest.approx(lines.LOST, abs=0.03)


@pytest.mark.parametrize("line", lines.LINES.values())
def test_a_line_is_the_same_for_the_same_sound(line) -> None:  # type: ignore[no-untyped-def]
    assert np.array_equal(line(tone(440)), line(tone(440)))


def test_unheard_voices_say_equally_much() -> None:
    ten = [f"voice{number}" for number in range(10)]
    for kind in items.KINDS:
        counted = Counter(voice for _, voice in items.spoken_by(kind, ten))
        assert len(counted) == 10
        assert max(counted.values()) - min(counted.values()) <= 1
        assert not items.grammar(kind) or set(items.texts(kind)) <= set(items.grammar(kind))
    assert Counter(text for text, _ in items.spoken_by("digits", ten)) == dict.fromkeys(items.texts("digits"), 20)


def test_the_list_of_names_is_the_same_at_every_call() -> None:
    names = items.grammar("names")
    items.grammar.cache_clear()
    assert items.grammar("names") == names
    assert len(set(names)) == items.NAMES


def test_unheard_clips_are_measured_by_kind(tmp_path: Path) -> None:
    for kind in items.KINDS:
        text = items.texts(kind)[0]
        clip = clips.Clip((tone(300) / 10).astype(np.int16), text, "voice")
        clips.write_shard(tmp_path / f"{kind}-00.npz", [clip])
    read = voices.read_clips(tmp_path)
    assert 20 * np.log10(active_level(read["open"][0].samples) / 32768) == pytest.approx(voices.LEVEL_DBFS, abs=0.1)

    class Knowing(Scripted):
        def hear(self, samples: Samples, grammar: Sequence[str]) -> list[dict[str, Any]]:
            self._answers = [items.texts("open")[0] if not grammar else grammar[0]]
            return super().hear(samples, grammar)

    results = dict(voices.measured(Knowing([]), read))
    assert results["unheard_open_noisy"]["word_error"] == 0.0
    assert results["unheard_digits"]["each"] == {"nulis": 1.0}


def test_speech_that_was_not_rendered_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="run the stage unheard"):
        voices.read_clips(tmp_path)


def test_what_the_lexicon_lacks_is_left_out_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    games = tmp_path / "lt"
    games.mkdir()
    table = "".join(f'<sound name="{name}" file="lt/{name}.ogg" />' for name in ("TAIP", "FUI", "NE"))
    (games / "sounds.xml").write_text(f"<klettres><syllables>{table}</syllables></klettres>", encoding="utf-8")
    monkeypatch.setattr(found, "letters", list)
    monkeypatch.setattr(found, "things", list)
    said = found.syllables(tmp_path)
    monkeypatch.setattr(found, "syllables", lambda: said)
    monkeypatch.setattr(found, "read_sound", lambda path: tone(300))
    ears = Scripted(["taip", "taip"])
    ((name, result),) = found.measured(ears, {"taip", "ne"}, tmp_path)
    assert (name, result["n"], result["left_out"], result["right"]) == ("found_syllables", 2, 1, 0.5)
    assert ears.grammars[0] == ["taip", "ne"]


def test_the_whole_ear_can_read_what_is_written_for_it(speech: Path, tmp_path: Path) -> None:
    count = export.write(read_recordings(speech), tmp_path / "out", tmp_path / "repository")
    read = read_manifest(tmp_path / "out" / "manifest.jsonl")
    assert len(read) == count
    sets = {line.set for line in read}
    assert {"words", "eight_gated", "strings_hard_and_noisy", "code_of_four", "foreign"} <= sets
    foreign = [line for line in read if line.set == "foreign"]
    assert len(foreign) == 2 * len(SPEAKERS)
    assert all(line.text == "" and line.grammar.phrases == EIGHT for line in foreign)
    with wave.open(str(read[0].audio)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2)


def test_recordings_of_people_stay_outside_the_repository(speech: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="stay outside"):
        export.write(read_recordings(speech), tmp_path / "var", tmp_path)
    assert not (tmp_path / "var").exists()


def test_one_command_writes_and_one_measures(
    speech: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--speech", str(speech), "--manifest", str(tmp_path / "out")]) == 0
    assert "recordings written" in capsys.readouterr().out

    class Deaf:
        def __init__(self, folder: Path, floor: float) -> None: ...

        def hear(self, samples: Samples, grammar: Sequence[str]) -> list[dict[str, Any]]:
            return []

    monkeypatch.setattr(evaluate, "Listener", Deaf)
    assert main(["evaluate", "--speech", str(speech), "--sets", "people", "--json"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["words"]["right"] == 0.0
    assert "words " in told.err
    assert "−20" in told.err
