"""What Grafana reads when it starts."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from gateway.grafana.build import FOLDER, dashboards, files
from gateway.grafana.panels import DATASOURCE
from gateway.grafana.provisioning import DASHBOARDS
from tests.house.tree import ROOT

SOURCES = ("provisioning/datasources/simpang.yaml", "influxdb-1.x/simpang.yaml")


def read(name: str) -> Any:  # noqa: ANN401 - YAML
    return yaml.safe_load(files()[f"{FOLDER}/{name}"])


@pytest.mark.parametrize("name", SOURCES)
def test_the_datasource_is_the_one_that_every_panel_asks_and_speaks_influxql(name: str) -> None:
    document = read(name)
    (source,) = document["datasources"]

    assert document["apiVersion"] == 1
    assert (source["uid"], source["type"], source["access"]) == (DATASOURCE, "influxdb", "proxy")
    assert source["jsonData"]["version"] == "InfluxQL"
    assert source["editable"] is False


@pytest.mark.parametrize("name", SOURCES)
def test_no_secret_stands_in_a_file_but_the_name_of_a_variable(name: str) -> None:
    (source,) = read(name)["datasources"]

    for secret in source["secureJsonData"].values():
        assert re.fullmatch(r"(Token )?\$SIMPANG_INFLUX_\w+", secret)


def test_influxdb_2_is_asked_with_a_token_and_1_with_a_password() -> None:
    two, one = (read(name)["datasources"][0] for name in SOURCES)

    assert two["jsonData"]["httpHeaderName1"] == "Authorization"
    assert two["secureJsonData"] == {"httpHeaderValue1": "Token $SIMPANG_INFLUX_TOKEN"}
    assert one["user"] == "$SIMPANG_INFLUX_USER"
    assert one["secureJsonData"] == {"password": "$SIMPANG_INFLUX_PASSWORD"}


def test_each_language_has_a_folder_with_its_dashboards_in_it() -> None:
    providers = read("provisioning/dashboards/simpang.yaml")["providers"]

    assert [each["folderUid"] for each in providers] == ["simpang-id", "simpang-en"]
    for each in providers:
        lang = each["folderUid"].removeprefix("simpang-")
        assert each["options"]["path"] == f"{DASHBOARDS}/{lang}"
        assert each["allowUiUpdates"] is False
        lying = {path.stem for path in (ROOT / FOLDER / "dashboards" / lang).iterdir()}
        assert lying == {built.uid for built in dashboards() if built.lang == lang}


def test_no_file_lies_there_that_nobody_generates() -> None:
    lying = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / FOLDER).rglob("*") if path.is_file()
    }

    assert lying == set(files())
