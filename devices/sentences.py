"""Sentences: lines of text that begin with a mark and carry the exclusive or of their characters.

Between the beginning and a second mark stand the characters that are covered, behind it two
hexadecimal digits and the end of the line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devices.checksums import xor8
from devices.cutters import Bad, Whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from devices.cutters import Cutter, Verdict


def by_sentence(
    begin: bytes, mark: bytes, longest: int, parses: Callable[[str], bool] = lambda _: True
) -> Cutter:
    r"""Cut sentences.

    One that was cut off ends where the next begins; what is left of a broken one is no other.

    Args:
        begin: The byte that each begins with, and no other byte of it is.
        mark: The byte in front of the checksum.
        longest: Bytes of a sentence, its end included.
        parses: Told what the checksum covers: whether the sensor can have meant that.
    """
    form = re.compile(
        re.escape(begin) + b"([\x20-\x7e]*)" + re.escape(mark) + b"([0-9A-Fa-f]{2})\r?\n"
    )

    def judge(sentence: bytes) -> Verdict:
        found = form.fullmatch(sentence)
        if found is None:
            return Bad("header", len(sentence))
        if xor8(found[1]) != int(found[2], 16):
            return Bad("checksum", len(sentence))
        meant = parses(found[1].decode("ascii"))
        return Whole(len(sentence)) if meant else Bad("header", len(sentence))

    def cut(buffer: bytes) -> Verdict:
        again = buffer.find(begin, 1)
        if not buffer.startswith(begin):
            return Bad("header", again if again > 0 else len(buffer))
        end = buffer.find(b"\n") + 1
        size = min(again if again > 0 else len(buffer), end or len(buffer))
        if size > longest:
            return Bad("length", size)
        if size == end:
            return judge(buffer[:end])
        return Bad("header", size) if size == again else None

    return cut


def write(begin: bytes, covered: str, mark: bytes) -> bytes:
    """Write a sentence."""
    data = covered.encode("ascii")
    return begin + data + mark + f"{xor8(data):02X}\r\n".encode("ascii")


def read(frame: bytes, mark: bytes) -> list[str]:
    """Return the columns of a sentence that was cut."""
    return frame[1 : frame.rindex(mark)].decode("ascii").split(",")
