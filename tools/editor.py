"""Runs VS Code (code-server) on loopback for one folder. Knows its flags, settings and processes; not Segue.

As a module: `with editor.running(Launch(folder=…, run=…)) as window:`. As a program it prints one JSON line,
`{"url": …}`, when the editor answers, and ends it when its own stdin closes: a crashing caller leaves no editor behind.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO

import places
from patience import scaled

START_TIMEOUT_S = 60
GRACE_S = 5
LISTENING = "HTTP server listening on "

SETTINGS: Mapping[str, object] = {
    "chat.disableAIFeatures": True,
    "diffEditor.codeLens": True,
    "extensions.autoCheckUpdates": False,
    "extensions.autoUpdate": False,
    "extensions.ignoreRecommendations": True,
    "extensions.verifySignature": False,
    "files.autoSave": "off",
    "git.autofetch": False,
    "git.openRepositoryInParentFolders": "never",
    "json.schemaDownload.enable": False,
    "npm.fetchOnlinePackageInfo": False,
    "telemetry.telemetryLevel": "off",
    "typescript.disableAutomaticTypeAcquisition": True,
    "update.mode": "none",
    "update.showReleaseNotes": False,
    "window.commandCenter": False,
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.enableExperiments": False,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.settings.enableNaturalLanguageSearch": False,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "workbench.welcomePage.walkthroughs.openOnInstall": False,
}
"""Quiet, and without a network of its own."""


class Trust(StrEnum):
    OFF = "off"
    """Every folder counts as trusted, as after the user has said so."""
    ON = "on"
    """VS Code's workspace trust: a folder opens restricted until the user trusts it."""


class EditorFailed(Exception):
    """The editor did not start. One sentence, then the end of its log."""


@dataclass(frozen=True)
class Launch:
    folder: Path
    """What the window opens."""
    run: Path
    """Where this editor keeps settings, state and extensions; kept between starts."""
    vsix: Path | None = None
    port: int = 0
    """0: any free one."""
    trust: Trust = Trust.OFF
    settings: Mapping[str, object] = field(default_factory=dict)
    """User settings on top of `SETTINGS`."""
    machine_settings: Mapping[str, object] = field(default_factory=dict)
    """Settings of scope `machine`, which a remote window does not read from the user's."""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Window:
    url: str
    """Opens the folder in a browser on this machine."""
    process: subprocess.Popen[str]
    """Leads the group of everything that the editor started."""


def _write_settings(path: Path, settings: Mapping[str, object]) -> None:
    """Set these keys and keep what a person changed besides."""
    kept: dict[str, object] = {}
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(path.read_text())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**kept, **settings}, indent=2) + "\n")


def _environment(launch: Launch, runtime: Path) -> dict[str, str]:
    run = launch.run
    return places.environment(
        XDG_CONFIG_HOME=str(run / "config"),
        XDG_CACHE_HOME=str(run / "cache"),
        XDG_DATA_HOME=str(run / "share"),
        # The editor leaves sockets and temporary files behind when it is ended; these folders go with it.
        XDG_RUNTIME_DIR=str(runtime),
        TMPDIR=str(runtime),
        EXTENSIONS_GALLERY='{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":""}',
        **launch.env,
    )


def _base_command(run: Path) -> list[str]:
    # Any call without --config writes to the home directory.
    command = [str(places.NODE), str(places.EDITOR_ENTRY), "--config", str(run / "config.yaml")]
    return [*command, "--user-data-dir", str(run / "data"), "--extensions-dir", str(run / "extensions")]


def _install_vsix(launch: Launch, env: Mapping[str, str]) -> None:
    if launch.vsix is None:
        return
    digest = hashlib.sha256(launch.vsix.read_bytes()).hexdigest()
    stamp = launch.run / "vsix-stamp"
    if stamp.exists() and stamp.read_text() == digest:
        return
    command = [*_base_command(launch.run), "--install-extension", str(launch.vsix), "--force"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EditorFailed(f"The editor refused {launch.vsix.name}.\n{done.stdout}{done.stderr}")
    stamp.write_text(digest)


def _serve_command(launch: Launch, runtime: Path) -> list[str]:
    command = _base_command(launch.run)
    command += ["--bind-addr", f"127.0.0.1:{launch.port}", "--auth", "none", "--session-socket", str(runtime / "s")]
    command += ["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"]
    command += ["--disable-proxy", "--ignore-last-opened"]
    command += ["--reconnection-grace-time", "10"]  # the default keeps an extension host for 3 hours
    if launch.trust is Trust.OFF:
        command.append("--disable-workspace-trust")
    return [*command, str(launch.folder)]


def _await_address(process: subprocess.Popen[str], log: Path) -> str:
    """Read until the editor names its address; its output then goes on into the log."""
    assert process.stdout is not None
    output = process.stdout
    too_late = threading.Timer(scaled(START_TIMEOUT_S), _end_group, [process])
    too_late.start()
    lines: list[str] = []
    try:
        with log.open("w") as out:
            for line in output:
                out.write(line)
                lines.append(line)
                if LISTENING in line:
                    threading.Thread(target=_drain, args=(output, log), name="editor log", daemon=True).start()
                    return line.split(LISTENING)[1].strip().rstrip("/")
    finally:
        too_late.cancel()
    told = "".join(lines[-15:])
    if "EADDRINUSE" in told:
        raise EditorFailed("That port is in use: choose another one with PORT=, or leave it out.")
    raise EditorFailed(f"The editor did not start.\n{told}")


def _drain(output: IO[str], log: Path) -> None:
    with log.open("a") as out:
        for line in output:
            out.write(line)
            out.flush()


def _end_group(process: subprocess.Popen[str]) -> None:
    """End the group, not the leader: ending the leader leaves its extension hosts."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(scaled(GRACE_S))


def _workbench_url(address: str, folder: Path) -> str:
    with urllib.request.urlopen(f"{address}/healthz", timeout=scaled(START_TIMEOUT_S)) as answer:
        if answer.status != 200:
            raise EditorFailed(f"The editor answers with status {answer.status}.")
    return f"{address}/?folder={urllib.request.pathname2url(str(folder))}"


@contextlib.contextmanager
def running(launch: Launch) -> Iterator[Window]:
    """Start the editor, yield its window once it answers, end it with everything it started. Raises EditorFailed."""
    run = launch.run.resolve()
    run.mkdir(parents=True, exist_ok=True)
    (run / "config.yaml").write_text("auth: none\ncert: false\n")
    _write_settings(
        run / "data" / "User" / "settings.json",
        {**SETTINGS, "security.workspace.trust.enabled": launch.trust is Trust.ON, **launch.settings},
    )
    _write_settings(run / "data" / "Machine" / "settings.json", launch.machine_settings)
    runtime = Path(tempfile.mkdtemp(prefix="sge"))
    try:
        env = _environment(launch, runtime)
        _install_vsix(launch, env)
        process = subprocess.Popen(
            _serve_command(launch, runtime),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            address = _await_address(process, run / "editor.log")
            yield Window(_workbench_url(address, launch.folder.resolve()), process)
        finally:
            _end_group(process)
    finally:
        shutil.rmtree(runtime, ignore_errors=True)


def _leave(_number: int, _frame: object) -> None:
    sys.exit(0)


def main() -> int:
    parser = argparse.ArgumentParser(description="Run VS Code on loopback until stdin closes.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--vsix", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--trust", type=Trust, choices=list(Trust), default=Trust.OFF)
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON object")
    parser.add_argument("--machine-settings", type=json.loads, default={}, help="JSON object")
    signal.signal(signal.SIGTERM, _leave)
    try:
        with running(Launch(**vars(parser.parse_args()))) as window:
            print(json.dumps({"url": window.url}), flush=True)
            sys.stdin.read()
    except EditorFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
