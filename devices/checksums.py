"""The checksums of serial protocols, as pure functions of the bytes they cover."""

from __future__ import annotations


def sum8(data: bytes) -> int:
    """Add the bytes, modulo 256."""
    return sum(data) & 0xFF


def sum16(data: bytes) -> int:
    """Add the bytes, modulo 65536."""
    return sum(data) & 0xFFFF
