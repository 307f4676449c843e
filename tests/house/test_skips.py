"""A test that is left out is said on a desk, and a failure in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.house.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LEFT_OUT = """\
import pytest

@pytest.mark.skipif(True, reason="no such program")
def test_by_its_mark(): pass

def test_by_itself(): pytest.skip("no such disk")
"""


@pytest.mark.parametrize(
    ("ci", "code", "told"), [("true", 1, "1 failed, 1 error"), ("", 0, "2 sk")]
)
def test_nothing_is_left_out_in_ci(tmp_path: Path, ci: str, code: int, told: str) -> None:
    file = tmp_path / "test_left_out.py"
    file.write_text(LEFT_OUT, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", str(tmp_path)]
    ran = subprocess.run(
        [*command, "-c", "/dev/null", "-p", "no:cacheprovider", str(file)],
        cwd=ROOT,
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, told in ran.stdout) == (code, True), ran.stdout
