"""What the pages for staff say beside the panels: how to get in, and what each state asks for.

The names of the states stand in `gateway/grafana/states.py`, as on the panels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from gateway.grafana.texts import Lang


class Advice(NamedTuple):
    """What a state means, and what to do or whom to call."""

    means: str
    do: str


HEADS: Final[dict[Lang, str]] = {
    "id": """\
# Untuk staf ruang kendali

Dua dasbor: **Armada** menunjukkan semua gateway dan sensor sekaligus, **Perangkat** satu alat
dengan semua yang diukurnya. Klik sebuah nama di Armada untuk membuka alatnya.
([English](staff.en.md))

Hijau tidak perlu siapa-siapa. Merah perlu seseorang. Celah berarti tidak ada data: bukan nol, dan
tidak pernah disambung garis. Keterangan tiap panel juga ada di balik tanda **i** di sudutnya.

## Masuk

Operator memberi Anda alamat (`https://…`) serta nama dan kata sandi milik Anda sendiri; peran
*Viewer* sudah cukup. Buka alamat itu di peramban, masuk, lalu pilih **Dashboards** di menu kiri
atas, folder **Simpang (Indonesia)**, dan **Armada**. Simpan halaman itu sebagai penanda. Kata sandi
diganti di bawah foto profil, *Profile*; bila lupa, minta operator membuat yang baru.

Gambar diperbarui sendiri tiap menit. Waktu adalah waktu setempat (WIB). Rentang waktu dipilih di
kanan atas, gateway dan alat di kiri atas.

## Siapa yang dihubungi

**Teknisi** untuk yang harus disentuh di lapangan: listrik, kabel, sensor, gateway. **Operator**
untuk selebihnya: server, jaringan, pengaturan. Sebutkan nama gateway dan alat, kata di panel, dan
sejak kapan. Gateway menyimpan yang belum dapat dikirimnya: itu menyusul sendiri.
""",
    "en": """\
# For the staff of the command centre

Two dashboards: **Fleet** shows all gateways and sensors at once, **Device** a single device with
everything that it measures. Click on a name in Fleet to open its device.
([Bahasa Indonesia](staff.id.md))

Green needs nobody. Red needs somebody. A gap means that there are no data: it is no zero, and no
line ever crosses it. What a panel says also stands behind the **i** in its corner.

## Sign in

The operator gives you an address (`https://…`), and a name and a password of your own; the role
*Viewer* is enough. Open the address in a browser, sign in, and choose **Dashboards** in the menu at
the upper left, the folder **Simpang (English)**, and **Fleet**. Keep that page as a bookmark. The
password is changed below your picture, *Profile*; if it is forgotten, ask the operator for another.

The picture renews itself each minute. Times are local (Asia/Jakarta). The span of time is chosen at
the upper right, gateway and device at the upper left.

## Whom to call

The **technician** for whatever must be touched on site: power, cables, sensors, gateways. The
**operator** for everything else: servers, network, settings. Name the gateway and the device, the
word on the panel, and since when. A gateway keeps what it can't send yet: that follows by itself.
""",
}

COLUMNS: Final[dict[Lang, str]] = {
    "id": "| panel | artinya |\n|---|---|",
    "en": "| panel | what it says |\n|---|---|",
}

ADVICE_COLUMNS: Final[dict[Lang, str]] = {
    "id": "| tertulis | artinya | yang dilakukan |\n|---|---|---|",
    "en": "| it says | it means | do |\n|---|---|---|",
}

ARRIVED: Final[dict[Lang, str]] = {
    "id": """\
## Data masuk bukan kelengkapan data

*Data masuk*: dari tiap sepuluh menit, di berapa ada data yang tiba, baik atau buruk. *Kelengkapan
data*: dari tiap menit, di berapa ada nilai yang layak pakai (baik, belum diuji, atau diragukan
hanya karena terlalu lembap). Yang kedua lebih ketat, dan hanya dia yang boleh masuk laporan.
Operator membacanya dengan `simpang fleet show`. Bila data masuk 100 % tetapi kelengkapan rendah,
alatnya bicara tetapi mengukur buruk: lihat *Mutu* di dasbor Perangkat.
""",
    "en": """\
## Data arrived is not data capture

*Data arrived*: in how many of each ten minutes anything came, good or bad. *Data capture*: in how
many minutes there is a value that can be used (good, not evaluated, or suspect only because it is
too humid). The second is stricter, and the only one for a report. The operator reads it with
`simpang fleet show`. Where 100 % arrived and little of it is captured, the device speaks but
measures badly: look at *Quality* on the dashboard Device.
""",
}

TITLES: Final[dict[Lang, tuple[str, str, str]]] = {
    "id": (
        "Mengapa sebuah sensor diam",
        "Seberapa baik sebuah nilai",
        "Mengapa sebuah nilai diragukan atau ditolak",
    ),
    "en": (
        "Why a sensor is silent",
        "How good a value is",
        "Why a value is suspect or rejected",
    ),
}

SILENCES: Final[dict[Lang, dict[int, Advice]]] = {
    "id": {
        0: Advice("alat mengirim data", "tidak ada"),
        1: Advice("adaptor atau kabelnya tidak terlihat oleh gateway",
                  "teknisi: periksa kabel dan soketnya"),
        2: Advice("program lain di gateway memakai port itu",
                  "operator: hentikan program itu"),
        3: Advice("gateway tidak berhak membuka port itu",
                  "operator: pengguna layanan harus masuk grup port itu"),
        4: Advice("port terbuka, tetapi tidak ada satu bita pun",
                  "teknisi: periksa listrik sensor dan kabel datanya"),
        5: Advice("ada bita, tetapi tidak terbaca", "operator: kecepatan port atau jenis sensor "
                  "keliru; bila dulu jalan, teknisi: kabel rusak atau terganggu"),
        6: Advice("sensor ditanya dan tidak menjawab",
                  "teknisi: periksa alamat sensor, listrik dan kabelnya"),
        7: Advice("sensor baru menyala dan sedang pemanasan",
                  "tunggu; lebih dari satu jam: teknisi"),
        8: Advice("sensor sendiri melaporkan kerusakan",
                  "teknisi: ganti atau bersihkan sensornya"),
        9: Advice("gateway terlalu sibuk untuk membaca", "operator"),
        10: Advice("jawaban terbaca, tetapi mustahil",
                   "operator: sensor atau driver di pengaturan keliru"),
    },
    "en": {
        0: Advice("the device sends data", "nothing"),
        1: Advice("the gateway does not see its adapter or cable",
                  "technician: look at its cable and socket"),
        2: Advice("another program on the gateway uses that port",
                  "operator: stop that program"),
        3: Advice("the gateway may not open that port",
                  "operator: the service's user must join the port's group"),
        4: Advice("the port is open, and not one byte comes",
                  "technician: look at the sensor's power and its data wires"),
        5: Advice("bytes come that nobody can read", "operator: wrong speed of the port, or wrong "
                  "kind of sensor; if it worked before, technician: a damaged or disturbed cable"),
        6: Advice("the sensor is asked and does not answer",
                  "technician: look at its address, its power and its wires"),
        7: Advice("the sensor was just switched on and warms up",
                  "wait; for more than an hour: technician"),
        8: Advice("the sensor itself says that it is broken",
                  "technician: replace the sensor, or clean it"),
        9: Advice("the gateway is too busy to read it", "operator"),
        10: Advice("answers can be read, and can't be true",
                   "operator: wrong sensor or driver in the config"),
    },
}  # fmt: skip

FLAGS: Final[dict[Lang, dict[int, Advice]]] = {
    "id": {
        1: Advice("lulus semua pengujian", "pakai"),
        2: Advice("tidak ada pengujian untuk nilai ini", "pakai"),
        3: Advice("tersimpan, tetapi satu pengujian meragukannya; tampil sebagai titik jingga",
                  "jangan dilaporkan tanpa melihat sebabnya"),
        4: Advice("bukan pengukuran; tersimpan terpisah, tidak pernah di antara yang baik",
                  "jangan dipakai; lihat sebabnya"),
    },
    "en": {
        1: Advice("it passed all tests", "use it"),
        2: Advice("there is no test for this value", "use it"),
        3: Advice("it is kept, but one test doubts it; shown as an orange point",
                  "don't report it without a look at its cause"),
        4: Advice("it measures nothing; kept apart, never among the good",
                  "don't use it; look at its cause"),
    },
}  # fmt: skip

CAUSES: Final[dict[Lang, dict[int, Advice]]] = {
    "id": {
        1: Advice("di luar yang mungkin di luar ruangan",
                  "sesekali: tidak ada; terus-menerus: teknisi, ganti sensornya"),
        2: Advice("satu nilai melompat lalu kembali: sering gangguan listrik, atau asap sesaat",
                  "sesekali: tidak ada; sering: teknisi"),
        3: Advice("berubah lebih cepat daripada yang masuk akal, lalu bertahan",
                  "lihat kamera atau sensor tetangga: mungkin benar terjadi, misalnya kebakaran"),
        4: Advice("nilai yang sama persis terlalu lama", "teknisi: sensor macet, ganti"),
        5: Advice("sensor baru menyala", "tunggu; berulang tiap hari: teknisi, listriknya putus"),
        6: Advice("jam gateway tidak dipercaya, jadi waktunya tidak pasti",
                  "operator: gateway tidak mendapat waktu dari jaringan (NTP)"),
        7: Advice("sensor sendiri melaporkan kerusakan saat mengukur",
                  "teknisi: ganti atau bersihkan sensornya"),
        8: Advice("udara terlalu lembap: butiran air terhitung sebagai debu",
                  "tidak ada; tunggu sampai kering"),
        9: Advice("PM2,5 lebih besar daripada PM10, atau semacamnya: mustahil",
                  "sesekali: tidak ada; terus-menerus: teknisi, bersihkan atau ganti"),
    },
    "en": {
        1: Advice("beyond what can be outdoors",
                  "now and then: nothing; all the time: technician, replace the sensor"),
        2: Advice("one value jumped and came back: often electrical noise, or a puff of smoke",
                  "now and then: nothing; often: technician"),
        3: Advice("it changed faster than is believable, and stayed there",
                  "look at a camera or a neighbouring sensor: it may be true, such as a fire"),
        4: Advice("exactly the same value for too long",
                  "technician: the sensor is stuck, replace it"),
        5: Advice("the sensor was just switched on",
                  "wait; each day again: technician, its power fails"),
        6: Advice("the gateway's clock is not trusted, so the time is uncertain",
                  "operator: the gateway gets no time from the network (NTP)"),
        7: Advice("the sensor itself said that it is broken while it measured",
                  "technician: replace the sensor, or clean it"),
        8: Advice("the air is too humid: droplets count as dust",
                  "nothing; wait until it is dry"),
        9: Advice("PM2.5 larger than PM10, or the like: it can't be",
                  "now and then: nothing; all the time: technician, clean or replace it"),
    },
}  # fmt: skip
