"""The quantities: one table of everything that Simpang can measure; every consumer reads it.

Ranges are what is physically plausible at a roadside in the tropics, widened to what the makers
claim for their sensors; a value outside is kept and flagged, never dropped. A `step` is the
largest change between two neighbouring readings that is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BIN_KMH: Final = 5
"""Width of a speed bin."""

BINS: Final = tuple(range(0, 160, BIN_KMH))
"""Lower edges of the speed bins in km/h; the last one is open at the top."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing that can be measured.

    Attributes:
        name: Its name on the wire and in the store.
        unit: Its unit, as it is written for people.
        measurement: The measurement it is stored in.
        low: The smallest plausible value.
        high: The largest plausible value.
        step: The largest believable change between neighbours; None where none is unbelievable.
        label_id: Its name in Indonesian.
        label_en: Its name in English.
    """

    name: str
    unit: str
    measurement: str
    low: float
    high: float
    step: float | None
    label_id: str
    label_en: str


_ROWS: Final[tuple[tuple[str, str, str, float, float, float | None, str, str], ...]] = (
    # name, unit, measurement, low, high, step, Indonesian, English
    ("pm1_0", "µg/m³", "air", 0, 1000, 500, "PM1", "PM1"),
    ("pm2_5", "µg/m³", "air", 0, 1000, 500, "PM2,5", "PM2.5"),
    ("pm4_0", "µg/m³", "air", 0, 1000, 500, "PM4", "PM4"),
    ("pm10", "µg/m³", "air", 0, 2000, 1000, "PM10", "PM10"),
    ("pm100", "µg/m³", "air", 0, 20000, 10000, "PM100 (debu total)", "PM100 (total dust)"),
    ("pm1_0_cf1", "µg/m³", "air", 0, 1000, 500, "PM1 (CF=1)", "PM1 (CF=1)"),
    ("pm2_5_cf1", "µg/m³", "air", 0, 1000, 500, "PM2,5 (CF=1)", "PM2.5 (CF=1)"),
    ("pm10_cf1", "µg/m³", "air", 0, 2000, 1000, "PM10 (CF=1)", "PM10 (CF=1)"),
    ("pn0_3", "1/cm³", "air", 0, 10000, None, "Partikel > 0,3 µm", "Particles > 0.3 µm"),
    ("pn0_5", "1/cm³", "air", 0, 10000, None, "Partikel > 0,5 µm", "Particles > 0.5 µm"),
    ("pn1_0", "1/cm³", "air", 0, 10000, None, "Partikel > 1 µm", "Particles > 1 µm"),
    ("pn2_5", "1/cm³", "air", 0, 10000, None, "Partikel > 2,5 µm", "Particles > 2.5 µm"),
    ("pn4_0", "1/cm³", "air", 0, 10000, None, "Partikel > 4 µm", "Particles > 4 µm"),
    ("pn5_0", "1/cm³", "air", 0, 10000, None, "Partikel > 5 µm", "Particles > 5 µm"),
    ("pn10", "1/cm³", "air", 0, 10000, None, "Partikel > 10 µm", "Particles > 10 µm"),
    ("co2", "ppm", "air", 300, 10000, 5000, "CO₂", "CO₂"),
    ("co", "ppm", "air", 0, 500, 250, "CO", "CO"),
    ("no2", "ppb", "air", 0, 20000, 5000, "NO₂", "NO₂"),
    ("o3", "ppb", "air", 0, 10000, 5000, "O₃", "O₃"),
    ("so2", "ppb", "air", 0, 20000, 5000, "SO₂", "SO₂"),
    ("h2s", "ppb", "air", 0, 100000, 50000, "H₂S", "H₂S"),
    ("nh3", "ppb", "air", 0, 100000, 50000, "NH₃", "NH₃"),
    ("hcho", "ppb", "air", 0, 5000, 2500, "Formaldehida", "Formaldehyde"),
    ("iaq", "", "air", 0, 500, None, "Indeks udara ruangan", "Indoor air index"),
    ("gas_resistance", "Ω", "air", 0, 1e8, None, "Hambatan sensor gas", "Gas sensor resistance"),
    ("temperature", "°C", "weather", -40, 85, 10, "Suhu", "Temperature"),
    ("humidity", "%", "weather", 0, 100, 40, "Kelembapan", "Humidity"),
    ("pressure", "hPa", "weather", 300, 1100, 20, "Tekanan udara", "Air pressure"),
    ("wind_speed", "m/s", "weather", 0, 60, 40, "Kecepatan angin", "Wind speed"),
    ("wind_direction", "°", "weather", 0, 360, None, "Arah angin", "Wind direction"),
    ("rain", "mm", "weather", 0, 100, None, "Curah hujan", "Rain"),
    ("illuminance", "lx", "weather", 0, 200000, None, "Pencahayaan", "Illuminance"),
    ("solar", "W/m²", "weather", 0, 2000, None, "Radiasi surya", "Solar radiation"),
    ("sound_level", "dB(A)", "noise", 25, 140, 80, "Tingkat kebisingan", "Sound level"),
    ("count", "", "traffic", 0, 10000, None, "Kendaraan", "Vehicles"),
    ("count_motorcycle", "", "traffic", 0, 10000, None, "Sepeda motor", "Motorcycles"),
    ("count_light", "", "traffic", 0, 10000, None, "Kendaraan ringan", "Light vehicles"),
    ("count_heavy", "", "traffic", 0, 10000, None, "Kendaraan berat", "Heavy vehicles"),
    ("count_unknown", "", "traffic", 0, 10000, None, "Tanpa golongan", "Of unknown class"),
    ("count_total", "", "traffic", 0, 1e15, None, "Kendaraan sejak awal", "Vehicles ever"),
    ("speed_sum", "km/h", "traffic", 0, 1e7, None, "Jumlah kecepatan", "Sum of speeds"),
    ("speed_square_sum", "km²/h²", "traffic", 0, 1e10, None,
     "Jumlah kuadrat kecepatan", "Sum of squared speeds"),
    ("speed_inverse_sum", "h/km", "traffic", 0, 1e6, None,
     "Jumlah kebalikan kecepatan", "Sum of inverse speeds"),
    ("occupied_seconds", "s", "traffic", 0, 1e5, None, "Waktu terisi", "Occupied time"),
    ("headway_sum", "s", "traffic", 0, 1e7, None, "Jumlah waktu antara", "Sum of headways"),
    ("gap_sum", "s", "traffic", 0, 1e7, None, "Jumlah celah", "Sum of gaps"),
    ("length_sum", "m", "traffic", 0, 1e6, None, "Jumlah panjang", "Sum of lengths"),
    ("seconds", "s", "traffic", 0, 86400, None, "Lama pengamatan", "Observed time"),
    ("latitude", "°", "position", -90, 90, None, "Lintang", "Latitude"),
    ("longitude", "°", "position", -180, 180, None, "Bujur", "Longitude"),
    ("altitude", "m", "position", -500, 9000, None, "Ketinggian", "Altitude"),
    ("ground_speed", "km/h", "position", 0, 300, None, "Kecepatan", "Ground speed"),
    ("satellites", "", "position", 0, 100, None, "Satelit", "Satellites"),
    ("hdop", "", "position", 0, 100, None, "HDOP", "HDOP"),
    ("distance", "m", "distance", 0, 1000, None, "Jarak", "Distance"),
    ("signal", "", "distance", 0, 1e9, None, "Kuat sinyal", "Signal"),
    ("cpu", "%", "node", 0, 100, None, "Beban CPU", "CPU load"),
    ("cpu_temperature", "°C", "node", -40, 130, None, "Suhu CPU", "CPU temperature"),
    ("memory", "%", "node", 0, 100, None, "Memori terpakai", "Memory in use"),
    ("power", "", "node", 0, 2**32, None, "Catu daya (bit)", "Power (bits)"),
    ("clock_trusted", "", "node", 0, 1, None, "Jam dipercaya", "Clock trusted"),
    ("clock_holdover", "s", "node", 0, 1e9, None, "Jam tanpa acuan", "Clock in holdover"),
    ("clock_steps", "", "node", 0, 1e9, None, "Lompatan jam", "Clock steps"),
    ("disk_free", "B", "node", 0, 1e15, None, "Ruang kosong", "Free disk space"),
    ("disk_written", "B", "node", 0, 1e18, None, "Tertulis ke kartu", "Written to the card"),
    ("spool_bytes", "B", "node", 0, 1e15, None, "Isi penampung", "Spool size"),
    ("spool_waiting", "", "node", 0, 1e12, None, "Kiriman menunggu", "Batches waiting"),
    ("spool_oldest", "s", "node", 0, 1e10, None, "Kiriman tertua", "Oldest batch"),
    ("spool_refused", "", "node", 0, 1e12, None, "Kiriman ditolak", "Batches refused"),
    ("spool_dropped", "", "node", 0, 1e12, None, "Kiriman dilepas", "Batches given up"),
    ("batches_sent", "", "node", 0, 1e15, None, "Kiriman dikirim", "Batches sent"),
    ("batches_resent", "", "node", 0, 1e15, None, "Kiriman diulang", "Batches sent again"),
    ("receipts_unbelieved", "", "node", 0, 1e15, None,
     "Tanda terima tak dipercaya", "Receipts not believed"),
    ("spool_memory", "", "node", 0, 1, None, "Penampung di memori", "Spool in memory"),
    ("spool_crashes", "", "node", 0, 1e9, None, "Mati mendadak", "Crashes"),
    ("spool_crash_span", "s", "node", 0, 1e10, None, "Rentang mati mendadak", "Span of a crash"),
    ("last_frame", "s", "node", 0, 1e10, None, "Umur data terakhir", "Age of the last frame"),
    ("frames", "", "node", 0, 1e15, None, "Bingkai utuh", "Whole frames"),
    ("errors", "", "node", 0, 1e15, None, "Kegagalan", "Errors"),
    ("junk", "B", "node", 0, 1e15, None, "Bita tak dikenal", "Junk bytes"),
    ("stalled", "s", "node", 0, 1e10, None, "Terlambat dibaca", "Time not read"),
    ("device_fault", "", "node", 0, 1, None, "Gangguan alat", "Device fault"),
    ("silence", "", "node", 0, 99, None, "Sebab diam", "Cause of silence"),
)  # fmt: skip

_BINS: Final = tuple(
    Quantity(
        name=f"speed_b{low:03}",
        unit="",
        measurement="traffic",
        low=0,
        high=10000,
        step=None,
        label_id=f"Kendaraan {low}–{low + BIN_KMH} km/jam",
        label_en=f"Vehicles at {low}–{low + BIN_KMH} km/h",
    )
    for low in BINS
)

QUANTITIES: Final[dict[str, Quantity]] = {
    quantity.name: quantity for quantity in (*(Quantity(*row) for row in _ROWS), *_BINS)
}
"""Every quantity by its name."""

RAW_SUFFIX: Final = "_raw"
"""Behind the name of a calibrated quantity: the value before calibration."""

LARGEST_VALUE: Final = 1e300
"""Beyond it lies no measurement, but sums that overflow."""

BOOT_COLUMN: Final = "boot_ms"
"""The column of a batch without dates that carries ms since boot."""


def find(name: str) -> Quantity | None:
    """Look a quantity up; a calibrated quantity's raw twin shares its row."""
    return QUANTITIES.get(name) or QUANTITIES.get(name.removesuffix(RAW_SUFFIX))


def bounds(name: str) -> tuple[float, float]:
    """Return the least and the most that a value of a column can be.

    A raw twin has no bounds: before its calibration a value may lie anywhere.
    """
    quantity = QUANTITIES.get(name)
    return (-LARGEST_VALUE, LARGEST_VALUE) if quantity is None else (quantity.low, quantity.high)


def speed_bin(speed: float) -> str:
    """Name the bin of a speed in km/h, the last one open at the top.

    Raises:
        ValueError: The speed is negative.
    """
    if speed < 0:
        message = f"a speed is a magnitude, not {speed}"
        raise ValueError(message)
    low = min(int(speed // BIN_KMH) * BIN_KMH, BINS[-1])
    return f"speed_b{low:03}"
