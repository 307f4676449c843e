"""The checksums of serial protocols, as pure functions of the bytes they cover."""

from __future__ import annotations

from typing import Final


def sum8(data: bytes) -> int:
    """Add the bytes, modulo 256."""
    return sum(data) & 0xFF


def sum16(data: bytes) -> int:
    """Add the bytes, modulo 65536."""
    return sum(data) & 0xFFFF


def crc16_modbus(data: bytes) -> int:
    """Return the CRC-16 of Modbus: 8005 reflected, from FFFF; on the wire its low byte is first."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC16_MODBUS[(crc ^ byte) & 0xFF]
    return crc


def _reflected(byte: int, polynomial: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (polynomial if byte & 1 else 0)
    return byte


_CRC16_MODBUS: Final = tuple(_reflected(byte, 0xA001) for byte in range(256))


def crc16_xmodem(data: bytes) -> int:
    """Return the CRC-16 of XMODEM: 1021, from 0."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
    return crc


def crc8_wavetronix(data: bytes) -> int:
    """Return the CRC-8 of the polynomial 1C, from 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x1C if crc & 0x80 else 0)) & 0xFF
    return crc


def xor8(data: bytes) -> int:
    """Combine the bytes by exclusive or."""
    crc = 0
    for byte in data:
        crc ^= byte
    return crc
