"""Voice activity, end of turn and decoder together; and the real voice detector."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from ivr.errors import AudioError
from ivr.events import Grammar
from ivr.speech.endpoint import EndpointSettings
from ivr.speech.espeak_voice import EspeakVoice
from ivr.speech.grammars import Date, Day, Digits, Phone, SpokenGrammar
from ivr.speech.ports import HeardText, Hypothesis, SpeechEvent, VoiceBegan, VoiceEnded
from ivr.speech.turns import TurnRecognizer, TurnSettings, TurnStream
from ivr.speech.vad import SileroActivity
from tests.speech.fakes import CountingDecoder, CountingDecoders, LoudnessActivity, near, silence, voice

GRAMMAR = Grammar("any", ("taip",))


def open_stream(end_silence_s: float = 0.3, settings: TurnSettings | None = None) -> TurnStream:
    return TurnRecognizer(CountingDecoders(), LoudnessActivity, settings).stream(GRAMMAR, end_silence_s=end_silence_s)


def feed(stream: TurnStream, pcm: bytes, size: int = 320) -> list[SpeechEvent]:
    return [event for at in range(0, len(pcm), size) for event in stream.accept(pcm[at : at + size])]


@pytest.mark.parametrize("size", [320, 322, 1280, 16000])
def test_turn_is_heard_whole_whatever_the_chunks(size: int) -> None:
    events = feed(open_stream(), silence(1) + voice(0.5) + silence(1), size)
    began, ended, heard = events
    assert began == VoiceBegan(near(1.0))
    assert ended == VoiceEnded(near(1.5))
    assert isinstance(heard, HeardText)
    assert heard.text == "500"
    assert (heard.words[0].started, heard.words[0].ended) == (near(1.0), near(1.5))


def test_second_turn_counts_from_the_beginning_of_the_stream() -> None:
    events = feed(open_stream(), silence(1) + voice(0.2) + silence(1) + voice(0.4) + silence(1))
    second = [event for event in events if isinstance(event, HeardText)][1]
    assert second.text == "400"
    assert second.started_s == near(2.2)
    assert second.words[0].started == near(2.2)


def test_nobody_speaking_is_no_turn() -> None:
    stream = open_stream()
    assert feed(stream, silence(3)) == []
    assert stream.finish() == []


def test_finish_hears_what_was_said_so_far() -> None:
    stream = open_stream()
    feed(stream, voice(0.5))
    heard = stream.finish()[-1]
    assert isinstance(heard, HeardText)
    assert heard.text == "500"


def test_without_an_end_by_silence_there_is_none_by_words() -> None:
    """A recording is one answer whatever its pauses, also where each word of it is a phrase of the grammar."""
    recognizer = TurnRecognizer(CountingDecoders(), LoudnessActivity)
    grammar = Grammar("list", tuple(str(number) for number in range(0, 4000, 10)))
    for wanted in (grammar, GRAMMAR):
        stream = recognizer.stream(wanted, end_silence_s=float("inf"), expected_words=1)
        assert feed(stream, silence(1.5).join([voice(0.2)] * 4) + silence(3)) == [VoiceBegan(0.0)]
        assert [event for event in stream.finish() if isinstance(event, HeardText)]


@pytest.mark.rule("A12.21")
def test_answer_is_cut_at_the_limit_but_a_message_is_not() -> None:
    recognizer = TurnRecognizer(CountingDecoders(), LoudnessActivity)
    answer = feed(recognizer.stream(GRAMMAR, end_silence_s=0.3), voice(25), 3200)
    assert [event.text for event in answer if isinstance(event, HeardText)] == ["20000"]
    message = recognizer.stream(Grammar("message", ()), end_silence_s=3.0)
    assert feed(message, voice(175), 3200) == [VoiceBegan(0.0)]
    assert isinstance(feed(message, silence(4), 3200)[-1], HeardText)


def test_code_of_known_length_is_heard_whole_and_at_once() -> None:
    def listen(expected: int | None) -> TurnStream:
        recognizer = TurnRecognizer(CountingDecoders(), LoudnessActivity)
        return recognizer.stream(GRAMMAR, end_silence_s=0.7, expected_words=expected)

    code = silence(0.5) + silence(1.0).join([voice(0.2)] * 4) + silence(0.5)
    (heard,) = [event for event in feed(listen(4), code) if isinstance(event, HeardText)]
    assert (heard.text, heard.started_s, heard.ended_s) == ("800", near(0.5), near(4.3))
    texts = [event.text for event in feed(listen(None), code) if isinstance(event, HeardText)]
    assert texts == ["200", "200", "200", "200"]


@pytest.mark.parametrize("grammar", [Digits(4), Phone(), Date(2026), Day()], ids=lambda grammar: grammar.name)
def test_typed_answers_end_by_their_meaning(grammar: SpokenGrammar[object]) -> None:
    """Four words are a whole code and the beginning of a telephone number; of a date they are nonsense."""
    stream = TurnRecognizer(CountingDecoders(), LoudnessActivity).stream(
        Grammar(grammar.name, ("šeši",)), end_silence_s=0.7
    )
    said = silence(0.5) + silence(1.0).join([voice(0.2)] * 4) + silence(0.5)
    turns = [event for event in feed(stream, said) if isinstance(event, HeardText)]
    assert [turn.text for turn in turns] == (["800"] if grammar.name == "digits:4" else [])


@pytest.mark.parametrize(
    ("phrases", "enough_s"),
    [(("taip",), 0.4), (("taip", "taip prašau"), 0.5), (("taip prašau",), 0.4), ((), 0.7)],
    ids=["whole", "may go on", "several words", "open speech"],
)
def test_a_phrase_that_was_heard_to_its_end_needs_less_silence(phrases: tuple[str, ...], enough_s: float) -> None:
    """The decoder of these tests always hears the first phrase."""

    def turns(pause_s: float) -> int:
        stream = TurnRecognizer(CountingDecoders(), LoudnessActivity).stream(
            Grammar("menu", phrases), end_silence_s=0.7
        )
        return sum(isinstance(event, HeardText) for event in feed(stream, voice(0.2) + silence(pause_s)))

    assert (turns(enough_s - 0.04), turns(enough_s + 0.04)) == (0, 1)


def test_a_made_up_name_says_nothing_of_length() -> None:
    topics = Grammar("topics", ("šeši",))
    stream = TurnRecognizer(CountingDecoders(), LoudnessActivity).stream(topics, end_silence_s=0.7)
    turns = [event for event in feed(stream, voice(0.2) + silence(0.8)) if isinstance(event, HeardText)]
    assert [turn.text for turn in turns] == ["200"]


class WeakActivity(LoudnessActivity):
    """Sound of a tenth of a voice's amplitude may be one."""

    def accept(self, pcm: bytes) -> list[float]:
        weak = [0.22 if loud else 0.0 for loud in super().accept((np.frombuffer(pcm, "<i2") * 10).tobytes())]
        certain = self._certain.accept(pcm)
        return [max(both) for both in zip(weak, certain, strict=True)]

    def __init__(self) -> None:
        super().__init__()
        self._certain = LoudnessActivity()


class JudgingDecoder(CountingDecoder):
    """Believes what it hears as much as it is told to; refuses it at nothing."""

    refuses: bool = True

    def __init__(self, confidence: float) -> None:
        super().__init__(GRAMMAR)
        self._confidence = confidence

    def result(self) -> Hypothesis:
        heard = super().result()
        return replace(heard, confidence=self._confidence) if self._confidence else Hypothesis("", 0.0)


def weak_voice(seconds: float) -> bytes:
    return (np.frombuffer(voice(seconds), "<i2") // 10).tobytes()


def judging(confidence: float) -> TurnStream:
    return TurnStream(JudgingDecoder(confidence), WeakActivity(), TurnSettings(EndpointSettings(end_silence_s=0.3)))


def test_what_may_be_a_voice_counts_when_words_are_surely_heard_in_it() -> None:
    """A word in loud noise, of which the detector is never certain."""
    began, ended, heard = feed(judging(0.9), silence(1) + weak_voice(0.5) + silence(1))
    assert (began, ended) == (VoiceBegan(near(1.0)), VoiceEnded(near(1.5)))
    assert isinstance(heard, HeardText)
    assert (heard.text, heard.started_s) == ("500", near(1.0))


@pytest.mark.parametrize("confidence", [0.0, 0.3], ids=["refused", "hardly believed"])
def test_what_may_be_a_voice_and_has_no_words_is_never_heard_of(confidence: float) -> None:
    """Neither a halt of the prompt nor "not understood": it was noise."""
    stream = judging(confidence)
    assert feed(stream, silence(1) + weak_voice(8) + silence(1)) == []
    feed(stream, weak_voice(0.5))
    assert stream.finish() == []


def test_a_decoder_that_hears_words_in_everything_is_given_certain_voices_only() -> None:
    stream = TurnStream(CountingDecoder(GRAMMAR), WeakActivity(), TurnSettings())
    assert feed(stream, silence(1) + weak_voice(0.5) + silence(1)) == []


def test_a_voice_that_grows_is_one_turn_from_where_it_may_have_begun() -> None:
    began, ended, heard = feed(judging(0.3), silence(1) + weak_voice(0.8) + voice(0.5) + silence(1))
    assert (began, ended) == (VoiceBegan(near(1.8)), VoiceEnded(near(2.3)))
    assert isinstance(heard, HeardText)
    assert (heard.text, heard.started_s) == ("1300", near(1.8))


def test_the_turn_after_a_guess_has_its_run_up() -> None:
    guess = EndpointSettings(end_silence_s=0.3, max_guess_s=0.5)
    stream = TurnStream(JudgingDecoder(0.3), WeakActivity(), TurnSettings(guess))
    *_, heard = feed(stream, weak_voice(0.54) + voice(0.5) + silence(1))
    assert isinstance(heard, HeardText)
    assert int(heard.text) == pytest.approx(500 + 400, abs=100)


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(AudioError, match="middle of a sample"):
        open_stream().accept(b"\0\0\0")


def test_silero_tells_speech_from_silence_and_hum(espeak: EspeakVoice) -> None:
    speech = b"".join(espeak.synthesize("Laba diena, norėčiau pasikalbėti su darbuotoju.", "lt"))
    hum = (3000 * np.sin(np.arange(16000) * 2 * np.pi * 50 / 8000)).astype("<i2").tobytes()
    for quiet in (silence(2), hum):
        assert max(SileroActivity().accept(quiet)) < 0.5
    probabilities = SileroActivity().accept(speech)
    assert np.mean(np.array(probabilities) > 0.5) > 0.7
    assert len(probabilities) == pytest.approx(len(speech) / 16000 / SileroActivity.frame_s, abs=2)


def test_a_quiet_caller_is_speech_and_the_lines_own_noise_is_not(espeak: EspeakVoice) -> None:
    said = np.frombuffer(b"".join(espeak.synthesize("Norėčiau pasikalbėti su darbuotoju.", "lt")), dtype="<i2")
    quiet = (said * 10 ** ((-48 - 20 * np.log10(np.std(said / 32768))) / 20)).astype("<i2").tobytes()
    assert np.mean(np.array(SileroActivity().accept(quiet)) > 0.5) > 0.5
    for level in (10, 50, 150, 500):
        noise = np.random.default_rng(level).normal(0, level, 24000).astype("<i2").tobytes()
        assert max(SileroActivity().accept(noise)) < EndpointSettings().stay_at


def test_silero_works_in_the_callers_own_thread() -> None:
    activity = SileroActivity()
    activity.accept(silence(0.1))
    began, whole = time.thread_time(), time.process_time()
    activity.accept(silence(20))
    own, all_of_it = time.thread_time() - began, time.process_time() - whole
    assert all_of_it < 2 * own + 0.05  # no hidden threads that wait busily
