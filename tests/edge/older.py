"""Spools as older versions wrote them, by SQL: their form is written down here."""

from __future__ import annotations

import json
import sqlite3
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Final

from gateway.edge.held import read_reading

if TYPE_CHECKING:
    from pathlib import Path

_WORDS: Final = (
    b'"speed_b100","speed_b050","speed_b000","speed_inverse_sum","speed_square_sum","speed_sum"'
    b'"count_unknown","count_heavy","count_light","count_motorcycle","count_total","count"'
    b'"latitude","longitude","wind_speed","wind_direction","rain","sound_level","temperature"'
    b'"humidity","pressure","co2","pn10","pn5_0","pn2_5","pn1_0","pn0_5","pn0_3"'
    b'[["pm1_0_cf1","pm2_5_cf1","pm10_cf1","pm1_0","pm2_5","pm10"],[111111111111","000000000000",1'
)


def to_layout_4(path: Path) -> None:
    """Write a spool as layout 4 had it: no row had a sum."""
    with closing(sqlite3.connect(path)) as database:
        for table in ("kept", "epochs", "pending", "batches"):
            database.execute(f"ALTER TABLE {table} DROP COLUMN sum")
        database.execute("PRAGMA user_version = 4")
        database.commit()


def to_layout_3(path: Path) -> None:
    """Write a spool as layout 3 had it: model, boot and time since it stood beside each reading."""
    to_layout_4(path)
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute(
            "SELECT id, device, channel, boot, since, at, undatable, reading FROM pending"
        ).fetchall()
        database.execute("DROP TABLE pending")
        database.execute(
            "CREATE TABLE pending (id INTEGER PRIMARY KEY, device TEXT NOT NULL, channel TEXT,"
            " model TEXT NOT NULL, boot TEXT NOT NULL, since REAL NOT NULL, at INTEGER,"
            " undatable INTEGER NOT NULL, reading BLOB NOT NULL)"
        )
        for number, device, channel, boot, since, at, undatable, packed in rows:
            reading, model = read_reading(device, channel, packed)
            values = reading.values.values()
            plain = json.dumps(
                [
                    list(reading.values),
                    [value.value for value in values],
                    "".join(str(int(value.flag)) for value in values),
                    "".join(str(int(value.cause)) for value in values),
                    reading.every,
                ],
                separators=(",", ":"),
            )
            deflater = zlib.compressobj(9, zlib.DEFLATED, 11, 5, zlib.Z_DEFAULT_STRATEGY, _WORDS)
            old = deflater.compress(plain.encode()) + deflater.flush()
            row = (number, device, channel, model, boot or "b", since or 0.0, at, undatable, old)
            database.execute("INSERT INTO pending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        database.execute("PRAGMA user_version = 3")
        database.commit()
