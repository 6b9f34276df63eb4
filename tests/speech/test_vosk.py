"""The shipped model hears Lithuanian words, refuses foreign ones, and is checked when loaded.

The callers here are synthetic, so thresholds are moderate: real people are
measured outside the repository (see the model's README).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ivr.errors import ModelError, UnknownWords
from ivr.events import Grammar, Word
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.lexicon import Lexicon
from ivr.speech.models import check_model, read_rejection, rejection_file
from ivr.speech.ports import Evidence, HeardText
from ivr.speech.rejection import Rejection
from ivr.speech.turns import TurnRecognizer
from ivr.speech.vad import SileroActivity
from ivr.speech.vosk_decoder import VoskModel, judge
from tests.speech.conftest import MODEL
from tests.speech.fakes import silence

WORDS = ("taip", "ne", "nulis", "trys", "keturi", "penki", "labas", "informacija", "darbuotojas", "žinutę")


def hear(model: VoskModel, pcm: bytes, *phrases: str) -> list[HeardText]:
    stream = TurnRecognizer(model, SileroActivity).stream(Grammar("test", phrases), end_silence_s=0.6)
    whole = silence(0.5) + pcm + silence(1.2)
    events = [event for at in range(0, len(whole), 320) for event in stream.accept(whole[at : at + 320])]
    stream.close()
    return [event for event in events if isinstance(event, HeardText)]


def test_most_words_are_heard(model: VoskModel, espeak: EspeakVoice) -> None:
    said = {word: b"".join(espeak.synthesize(word, "lt")) for word in WORDS}
    right = sum([turn.text for turn in hear(model, pcm, *WORDS)] == [word] for word, pcm in said.items())
    assert right >= 7


def test_words_have_times_and_confidence(model: VoskModel, espeak: EspeakVoice) -> None:
    pcm = b"".join(espeak.synthesize("keturi", "lt"))
    (turn,) = hear(model, pcm, "taip", "ne", "keturi")
    (word,) = turn.words
    assert word.text == turn.text == "keturi"
    assert 0.4 <= word.started < word.ended <= 0.5 + len(pcm) / 16000 + 0.1
    assert turn.started_s <= word.started + 0.2
    assert 0.4 <= turn.confidence <= 1.0


def test_phrases_of_several_words_survive_a_pause(model: VoskModel, espeak: EspeakVoice) -> None:
    digits = [b"".join(espeak.synthesize(word, "lt")) for word in ("trys", "keturi", "penki")]
    (turn,) = hear(model, silence(0.3).join(digits), "nulis", "trys", "keturi", "penki")
    assert len(turn.text.split()) >= 2
    assert [word.started for word in turn.words] == sorted(word.started for word in turn.words)


def test_what_is_outside_the_grammar_is_still_heard_as_a_hint(model: VoskModel, espeak: EspeakVoice) -> None:
    pcm = b"".join(espeak.synthesize("noriu kalbėti su darbuotoju", "lt"))
    (turn,) = hear(model, pcm, "taip", "ne", "keturi")
    assert "darbuotoju" in turn.free
    (within,) = hear(model, pcm, "noriu kalbėti su darbuotoju", "taip", "ne")
    assert within.text == "noriu kalbėti su darbuotoju"
    (open_speech,) = hear(model, pcm)
    assert open_speech.text
    assert not open_speech.free


def test_words_are_known_while_they_are_spoken(model: VoskModel, espeak: EspeakVoice) -> None:
    decoder = model.decoder(Grammar("digits", ("nulis", "trys", "keturi", "penki")))
    heard = []
    for word in ("trys", "keturi", "penki"):
        pcm = b"".join(espeak.synthesize(word, "lt")) + silence(0.4)
        for at in range(0, len(pcm), 320):
            decoder.accept(pcm[at : at + 320])
        heard.append(decoder.text_so_far())
    assert heard == ["trys", "trys keturi", "trys keturi penki"]
    decoder.result()
    assert decoder.text_so_far() == ""


def test_grammar_with_unknown_words_is_refused_by_name(model: VoskModel) -> None:
    with pytest.raises(UnknownWords) as refusal:
        model.decoder(Grammar("bad", ("taip", "taip žliumbrikas", "kvarksas")))
    assert refusal.value.words == ("žliumbrikas", "kvarksas")


def test_lexicon_is_read_without_the_model() -> None:
    lexicon = Lexicon(MODEL)
    assert len(lexicon) > 10_000
    assert lexicon.missing(["taip", "mano reikalai"]) == ()
    assert "[unk]" not in lexicon
    assert "<eps>" not in lexicon


RULE = Rejection(-0.14, -0.18)


def spoken(text: str, seconds: float, confidence: float = 1.0) -> Word:
    return Word(text, 0.0, seconds, confidence)


def test_foreign_speech_alone_is_a_no_match() -> None:
    assert judge([spoken("[unk]", 1.0)], 0.0, 2, RULE).text == ""
    assert judge([], 0.0, 2, RULE).text == ""


def test_words_that_fit_far_better_outside_the_grammar_are_refused() -> None:
    heard = [spoken("[unk]", 0.1), spoken("taip", 0.5, 0.9)]
    fits = judge(heard, -0.01, 2, RULE)
    assert (fits.text, [word.text for word in fits.words]) == ("taip", ["taip"])
    assert 0.8 < fits.confidence < 0.9
    refused = judge(heard, -0.3, 2, RULE)
    assert (refused.text, refused.words) == ("", ())
    assert refused.confidence < 0.1


def test_words_that_another_of_the_grammar_may_be_are_less_certain() -> None:
    sure, unsure = (judge([spoken("šeši", 0.5, confidence)], 0.0, 10, RULE) for confidence in (1.0, 0.5))
    assert unsure.confidence < sure.confidence


def test_what_was_judged_by_is_kept_for_measuring() -> None:
    refused = judge([spoken("taip", 0.5)], -0.3, 2, RULE)
    assert refused.evidence == Evidence("taip", -0.3, 2)
    assert judge([spoken("taip", 0.5)], None, 2, RULE).evidence is None
    assert judge([spoken("taip", 0.5)], None, 2, RULE).text == "taip"


def test_foreign_words_are_mostly_refused_and_known_ones_are_not(model: VoskModel, espeak: EspeakVoice) -> None:
    foreign = ("ačiū", "labas rytas", "kompiuteris", "sekmadienį", "nežinau", "kitą kartą", "Vilniuje", "žmogus")
    said = {text: b"".join(espeak.synthesize(text, "lt")) for text in (*foreign, "nulis", "trys", "keturi", "taip")}
    heard = {text: "".join(turn.text for turn in hear(model, pcm, *WORDS[:6])) for text, pcm in said.items()}
    assert sum(not heard[text] for text in foreign) >= 5
    assert sum(heard[text] == text for text in ("nulis", "trys", "keturi", "taip")) >= 3


def test_model_without_open_speech_serves_grammars_and_says_what_it_lacks(copy: Path, espeak: EspeakVoice) -> None:
    own = copy.rename(copy.with_name("own"))
    (own / "graph" / "Gr.fst").unlink()
    model = VoskModel(own)
    (turn,) = hear(model, b"".join(espeak.synthesize("keturi", "lt")), "taip", "ne", "keturi")
    assert turn.text == "keturi"
    with pytest.raises(ModelError, match="open speech"):
        model.decoder(Grammar("open", ()))


def test_shipped_model_is_whole_and_licensed() -> None:
    entry = check_model(MODEL)
    assert entry.described
    assert "BSD-2-Clause" in entry.licence
    assert "BSD-3-Clause" in entry.licence
    assert (MODEL / "LICENSE-LIEPA").read_text(encoding="utf-8").startswith("Copyright")


def test_shipped_model_is_calibrated() -> None:
    rule = read_rejection(MODEL)
    assert rejection_file(MODEL).is_file()
    assert -0.3 < rule.least_gap_small < 0
    assert -0.3 < rule.least_gap_large < 0


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(MODEL.parent, tmp_path / "models")
    return tmp_path / "models" / MODEL.name


def test_missing_folder_names_path_and_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refusal:
        VoskModel(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in str(refusal.value)
    assert "[speech] model" in refusal.value.remedy


@pytest.mark.parametrize("name", ["am/final.mdl", "graph/HCLr.fst", "graph/words.txt"])
def test_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelError, match="missing") as refusal:
        check_model(copy)
    assert refusal.value.path == str(copy / name)


def test_truncated_file_is_found(copy: Path) -> None:
    path = copy / "am" / "final.mdl"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="bytes instead of"):
        VoskModel(copy)


def test_changed_file_is_found(copy: Path) -> None:
    path = copy / "conf" / "mfcc.conf"
    path.write_bytes(path.read_bytes().replace(b"8000", b"4000"))
    with pytest.raises(ModelError, match="checksum"):
        VoskModel(copy)


def test_operators_own_model_needs_no_manifest(copy: Path) -> None:
    own = copy.rename(copy.with_name("own"))
    assert not check_model(own).described
    (own / "graph" / "words.txt").write_bytes(b"")
    with pytest.raises(ModelError, match="empty"):
        check_model(own)


def test_folder_that_is_no_model_is_refused(copy: Path) -> None:
    own = copy.rename(copy.with_name("own"))
    (own / "am" / "final.mdl").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="can't be loaded"):
        VoskModel(own)


def test_damaged_manifest_is_refused(copy: Path) -> None:
    (copy.parent / "manifest.toml").write_text("models = [", encoding="utf-8")
    with pytest.raises(ModelError, match="manifest"):
        check_model(copy)
