"""What numbers in the store stand for: flags, causes, silences. It never changes.

The colours are the same wherever a state is shown: green needs nobody.
"""

from __future__ import annotations

from typing import Final

from gateway.grafana.panels import BLUE, GREEN, ORANGE, RED

Pair = tuple[str, str]
"""Indonesian, English."""

FLAGS: Final[dict[int, tuple[Pair, str]]] = {
    1: (("Baik", "Good"), GREEN),
    2: (("Belum diuji", "Not evaluated"), BLUE),
    3: (("Diragukan", "Suspect"), ORANGE),
    4: (("Ditolak", "Rejected"), RED),
}

CAUSES: Final[dict[int, tuple[Pair, str]]] = {
    1: (("Di luar rentang", "Out of range"), RED),
    2: (("Melompat", "Jump"), ORANGE),
    3: (("Berubah terlalu cepat", "Changing too fast"), "yellow"),
    4: (("Macet di satu nilai", "Stuck at one value"), "purple"),
    5: (("Pemanasan", "Warming up"), BLUE),
    6: (("Jam tak dipercaya", "Clock not trusted"), "dark-red"),
    7: (("Alat rusak", "Device fault"), "semi-dark-red"),
    8: (("Terlalu lembap", "Too humid"), "light-blue"),
    9: (("Urutan PM keliru", "PM out of order"), "light-orange"),
}

SILENCES: Final[dict[int, tuple[Pair, str]]] = {
    0: (("Bicara", "Speaking"), GREEN),
    1: (("Port tercabut", "Port gone"), RED),
    2: (("Port dipakai program lain", "Port busy"), "purple"),
    3: (("Port tak boleh dibuka", "Port denied"), "dark-purple"),
    4: (("Tak ada bita", "No bytes"), "dark-red"),
    5: (("Hanya derau", "Only junk"), ORANGE),
    6: (("Tak menjawab", "No reply"), "semi-dark-red"),
    7: (("Belum siap", "Not ready"), BLUE),
    8: (("Alat rusak", "Device fault"), "dark-orange"),
    9: (("Tak sempat dibaca", "Not read in time"), "yellow"),
    10: (("Jawaban tak masuk akal", "Nonsense"), "light-orange"),
}

LOSSES: Final[dict[str, Pair]] = {
    "full": ("Penampung penuh", "Spool full"),
    "age": ("Terlalu lama menunggu", "Too old"),
    "memory": ("Memori darurat penuh", "Emergency memory full"),
    "damaged": ("Berkas penampung rusak", "Spool damaged"),
    "replaced": ("Berkas penampung diganti", "Spool replaced"),
    "other": ("Sebab lain", "Another cause"),
}
