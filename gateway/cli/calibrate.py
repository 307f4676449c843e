"""`simpang device calibrate`: gain and offset of a quantity against a reference instrument."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.cli.language import Language, choose_language
from gateway.cli.options import ConfigFile, Json, Lang
from gateway.cli.progress import Status
from gateway.cli.texts import Texts
from gateway.cli.words import print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.cli.regression import Agreement, Pair
    from gateway.config.gateway import DeviceConfig, GatewayConfig

_say: Final = Texts({
    # in English, in Indonesian
    "asking": ("asking the store of {file}", "menanyai basis data {file}"),
    "pairs": ("{number} windows of {minutes:g} min in which both are whole",
              "{number} jendela {minutes:g} mnt yang lengkap pada keduanya"),
    "before": ("as it measures now", "seperti terukur sekarang"),
    "after": ("with this calibration", "dengan kalibrasi ini"),
    "slope": ("slope", "kemiringan"),
    "intercept": ("intercept", "perpotongan"),
    "r2": ("R²", "R²"),
    "rmse": ("RMSE", "RMSE"),
    "target": ("EPA targets", "target EPA"),
    "met": ("met", "terpenuhi"),
    "missed": ("MISSED", "TIDAK terpenuhi"),
    "written": ("written into {file}; restart the gateway to use it",
                "ditulis ke {file}; mulai ulang gateway agar dipakai"),
    "kept": ("nothing is written: add --write to keep it",
             "tidak ada yang ditulis: tambahkan --write untuk menyimpan"),
})  # fmt: skip


def calibrate(
    device: Annotated[str, typer.Argument(metavar="DEVICE", help="Its id in the config.")],
    quantity: Annotated[str, typer.Argument(metavar="QUANTITY", help="Such as pm2_5.")],
    *,
    config: ConfigFile,
    reference: Annotated[
        Path, typer.Option(metavar="CSV", help="The reference: columns time and value.")
    ],
    readings: Annotated[
        Path | None, typer.Option(metavar="CSV", help="The sensor: columns time and value.")
    ] = None,
    collector: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A collector.toml: take them from its store."),
    ] = None,
    raw: Annotated[
        bool | None,
        typer.Option("--raw/--corrected", help="What --readings has, where a calibration is set."),
    ] = None,
    minutes: Annotated[float, typer.Option(min=1, help="The window of an average.")] = 60.0,
    write: Annotated[bool, typer.Option("--write", help="Write it into the config.")] = False,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Find gain and offset of a sensor that ran beside a reference, and how well they agree.

    Both are averaged over the same windows; gain and offset are the least-squares line from the
    sensor, before any calibration, to the reference. With --write it goes into the config, with its
    date beside it.
    """
    from gateway.cli.edited import write_calibration
    from gateway.cli.regression import TARGETS, agree, correct, pair_up
    from gateway.cli.series import read_csv, read_store
    from gateway.config.load import load_gateway
    from gateway.errors import ConfigError

    language = choose_language(lang)
    settings = load_gateway(config)
    meant = _device(settings, device, quantity)
    theirs = list(read_csv(reference, quantity))
    since = min((at for at, _ in theirs), default=0.0)
    now = meant.calibration.get(quantity)
    if collector is not None and readings is None:
        with Status() as status:
            status.show(_say("asking", language, file=collector))
            ours = list(read_store(collector, settings.gateway.id, device, quantity, since))
    elif readings is not None and collector is None:
        ours = list(read_csv(readings, quantity))
        if now is not None and not _are_raw(readings, quantity, told=raw):
            ours = [(at, (value - now.offset) / now.gain) for at, value in ours]
    else:
        raise ConfigError(
            "where are the sensor's values?", "give either --readings CSV or --collector FILE"
        )
    pairs = pair_up(ours, theirs, 60 * minutes)
    found = correct(pairs)
    if found is None:
        what = f"{len(pairs)} windows of {minutes:g} min have both, and differ among themselves"
        raise ConfigError(f"no line can be drawn: only {what}", "compare for longer, or --minutes")
    gain, offset = (_short(number) for number in found)
    if gain <= 0:
        raise ConfigError(
            f"the sensor runs against its reference (gain {gain:g}): nothing is written",
            "did both measure the same, at the same times?",
        )
    before = agree(pairs, *((now.gain, now.offset) if now else ()))
    after = agree(pairs, gain, offset)
    target = TARGETS.get(quantity)
    judged = target.judge(after) if target and after else {}
    if write:
        write_calibration(config, device, quantity, gain, offset, _comment(pairs, after, reference))
    if json:
        print_json({
            "device": device, "quantity": quantity, "gain": gain, "offset": offset,
            "pairs": len(pairs), "before": before and asdict(before),
            "after": after and asdict(after), "targets": judged, "written": write,
        })  # fmt: skip
        return
    typer.echo(f"{device} {quantity}: gain = {gain:g}, offset = {offset:g}")
    typer.echo(f"  {_say('pairs', language, number=len(pairs), minutes=minutes)}")
    _tell("before", before, language)
    _tell("after", after, language)
    for name, met in judged.items():
        verdict = _say("met" if met else "missed", language)
        typer.echo(f"  {_say('target', language)}, {_say(name, language)}: {verdict}")
    typer.echo(_say("written", language, file=config) if write else _say("kept", language))


def _tell(key: str, agreement: Agreement | None, language: Language) -> None:
    if agreement is None:
        return
    line = f"{_say('slope', language)} {agreement.slope:.3f}"
    line += f", {_say('intercept', language)} {agreement.intercept:.3g}"
    typer.echo(f"  {_say(key, language)}:")
    typer.echo(f"    {line}, R² {agreement.r2:.3f}, RMSE {agreement.rmse:.3g}")


def _device(settings: GatewayConfig, device: str, quantity: str) -> DeviceConfig:
    from gateway.config.sensor import sensor_of
    from gateway.errors import ConfigError

    meant = next((each for each in settings.devices if each.id == device), None)
    if meant is None:
        known = ", ".join(each.id for each in settings.devices) or "none"
        raise ConfigError(f"the config has no device {device!r}", f"it has: {known}")
    measured = sensor_of(meant).driver.quantities
    if quantity not in measured:
        raise ConfigError(
            f"{meant.driver} does not measure {quantity}", f"it measures {', '.join(measured)}"
        )
    return meant


def _are_raw(readings: Path, quantity: str, *, told: bool | None) -> bool:
    """Say whether the values of a CSV file are from before any calibration."""
    from gateway.cli.series import is_raw
    from gateway.errors import ConfigError

    if told is None and not is_raw(readings, quantity):
        raise ConfigError(
            f"the config corrects {quantity} already: is that in the values of {readings}?",
            f"say --raw or --corrected, or name the column {quantity}_raw",
        )
    return told is not False


def _short(number: float) -> float:
    """Round to what such a comparison can tell."""
    return float(f"{number:.5g}")


def _comment(pairs: Sequence[Pair], after: Agreement | None, reference: Path) -> str:
    today = datetime.now(tz=UTC).astimezone().date().isoformat()
    fit = "" if after is None else f", R² {after.r2:.3f}, RMSE {after.rmse:.3g}"
    return f"{today}: {len(pairs)} pairs with {reference.name}{fit}"
