"""What causes are called where people read them, as on the dashboards; JSON keeps the words.

A gateway may be newer than this command: a word that is not known here is shown as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.cli.language import Language
from gateway.cli.words import write_foreign
from gateway.collector.ledger import CRASH, FORGOTTEN, GONE
from gateway.edge.watch import Silence
from gateway.grafana.states import CAUSES, LOSSES, SILENCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.grafana.states import Pair

_SILENCES: Final[dict[str, Pair]] = {
    silence.name.lower(): SILENCES[silence][0] for silence in Silence
}

_LOSSES: Final[dict[str, Pair]] = LOSSES | {
    # in Indonesian, in English
    CRASH: ("Gateway mati sebelum menyimpan", "Gateway died before a commit"),
    FORGOTTEN: ("Sudah bertanda terima, tidak tersimpan", "Receipted, yet not stored"),
    GONE: ("Penampungnya tidak ada lagi", "Spool is no more"),
}

_CAUSES: Final[dict[str, Pair]] = {str(cause): pair for cause, (pair, _) in CAUSES.items()}

_ALARMS: Final[dict[str, Pair]] = {
    "memory": ("disk tidak menerima apa pun, penampung di memori", "memory"),
    "damaged": ("berkas penampung rusak dan disisihkan", "damaged"),
    "unreadable": ("sebagian isi disk tidak terbaca", "unreadable"),
    "twin": ("mesin lain memakai id ini", "twin"),
    "clock": ("jam", "clock"),
}
"""The first word of an alarm; in English it stays the one that the operator's page explains."""


def name_silence(word: str, language: Language) -> str:
    """Name why a device is silent."""
    return _name(word, _SILENCES, language)


def name_loss(word: str, language: Language) -> str:
    """Name why batches are lost."""
    return _name(word, _LOSSES, language)


def name_cause(digit: str, language: Language) -> str:
    """Name why a value is not good."""
    return _name(digit, _CAUSES, language)


def name_alarm(alarm: str, language: Language) -> str:
    """Name what a gateway wants looked at; the details behind the colon stay as they came."""
    word, colon, details = alarm.partition(":")
    return f"{_name(word, _ALARMS, language)}{colon}{write_foreign(details)}"


def _name(word: str, names: Mapping[str, Pair], language: Language) -> str:
    """Find the name of a word, as it stands within a sentence."""
    pair = names.get(word)
    if pair is None:
        return write_foreign(word)
    name = pair[0 if language is Language.ID else 1]
    return name if name[:2].isupper() else f"{name[:1].lower()}{name[1:]}"
