"""compose.yaml and what it is made of: true to the specification, pinned, and without a secret."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import subprocess
import tomllib
from typing import TYPE_CHECKING, Any, Final

import jsonschema
import pytest
import yaml

from gateway.config.check import check
from gateway.config.collector import CollectorConfig
from tests.deploy.centre import DEPLOY, prepare
from tests.house.tree import ROOT, files, read

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE: Final = ("compose.yaml", "compose.tls.yaml")
SERVICES: Final = ("mosquitto", "influxdb", "collector", "grafana")
ONCE: Final = ("secrets", "tokens")
VERSION: Final = tomllib.loads(read("pyproject.toml"))["project"]["version"]


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / name).read_text("utf-8"))
    return found


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = document("compose.yaml")["services"]
    return found


def all_services() -> list[tuple[str, dict[str, Any]]]:
    return [each for name in COMPOSE for each in document(name)["services"].items()]


def dockerfile() -> list[list[str]]:
    """Split the Dockerfile into its instructions."""
    text = read("deploy/compose/Dockerfile").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [shlex.split(line) for line in lines]


@pytest.mark.parametrize("name", COMPOSE)
def test_a_compose_file_is_what_the_specification_says(name: str) -> None:
    schema = json.loads(read("tests/deploy/schema/compose-spec.json"))
    validator = jsonschema.Draft202012Validator(schema)

    assert [error.message for error in validator.iter_errors(document(name))] == []
    assert not validator.is_valid({"services": {"a": {"imagee": "b"}}})


def test_every_image_is_pinned_by_its_exact_version() -> None:
    images = [service["image"] for _, service in all_services() if "image" in service]
    images += [line[1] for line in dockerfile() if line[0] == "FROM"]

    assert len(images) >= 6
    for image in images:
        _, _, tag = image.partition(":")
        assert re.fullmatch(r"\d+\.\d+\.\d+(-[\w.-]+)?", tag), image
    for name in (*ONCE, "collector"):
        assert services()[name]["image"] == f"simpang:{VERSION}"


def test_every_service_says_whether_it_is_well_and_comes_back() -> None:
    for name in SERVICES:
        service = services()[name]
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "unless-stopped", name
    for name in ONCE:
        assert "restart" not in services()[name], name
    assert set(services()) == {*SERVICES, *ONCE}


def test_nobody_has_more_rights_than_it_needs() -> None:
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
        as_root = service.get("user", "").startswith("0:")
        assert as_root == (name in ONCE), name
        assert as_root or "cap_add" not in service, name
        assert "max-size" in service["logging"]["options"], name


def test_without_tls_only_this_machine_is_listened_to() -> None:
    published = [port for service in services().values() for port in service.get("ports", ())]
    outside = document("compose.tls.yaml")["services"]["mosquitto"]["ports"]

    assert all(port.startswith("127.0.0.1:") for port in published)
    assert sorted(port.split(":")[1] for port in published) == ["1883", "3000"]
    assert outside == ["8883:8883"]


def test_nothing_starts_before_what_it_needs() -> None:
    def waits(name: str) -> dict[str, str]:
        needed = services()[name].get("depends_on", {})
        return {other: how["condition"] for other, how in needed.items()}

    done, well = "service_completed_successfully", "service_healthy"
    assert waits("mosquitto") == waits("influxdb") == {"secrets": done}
    assert waits("tokens") == {"influxdb": well}
    assert waits("collector") == {"tokens": done, "mosquitto": well}
    assert waits("grafana") == {"tokens": done}


def test_every_file_that_a_service_mounts_is_there_and_can_not_be_written() -> None:
    declared = document("compose.yaml")["volumes"]
    for name, service in all_services():
        for volume in service.get("volumes", ()):
            source, mode = volume.split(":")[0], volume.split(":")[-1]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), f"{name}: {source}"
                assert mode == "ro", f"{name}: {volume}"
            else:
                assert source in declared or source == "/etc/simpang/tls", volume


def test_a_service_sees_its_own_secrets_and_no_others(tmp_path: Path) -> None:
    prepare(tmp_path, "secrets", "--acl", str(DEPLOY / "mosquitto" / "acl"))

    for folder in tmp_path.iterdir():
        mounting = {
            name
            for name, service in services().items()
            if any(each.startswith(f"{folder.name}-secrets:") for each in service["volumes"])
        }
        assert mounting - {*ONCE} == {folder.name}
    for name in SERVICES:
        (mine,) = [each for each in services()[name]["volumes"] if "-secrets:" in each]
        assert mine.startswith(f"{name}-secrets:")
        assert mine.endswith(":ro")


def test_every_secret_that_a_service_asks_for_is_one_that_is_made(tmp_path: Path) -> None:
    prepare(tmp_path, "secrets", "--acl", str(DEPLOY / "mosquitto" / "acl"))
    tokens = {"collector/influx.token", "grafana/influx.token"}
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("*/*")} | tokens

    asked = {
        f"{name}/{value.removeprefix('/run/simpang/')}"
        for name in SERVICES
        for key, value in services()[name].get("environment", {}).items()
        if key.endswith("_FILE")
    }
    config = CollectorConfig.model_validate(tomllib.loads(read("deploy/compose/collector.toml")))
    assert config.store.kind == "influxdb"
    asked |= {
        f"collector/{file.name}" for file in (config.broker.password_file, config.store.token_file)
        if file is not None
    }  # fmt: skip
    assert len(asked) == 6
    assert asked <= made


def test_no_file_of_deploy_holds_a_secret() -> None:
    """A password, a token or a key is always in a file of its own, made on the machine."""
    secret = re.compile(
        r"""(?ix) (?: password | passwd | token | secret | api_?key ) ["']? \s* [:=] \s* ["']?
        (?! /|\$|\{|"/ ) [\w+/=.-]{6,}""",
    )
    key = re.compile(r"-----BEGIN|\$[67]\$|[A-Za-z0-9+/]{60,}={0,2}")

    for name in files():
        if name.startswith("deploy/") and not name.endswith(".py"):
            found = [m[0] for regex in (secret, key) for m in regex.finditer(read(name))]
            assert [each for each in found if not each.startswith("/")] == [], name
    assert secret.search('GF_SECURITY_ADMIN_PASSWORD: "changeme"')
    assert secret.search("DOCKER_INFLUXDB_INIT_ADMIN_TOKEN=my-super-secret-token")
    assert not secret.search('token_file = "/run/simpang/influx.token"')


def test_everything_that_the_dockerfile_copies_is_there_and_comes_through_its_ignore_file() -> None:
    ignored = [line for line in read("deploy/compose/Dockerfile.dockerignore").splitlines() if line]
    let_through = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    copied = [
        source
        for line in dockerfile()
        if line[0] == "COPY" and not line[1].startswith("--from")
        for source in line[1:-1]
    ]

    assert ignored[1] == "*"
    assert len(copied) >= 8
    for source in copied:
        assert (ROOT / source).exists(), source
        assert any(fnmatch.fnmatch(source, each) for each in let_through), source
    for each in let_through:
        assert each in copied, f"{each} is let through for nothing"


def test_the_image_builds_from_the_lock_alone_and_runs_as_nobody_of_importance() -> None:
    instructions = dockerfile()
    installs = [line for line in instructions if "install" in line and "pip" in line[1]]

    assert [("--require-hashes" in line, "--no-deps" in line) for line in installs] == [
        (True, False), (False, True),
    ]  # fmt: skip
    assert ["USER", "10001:10001"] in instructions
    assert "--uid 10001" in read("deploy/compose/Dockerfile")


def test_the_collector_of_compose_finds_its_neighbours_by_their_names() -> None:
    findings = check(ROOT / "deploy/compose/collector.toml")

    assert {finding.level for finding in findings} <= {"warning"}, findings
    config = CollectorConfig.model_validate(tomllib.loads(read("deploy/compose/collector.toml")))
    assert config.broker.host in services()
    assert config.broker.username == config.collector.id
    command = services()["tokens"]["command"]
    assert config.store.kind == "influxdb"
    assert command[1::2] == ["--url", "--org", "--bucket"]
    assert command[2::2] == [config.store.url, config.store.org, config.store.bucket]
    environment = services()["influxdb"]["environment"]
    assert environment["DOCKER_INFLUXDB_INIT_ORG"] == config.store.org
    assert environment["DOCKER_INFLUXDB_INIT_BUCKET"] == config.store.bucket
    assert f"user {config.broker.username}\n" in read("deploy/mosquitto/acl")


def test_grafana_finds_everything_that_its_provisioning_names() -> None:
    grafana = services()["grafana"]
    source = read("deploy/grafana/provisioning/datasources/simpang.yaml")
    named = set(re.findall(r"\$(\w+)", source))
    given = set(grafana["environment"]) | set(
        re.findall(r"export (\w+)", grafana["entrypoint"][-1])
    )
    assert named <= given
    assert {"SIMPANG_INFLUX_URL", "SIMPANG_INFLUX_TOKEN"} <= named

    mounts = {
        target: DEPLOY / folder
        for folder, target, _ in (each.split(":") for each in grafana["volumes"] if each[0] == ".")
    }
    providers = yaml.safe_load(read("deploy/grafana/provisioning/dashboards/simpang.yaml"))
    for provider in providers["providers"]:
        path = provider["options"]["path"]
        (mount,) = [target for target in mounts if path.startswith(f"{target}/")]
        assert any((mounts[mount] / path[len(mount) + 1 :]).glob("*.json")), path


def test_what_a_service_runs_before_its_program_is_a_script_that_a_shell_can_read() -> None:
    (shell, flag, script) = services()["grafana"]["entrypoint"]
    script = script.replace("$$", "$").replace("/run/simpang/influx.token", "/dev/stdin")
    script = script.replace("/run.sh", "sh -c 'echo got $SIMPANG_INFLUX_TOKEN'")

    ran = subprocess.run(
        [shell, flag, script], input="abc\n", capture_output=True, text=True, check=True
    )
    assert ran.stdout == "got abc\n"
