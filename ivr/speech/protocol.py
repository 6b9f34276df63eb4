"""How our ear and mouth use the Wyoming protocol (PyPI ``wyoming``).

Plain Wyoming is kept; what it has no field for travels in ``context``, which
other programs ignore:

- ``transcribe``: ``transcript_terms`` are the grammar's phrases; context has
  ``listen`` (a number that every answer repeats), ``grammar``, ``end_silence_s``,
  and ``expected_words`` where the length of an answer is known.
- ``transcript-start`` says that the ear is open with that grammar.
- ``voice-started``/``voice-stopped``: ``timestamp`` in ms since ``audio-start``.
- ``transcript``: context has ``confidence``, ``started``, ``ended``, ``decided`` (seconds
  since ``audio-start``) and ``words`` as ``[text, started, ended, confidence]``;
  ``free`` is what was heard without the grammar.
- ``error``: ``code`` is the name of the error's class.

A ``transcribe`` without ``listen`` comes from a client that knows nothing of
this: it gets one transcript after ``audio-stop`` and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from wyoming.asr import Transcribe, Transcript, TranscriptStart
from wyoming.audio import AudioChunk, AudioStart
from wyoming.error import Error
from wyoming.event import Event
from wyoming.vad import VoiceStarted, VoiceStopped

from ivr.errors import SpeechError
from ivr.events import SAMPLE_RATE, Grammar, Word
from ivr.speech.ports import HeardText, SpeechEvent, VoiceBegan, VoiceEnded

DEFAULT_END_SILENCE_S: Final = 0.7
_WIDTH: Final = 2


@dataclass(frozen=True, slots=True)
class ListenRequest:
    """What a ``transcribe`` asks for. ``listen`` is ``None`` for a plain client."""

    listen: int | None
    grammar: Grammar
    end_silence_s: float
    expected_words: int | None = None


def transcribe_event(listen: int, grammar: Grammar, end_silence_s: float, expected_words: int | None = None) -> Event:
    """Ask for a listening."""
    context: dict[str, Any] = {"listen": listen, "grammar": grammar.name, "end_silence_s": end_silence_s}
    if expected_words is not None:
        context["expected_words"] = expected_words
    return Transcribe(language="lt", context=context, transcript_terms=list(grammar.phrases)).event()


def read_transcribe(event: Event) -> ListenRequest:
    """Raises ValueError for a context that is not ours and not plain."""
    asked = Transcribe.from_event(event)
    context = asked.context or {}
    terms = [*(asked.transcript_names or ()), *(asked.transcript_terms or ())]
    if not all(isinstance(term, str) for term in terms):
        raise ValueError("transcript_terms must be strings")
    listen = context.get("listen")
    silence = context.get("end_silence_s", DEFAULT_END_SILENCE_S)
    expected = context.get("expected_words")
    if listen is None:
        return ListenRequest(None, Grammar("plain", tuple(term.lower() for term in terms)), float("inf"))
    if not isinstance(listen, int) or not isinstance(silence, int | float) or not 0 < silence < 60:
        raise ValueError("context needs listen (a number) and end_silence_s (seconds, below 60)")
    if expected is not None and (not isinstance(expected, int) or expected < 1):
        raise ValueError("expected_words must be a number of words")
    return ListenRequest(listen, Grammar(str(context.get("grammar", "")), tuple(terms)), float(silence), expected)


def opened_event(listen: int) -> Event:
    """The ear is open."""
    return TranscriptStart(context={"listen": listen}).event()


def audio_start() -> Event:
    """The line's sound begins."""
    return AudioStart(rate=SAMPLE_RATE, width=_WIDTH, channels=1, timestamp=0).event()


def audio_chunk(pcm: bytes) -> Event:
    """Some of the line's sound."""
    return AudioChunk(rate=SAMPLE_RATE, width=_WIDTH, channels=1, audio=pcm).event()


def speech_event(event: SpeechEvent, listen: int | None) -> Event:
    """One of our events as Wyoming has it."""
    if isinstance(event, VoiceBegan):
        return _tagged(VoiceStarted(timestamp=round(event.offset_s * 1000)).event(), listen)
    if isinstance(event, VoiceEnded):
        return _tagged(VoiceStopped(timestamp=round(event.offset_s * 1000)).event(), listen)
    context = {
        "confidence": event.confidence,
        "started": round(event.started_s, 3),
        "ended": round(event.ended_s, 3),
        "decided": round(event.decided_s, 3),
        "words": [[w.text, round(w.started, 3), round(w.ended, 3), w.confidence] for w in event.words],
    }
    if event.free:
        context["free"] = event.free
    if listen is not None:
        context["listen"] = listen
    return Transcript(text=event.text, context=context, language="lt").event()


def read_speech_event(event: Event) -> SpeechEvent | None:
    """The opposite of :func:`speech_event`; ``None`` for events of other kinds.

    Raises KeyError, TypeError, ValueError or AttributeError for a context that is not ours.
    """
    if VoiceStarted.is_type(event.type):
        return VoiceBegan((VoiceStarted.from_event(event).timestamp or 0) / 1000)
    if VoiceStopped.is_type(event.type):
        return VoiceEnded((VoiceStopped.from_event(event).timestamp or 0) / 1000)
    if not Transcript.is_type(event.type):
        return None
    heard = Transcript.from_event(event)
    context: dict[str, Any] = heard.context or {}
    return HeardText(
        heard.text,
        float(context.get("confidence", 0.0)),
        tuple(_word(word) for word in context.get("words", ())),
        float(context.get("started", 0.0)),
        float(context.get("ended", 0.0)),
        free=str(context.get("free", "")),
        decided_s=float(context.get("decided", 0.0)),
    )


def _word(fields: Any) -> Word:
    text, started, ended, confidence = fields
    return Word(str(text), float(started), float(ended), float(confidence))


def error_event(error: Exception, listen: int | None = None) -> Event:
    """A refusal, in words and with the error's class as its code."""
    text = str(error) if isinstance(error, SpeechError) else f"not understood: {error}"
    return _tagged(Error(text=text, code=type(error).__name__).event(), listen)


def listen_of(event: Event) -> int | None:
    """Which listening an answer belongs to."""
    context = event.data.get("context")
    return context.get("listen") if isinstance(context, dict) else None


def _tagged(event: Event, listen: int | None) -> Event:
    if listen is not None:
        event.data["context"] = {"listen": listen}
    return event
