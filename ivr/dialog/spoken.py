"""Values as the line says them: times, waits, people's names in the case that a sentence needs."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Final

from ivr.language.counting import counted
from ivr.language.days import day_words, time_words
from ivr.language.declension import Case, decline
from ivr.language.numbers import Gender, ordinal

_DAYS: Final = (
    "pirmadienį", "antradienį", "trečiadienį", "ketvirtadienį", "penktadienį", "šeštadienį", "sekmadienį",
)  # fmt: skip
_NAME: Final = re.compile(r"[^\W\d_]+")  # both parts of a double surname decline


def spoken_time(at: datetime, now: datetime) -> str:
    """A moment of the near future; both in the office's zone.

    >>> spoken_time(datetime(2025, 3, 4, 10), datetime(2025, 3, 3, 9))
    'rytoj, antradienį, dešimtą valandą'
    >>> spoken_time(datetime(2025, 3, 12, 13, 30), datetime(2025, 3, 3, 9))
    'trečiadienį, kovo dvyliktą dieną, tryliktą valandą trisdešimt minučių'
    """
    days = (at.date() - now.date()).days
    weekday = _DAYS[at.weekday()]
    if days == 0:
        day = "šiandien"
    elif days == 1:
        day = f"rytoj, {weekday}"
    else:
        day = f"{weekday}, {day_words(at.month, at.day, Case.ACCUSATIVE)}"
    return f"{day}, {time_words(at.hour, at.minute)}"


def spoken_wait(seconds: float) -> str:
    """An estimate, rounded up to minutes so that it is kept rather than broken.

    >>> spoken_wait(50), spoken_wait(290), spoken_wait(640)
    ('maždaug vieną minutę', 'maždaug penkias minutes', 'maždaug vienuolika minučių')
    """
    minutes = max(1, math.ceil(timedelta(seconds=seconds) / timedelta(minutes=1)))
    return f"maždaug {counted(minutes, 'minutė', Case.ACCUSATIVE)}"


def spoken_place(position: int, wait_s: float) -> str:
    """Where somebody stands in line, and how long it takes if that can be said (``wait_s`` above 0).

    >>> spoken_place(1, 0)
    'jūsų vieta eilėje pirma'
    >>> spoken_place(3, 290)
    'jūsų vieta eilėje trečia, laukti reikėtų maždaug penkias minutes'
    """
    place = f"jūsų vieta eilėje {ordinal(position, gender=Gender.FEMININE)}"
    return f"{place}, laukti reikėtų {spoken_wait(wait_s)}" if wait_s > 0 else place


def spoken_person_with(name: str) -> str:
    """The name after „su“.

    >>> spoken_person_with("Ona Petraitienė"), spoken_person_with("Jonas Kazlauskas")
    ('Ona Petraitiene', 'Jonu Kazlausku')
    >>> spoken_person_with("Mary Kowalczyk"), spoken_person_with("Rasa Petraitė-Jonaitienė")
    ('Mary Kowalczyk', 'Rasa Petraite-Jonaitiene')
    """
    return _NAME.sub(lambda part: _instrumental(part.group()), name)


def _instrumental(name: str) -> str:
    try:
        return decline(name)[Case.INSTRUMENTAL]
    except ValueError:  # a foreign name that Lithuanian does not decline
        return name
