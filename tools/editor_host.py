"""Installs VS Code as code-server from npm: no compiler, no lifecycle scripts. Knows its quirks, starts nothing."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import places


def require_this_machine(failed: type[Exception]) -> None:
    """Raise `failed` with a sentence where code-server's own binaries would not run."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise failed("The editor of the demo is for Linux on x86-64; here, use desktop VS Code and `make vsix`.")


def install(npm_ci: Callable[..., None]) -> None:
    """Install into a folder beside and move it into place, so that a half-made editor is never used.

    `npm_ci(name, folder, *more)` runs `npm ci` in a folder and keeps its log under the name.
    """
    made = places.EDITOR_HOST.with_name("editor-host.new")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(places.EDITOR_LOCKS / name, made / name)
    npm_ci("code-server", made)
    vscode = made / "node_modules" / "code-server" / "lib" / "vscode"
    # The shrinkwrap that ships here lacks tslib, and npm ci refuses it.
    shutil.copy(places.EDITOR_LOCKS / "vscode-npm-shrinkwrap.json", vscode / "npm-shrinkwrap.json")
    npm_ci("vscode", vscode, "--omit=dev")
    npm_ci("vscode-extensions", vscode / "extensions", "--omit=dev")
    _finish(vscode)
    _trim(vscode)
    shutil.rmtree(places.EDITOR_HOST, ignore_errors=True)
    made.rename(places.EDITOR_HOST)


def _finish(vscode: Path) -> None:
    """What code-server's own postinstall would have done."""
    node = str(places.NODE)
    subprocess.run([node, "./postinstall.mjs"], cwd=vscode / "extensions", check=True, stdout=subprocess.DEVNULL)
    for link, target in (("remote-cli/code-server", "code-linux.sh"), ("helpers/browser.sh", "browser-linux.sh")):
        path = vscode / "bin" / link
        path.unlink(missing_ok=True)
        path.symlink_to(target)


def _trim(vscode: Path) -> None:
    """Delete what this host never loads: other platforms' search tools and the vendor's chat."""
    packages = vscode / "node_modules"
    unused = [
        *packages.glob("@github/copilot-sdk*"),
        packages / "@microsoft" / "mxc-sdk",
        vscode / "extensions" / "copilot",
        *(path for path in packages.glob("@vscode/ripgrep-universal/bin/*") if path.name != "linux-x64"),
    ]
    for path in unused:
        shutil.rmtree(path, ignore_errors=True)
