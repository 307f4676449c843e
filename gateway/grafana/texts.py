"""Everything that staff read on a dashboard, in Indonesian and English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

from gateway.grafana.panels import GREEN, GREY, RED, State
from gateway.grafana.states import CAUSES, FLAGS, LOSSES, SILENCES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.grafana.states import Pair
    from schemas.quantity import Quantity

Lang = Literal["id", "en"]

LANGUAGES: Final[tuple[Lang, ...]] = get_args(Lang)

_WORDS: Final[dict[str, Pair]] = {
    "folder": ("Simpang (Indonesia)", "Simpang (English)"),
    "device": ("Perangkat", "Device"),
    "fleet": ("Armada", "Fleet"),
    "site": ("Lokasi", "Site"),
    "gateway": ("Gateway", "Gateway"),
    "sensor": ("Perangkat", "Device"),
    "reporting": ("Melapor", "Reporting"),
    "silent": ("Diam", "Silent"),
    "suspect": ("diragukan", "suspect"),
    "raw": ("mentah", "raw"),
    "heard": ("Terakhir", "Last heard"),
    "arrived": ("Masuk", "Arrived"),
    "cause": ("Keadaan", "State"),
    "yes": ("Ya", "Yes"),
    "no": ("Tidak", "No"),
    "now": ("Sekarang", "Now"),
    "details": ("Gateway dan sensor", "Gateways and sensors"),
    "backlog": ("Yang menunggu dan yang hilang", "What waits and what is lost"),
    "days": ("Riwayat harian", "Day by day"),
    "rejected": ("ditolak", "rejected"),
    "air": ("Udara", "Air"),
    "weather": ("Cuaca", "Weather"),
    "noise": ("Kebisingan", "Noise"),
    "traffic": ("Lalu lintas", "Traffic"),
    "position": ("Posisi", "Position"),
    "distance": ("Jarak", "Distance"),
    "node": ("Kesehatan gateway dan alat", "Health of gateway and device"),
}

_PANELS: Final[dict[str, tuple[Pair, Pair]]] = {
    # what it is called, what it says
    "fleet.reporting": (
        ("Gateway melapor", "Gateways reporting"),
        ("Yang mengirim laporan dalam 15 sampai 30 menit terakhir.",
         "Those that have reported within the last 15 to 30 minutes."),
    ),
    "fleet.silent": (
        ("Gateway diam", "Gateways silent"),
        ("Masih melapor dalam tujuh hari terakhir, tetapi sekarang tidak: periksa listrik dan "
         "jaringan. Datanya menyusul bila gateway masih hidup.",
         "They reported within the last seven days, but not now: look at power and network. Their "
         "data will follow if the gateway is alive."),
    ),
    "fleet.undated": (
        ("Bacaan tanpa waktu", "Readings without a time"),
        ("Jam gateway tidak pernah dipercaya saat bacaan ini dibuat. Disimpan terpisah, tidak ada "
         "di grafik mana pun.",
         "The gateway's clock was never trusted when these were made. They are kept apart and "
         "stand on no curve."),
    ),
    "fleet.waiting": (
        ("Kiriman menunggu", "Batches waiting"),
        ("Yang masih di gateway dan belum sampai ke basis data, menurut laporan 30 menit terakhir. "
         "Bertambah selagi jaringan putus, lalu turun sendiri.",
         "What the gateways still hold, by their reports of the last 30 minutes. It grows while "
         "the network is down, and falls by itself."),
    ),
    "fleet.oldest": (
        ("Terlama menunggu", "Waiting longest"),
        ("Umur kiriman tertua yang masih di gateway. Kosong: tidak ada yang menunggu.",
         "The age of the oldest batch that a gateway still holds. Empty: nothing waits."),
    ),
    "fleet.arrived": (
        ("Data masuk", "Data arrived"),
        ("Rata-rata semua alat: dari tiap sepuluh menit, berapa persen yang ada datanya, baik atau "
         "buruk. Berapa menit yang layak pakai adalah kelengkapan data: tanyakan operator.",
         "The mean of all devices: in how many of each ten minutes anything arrived, good or bad. "
         "In how many minutes it was usable is data capture: ask the operator."),
    ),
    "fleet.now": (
        ("Gateway sekarang", "Gateways now"),
        ("Hijau melapor, merah diam. Yang diam lebih dari tujuh hari tinggal di daftar Terakhir "
         "terdengar.",
         "Green reports, red is silent. Those silent for more than seven days stand only in Last "
         "heard."),
    ),
    "fleet.history": (
        ("Gateway dari waktu ke waktu", "Gateways over time"),
        ("Untuk waktu mana ada laporan. Yang datang menyusul mengubah merah menjadi hijau: datanya "
         "selamat.",
         "For which times there are reports. What comes later turns red into green: its data are "
         "safe."),
    ),
    "fleet.heard": (
        ("Terakhir terdengar", "Last heard"),
        ("Laporan terakhir tiap gateway dalam 90 hari, yang paling lama diam di atas.",
         "The last report of each gateway within 90 days, the longest silent first."),
    ),
    "fleet.gateways": (
        ("Keadaan gateway", "State of the gateways"),
        ("Nilai terakhir yang dilaporkan tiap gateway. Klik nama gateway untuk rinciannya.",
         "What each gateway last reported. Click on a gateway for its details."),
    ),
    "fleet.sensors": (
        ("Sensor sekarang", "Sensors now"),
        ("Laporan 30 menit terakhir. Yang tidak bicara di atas, dengan sebabnya: kirim teknisi "
         "hanya ke sana. Klik nama alat untuk rinciannya.",
         "Reports of the last 30 minutes. Those that do not speak come first, with the cause: send "
         "a technician only there. Click on a device for its details."),
    ),
    "fleet.sensors_history": (
        ("Sensor dari waktu ke waktu", "Sensors over time"),
        ("Hijau bicara; warna lain menyebut sebab diamnya. Celah: gateway tidak melapor.",
         "Green speaks; other colours tell why not. A gap: the gateway did not report."),
    ),
    "fleet.spool_waiting": (
        ("Kiriman menunggu per gateway", "Batches waiting by gateway"),
        ("Naik selagi putus, turun setelah tersambung. Naik terus: ada yang tidak mau menerima.",
         "It rises while cut off and falls once connected. Rising for ever: somebody refuses."),
    ),
    "fleet.spool_oldest": (
        ("Umur kiriman tertua per gateway", "Oldest batch by gateway"),
        ("Celah: tidak ada yang menunggu, atau gateway tidak melapor.",
         "A gap: nothing waits, or the gateway did not report."),
    ),
    "fleet.lost": (
        ("Kiriman hilang menurut sebab", "Batches lost by cause"),
        ("Yang terpaksa dilepas gateway, sejak penampungnya dibuat. Nol adalah keadaan yang "
         "diharapkan.",
         "What gateways had to give up since their spools were made. Zero is what is expected."),
    ),
    "fleet.spool_dropped": (
        ("Dilepas per gateway", "Given up by gateway"),
        ("Hitungan berjalan: setiap kenaikan adalah kehilangan pada saat itu.",
         "A running count: each rise is a loss at that time."),
    ),
    "fleet.arrived_each": (
        ("Data masuk per alat", "Data arrived by device"),
        ("Persen dari tiap sepuluh menit yang ada datanya, baik atau buruk; yang terburuk di atas.",
         "In how many of each ten minutes anything arrived, good or bad; the worst first."),
    ),
    "fleet.arrived_days": (
        ("Data masuk per hari", "Data arrived by day"),
        ("Per gateway, hari setempat, baik atau buruk. Hari ini belum selesai.",
         "By gateway and local day, good or bad. Today is not over yet."),
    ),
    "device.state": (
        ("Keadaan", "State"),
        ("Apakah alat bicara, atau mengapa tidak, menurut laporan 30 menit terakhir.",
         "Whether the device speaks, or why not, by the reports of the last 30 minutes."),
    ),
    "device.heard": (
        ("Data terakhir", "Last data"),
        ("Umur bacaan terakhir yang tersimpan.", "The age of the last reading that is stored."),
    ),
    "device.rows": (
        ("Bacaan tersimpan", "Readings stored"),
        ("Dalam rentang waktu yang dipilih.", "In the time that is chosen."),
    ),
    "device.arrived": (
        ("Data masuk", "Data arrived"),
        ("Persen dari tiap sepuluh menit yang ada datanya, baik atau buruk.",
         "In how many of each ten minutes anything arrived, good or bad."),
    ),
    "device.now": (
        ("Nilai sekarang", "Values now"),
        ("Hanya nilai baik dari 15 menit terakhir. Yang lebih lama tidak ditampilkan sebagai "
         "sekarang.",
         "Only good values of the last 15 minutes. What is older is not shown as now."),
    ),
    "device.flags": (
        ("Mutu", "Quality"),
        ("Penilaian terburuk tiap selang. Celah: tidak ada nilai.",
         "The worst verdict of each interval. A gap: no value."),
    ),
    "device.causes": (
        ("Sebab diragukan atau ditolak", "Why suspect or rejected"),
        ("Kosong berarti semuanya baik.", "Empty means that all is good."),
    ),
    "device.values": (
        ("", ""),
        ("Garis: nilai baik. Titik jingga: diragukan. Putus-putus: sebelum kalibrasi. Celah: tidak "
         "ada nilai baik. Yang ditolak ada di panel sendiri.",
         "Line: good values. Orange points: suspect. Dashed: before calibration. A gap: no good "
         "value. What was rejected has its own panel."),
    ),
    "device.sums": (
        ("", ""),
        ("Jumlah tiap lima menit, per lajur. Jingga: diragukan. Celah: tidak diamati.",
         "Sums of each five minutes, by lane. Orange: suspect. A gap: not observed."),
    ),
    "device.vitals": (
        ("", ""),
        ("Laporan tiap lima menit. Celah: tidak ada laporan.",
         "Reports of each five minutes. A gap: no report."),
    ),
    "device.rejected": (
        ("", ""),
        ("Nilai yang gagal diuji. Bukan pengukuran: jangan dipakai.",
         "Values that failed a test. They measure nothing: do not use them."),
    ),
    "traffic.flow": (
        ("Arus", "Flow"),
        ("Kendaraan per jam, per lajur.", "Vehicles an hour, by lane."),
    ),
    "traffic.speed": (
        ("Kecepatan rata-rata", "Mean speed"),
        ("Dari kendaraan yang kecepatannya terukur. Celah: tidak ada yang lewat.",
         "Of the vehicles whose speed was measured. A gap: nobody passed."),
    ),
    "traffic.occupancy": (
        ("Okupansi", "Occupancy"),
        ("Bagian waktu saat lajur terisi.", "The share of time in which the lane is occupied."),
    ),
    "traffic.speeds": (
        ("Sebaran kecepatan", "Distribution of speeds"),
        ("Kendaraan menurut kecepatan, dalam rentang waktu yang dipilih.",
         "Vehicles by speed, in the time that is chosen."),
    ),
    "traffic.speed_flags": (
        ("Mutu sebaran kecepatan", "Quality of the distribution of speeds"),
        ("Penilaian terburuk tiap selang.", "The worst verdict of each interval."),
    ),
}  # fmt: skip

GROUPS: Final[dict[str, Pair]] = {
    "particles": ("Partikel", "Particles"),
    "particles_cf1": ("Partikel (CF=1)", "Particles (CF=1)"),
    "particle_counts": ("Jumlah partikel", "Particle counts"),
    "gases": ("Gas", "Gases"),
    "classes": ("Golongan kendaraan", "Vehicle classes"),
    "speed_sums": ("Jumlah kecepatan", "Sums of speeds"),
    "times": ("Jumlah waktu", "Sums of times"),
    "fix": ("Mutu posisi", "Quality of the fix"),
    "load": ("Beban", "Load"),
    "spool": ("Penampung", "Spool"),
    "spool_size": ("Isi penampung", "Size of the spool"),
    "clock": ("Jam dan penampung", "Clock and spool"),
    "seconds": ("Lama waktu", "Spans of time"),
    "batches": ("Kiriman", "Batches"),
    "exchange": ("Percakapan dengan alat", "Talk with the device"),
}
"""What quantities are called that share a panel."""


class Texts:
    """All texts in one language."""

    def __init__(self, lang: Lang) -> None:
        """Speak this language."""
        self.lang: Lang = lang
        self._at = LANGUAGES.index(lang)

    def word(self, key: str) -> str:
        """Say a word."""
        return _WORDS[key][self._at]

    def title(self, panel: str) -> str:
        """Say what a panel is called."""
        return _PANELS[panel][0][self._at]

    def says(self, panel: str) -> str:
        """Say what a panel tells."""
        return _PANELS[panel][1][self._at]

    def group(self, key: str) -> str:
        """Say what quantities are called that share a panel."""
        return GROUPS[key][self._at]

    def label(self, quantity: Quantity) -> str:
        """Say what a quantity is called."""
        return (quantity.label_id, quantity.label_en)[self._at]

    def losses(self) -> dict[str, str]:
        """Say why batches were given up."""
        return {cause: pair[self._at] for cause, pair in LOSSES.items()}

    @property
    def flags(self) -> dict[int, State]:
        """How good a value is."""
        return self._states(FLAGS)

    @property
    def causes(self) -> dict[int, State]:
        """Why a value is not simply good."""
        return self._states(CAUSES)

    @property
    def silences(self) -> dict[int, State]:
        """Why a device is silent."""
        return self._states(SILENCES)

    @property
    def worrying(self) -> dict[int, State]:
        """No, and a yes that somebody should look at."""
        return {0: State(self.word("no"), GREY), 1: State(self.word("yes"), RED)}

    @property
    def wanted(self) -> dict[int, State]:
        """Yes, and a no that somebody should look at."""
        return {1: State(self.word("yes"), GREEN), 0: State(self.word("no"), RED)}

    def panels(self, dashboard: str) -> dict[str, str]:
        """Give what each panel of a dashboard says, by its title."""
        return {
            titles[self._at]: says[self._at]
            for key, (titles, says) in _PANELS.items()
            if key.startswith(f"{dashboard}.") and titles[self._at]
        }

    def _states(self, table: Mapping[int, tuple[Pair, str]]) -> dict[int, State]:
        return {number: State(pair[self._at], color) for number, (pair, color) in table.items()}
