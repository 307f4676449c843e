from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.catalogue import FILE, Catalogue, catalogue
from gateway.cli.help import translate
from gateway.cli.known import all_drivers
from gateway.cli.language import Language, find_language
from tests.house.cli_page import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE = re.compile(r"\{\w+\}")
TYPERS_OWN = re.compile(
    r"Usage:|Options:|Arguments:|Commands:|required\]|default: |Show this|OPTIONS"
)
ENGLISH = re.compile(r"\b(?:the|and|its|of|for|with|send|tell|each|how|to|is|it|not)\b")
ADD = "write its Indonesian text into gateway/cli/indonesian.toml"
TABLES: dict[str, dict[str, str]] = tomllib.loads(FILE.read_text(encoding="utf-8"))


def command_in(language: Language) -> Any:  # noqa: ANN401 - click's own
    command = typer.main.get_command(app)
    translate(command, language)
    return command


def help_in(language: Language, verb: tuple[str, ...]) -> str:
    """Return what `--help` prints in a terminal of 80 columns."""
    command = command_in(language)
    context = command.make_context("simpang", [], resilient_parsing=True, terminal_width=80)
    for word in verb:
        command = command.commands[word]
        context = command.context_class(command, info_name=word, parent=context)
    text: str = command.get_help(context)
    return text


def texts(command: Any) -> Iterator[str]:  # noqa: ANN401 - click's own
    """Give each paragraph of help in a command and all below it."""
    for part in (command, *command.params):
        for name in ("help", "short_help"):
            if text := getattr(part, name, None):
                for paragraph in inspect.cleandoc(text).split("\n\n"):
                    yield " ".join(paragraph.split())
    for inner in getattr(command, "commands", {}).values():
        yield from texts(inner)


def simpang(*words: str, locale: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a locale."""
    return subprocess.run(
        [sys.executable, "-m", "gateway.cli", *words],
        capture_output=True, text=True, check=False, timeout=30,
        env={"LC_ALL": locale, "COLUMNS": "80", "PYTHONUTF8": "1"},
    )  # fmt: skip


def test_every_text_of_help_has_an_indonesian_one() -> None:
    missing = {text for text in texts(command_in(Language.EN)) if text not in TABLES["help"]}

    assert missing == set(), ADD


def test_no_indonesian_text_outlives_its_english_one() -> None:
    assert TABLES["help"].keys() - set(texts(command_in(Language.EN))) == set()


def sensors_own() -> set[str]:
    """Give what each command and each setting of all sensors does."""
    drivers = all_drivers().values()
    commands_do = {command.help for driver in drivers for command in driver.commands.values()}
    return commands_do | {setting.help for driver in drivers for setting in driver.takes.values()}


def test_what_a_sensor_s_own_commands_and_settings_do_is_told_in_indonesian() -> None:
    """Whole: no English word that binds others is left."""
    known = catalogue(Language.ID)
    told = {text: known.translate(text) for text in sensors_own()}

    missing = {text for text in told if told[text] == text or ENGLISH.search(told[text])}

    assert missing == set(), ADD


def test_no_text_of_a_command_or_setting_outlives_it() -> None:
    own = sensors_own()
    outlived = {
        text
        for text in TABLES["sensors"]
        if not any(all(piece in said for piece in PLACE.split(text)) for said in own)
    }

    assert outlived == set()


def test_both_texts_have_the_same_places() -> None:
    for table in TABLES.values():
        for text, other in table.items():
            assert sorted(set(PLACE.findall(text))) == sorted(set(PLACE.findall(other))), text


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("verb", [(), *commands()], ids=" ".join)
def test_help_fits_a_terminal_of_80_columns(verb: tuple[str, ...], language: Language) -> None:
    assert max(map(len, help_in(language, verb).splitlines())) <= 80


@pytest.mark.parametrize("verb", [(), *commands()], ids=" ".join)
def test_indonesian_help_has_no_english_heading(verb: tuple[str, ...]) -> None:
    text = help_in(Language.ID, verb)

    assert TYPERS_OWN.findall(text) == []
    assert text.startswith(f"Cara pakai: {' '.join(('simpang', *verb))}")
    if verb:
        assert f"Contoh: simpang {' '.join(verb)}" in " ".join(text.split())


def test_english_help_is_what_typer_writes() -> None:
    for verb in commands():
        plain = CliRunner().invoke(
            app, [*verb, "--help"], prog_name="simpang", terminal_width=80, max_content_width=80
        )
        assert help_in(Language.EN, verb).split() == plain.output.split()


@pytest.mark.parametrize(
    ("words", "locale", "language"),
    [
        ([], "id_ID.UTF-8", Language.ID),
        ([], "en_US.UTF-8", Language.EN),
        (["port", "list", "--lang", "id"], "C", Language.ID),
        (["port", "list", "--lang=id"], "C", Language.ID),
        (["port", "list", "--lang", "en"], "id_ID", Language.EN),
        (["grafana", "push", "--lang", "both"], "id_ID", Language.ID),
        (["port", "list", "--lang"], "C", Language.EN),
    ],
)
def test_the_language_is_told_before_the_command_line_is_parsed(
    words: list[str], locale: str, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", locale)

    assert find_language(words) is language


def test_help_speaks_the_language_of_the_locale_or_the_one_that_is_wanted() -> None:
    assert simpang("--help", locale="id_ID.UTF-8").stdout.startswith("Cara pakai: simpang")
    assert simpang("--help", locale="C").stdout.startswith("Usage: simpang")
    asked = simpang("port", "list", "--lang", "id", "--help", locale="C")
    assert "Tampilkan apa yang terpasang" in asked.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "Tidak ada perintah 'nonsense'."),
        (["port", "monitor"], "Argumen URL belum disebut."),
        (["gateway", "run"], "Opsi --config belum disebut."),
        (["port", "list", "--bogus"], "Tidak ada opsi --bogus"),
        (["device", "read", "--seconds", "x"], "--seconds: bukan angka"),
        (["device", "read", "--seconds", "-1"], "--seconds: harus 0 atau lebih"),
        (["device", "probe", "--addresses", "300"], "--addresses: paling banyak 247"),
        (["device", "probe", "--addresses", "x"], "--addresses: bukan bilangan bulat"),
        (["port", "list", "--lang", "jv"], "--lang: 'jv' tidak ada di antara 'en', 'id'"),
        (["port", "list", "more"], "Kata ini berlebih: more"),
        (["device", "read", "--map"], "Opsi '--map' harus diikuti nilainya."),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_wrong_use_is_told_in_indonesian(words: list[str], said: str) -> None:
    result = simpang(*words, locale="id_ID.UTF-8")

    assert (result.returncode, result.stdout) == (2, "")
    assert f"Salah: {said}" in result.stderr
    assert not TYPERS_OWN.search(result.stderr)


def test_programs_read_english_whatever_the_locale() -> None:
    result = simpang("port", "list", "--bogus", "--json", locale="id_ID.UTF-8")

    assert '"error": "No such option: --bogus"' in result.stdout


def test_what_stands_in_a_place_is_translated_too_and_the_most_exact_text_wins() -> None:
    known = Catalogue(
        {"{where} is {what}": "{where}: {what}", "{where} is red": "{where} merah", "it": "ini"}
    )

    assert known.translate("it is red") == "ini merah"
    assert known.translate("it is it") == "ini: ini"
    assert known.translate("a: it is red") == "a: it is red"
    assert known.translate("it is red\n\nnothing known") == "ini merah\n\nnothing known"


def test_a_name_that_is_a_word_too_stays_as_it_is() -> None:
    known = Catalogue({"{command} was not answered": "{command} tidak dijawab", "stop": "berhenti"})

    assert known.translate("stop was not answered") == "stop tidak dijawab"


def test_braces_in_what_people_type_do_no_harm() -> None:
    told = catalogue(Language.ID).translate("No such option: --{0} {x}")

    assert told == "Tidak ada opsi --{0} {x}"
