"""Which environment variables a process of an agent may see. Knows names; knows nothing of agents or processes."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

USUAL = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TMPDIR", "TERM", "COLORTERM"),
    *("NO_COLOR", "SSH_AUTH_SOCK", "XDG_*", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "CI"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
    *("VIRTUAL_ENV", "CONDA_*", "PYENV_*", "NVM_*", "VOLTA_HOME", "PNPM_HOME", "BUN_INSTALL", "DENO_DIR", "JAVA_HOME"),
    *("CARGO_HOME", "RUSTUP_*", "GOPATH", "GOROOT", "GOPROXY", "GOFLAGS", "GEM_HOME", "ANDROID_*"),
)
"""What a person expects to find in any shell: places, language, network, toolchains."""

FORBIDDEN = (
    *("LD_*", "DYLD_*", "GIT_*", "PYTHON*", "NODE_OPTIONS", "NODE_PATH", "BASH_ENV", "BASH_FUNC_*", "ENV"),
    *("PERL5*", "PERLLIB", "RUBYOPT", "RUBYLIB", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "IFS", "CDPATH", "PS4"),
    *("PROMPT_COMMAND", "GCONV_PATH", "SEGUE_*", "VSCODE_*", "ELECTRON_*", "NODE_CHANNEL_FD", "NODE_UNIQUE_ID"),
)
"""Never passed on, whatever a definition says: what loads code, redirects git, or belongs to Segue or the editor."""


HIJACKING = (*FORBIDDEN, "PATH", "*_PROXY", "*_proxy")
"""What no agent may set for a command that runs in its name: these, and where programs or the network are found."""


def is_settable(name: str) -> bool:
    """Whether an agent may set a variable of this name for a command (D19)."""
    return bool(name) and not set(name) & {"=", "\0"} and not _matches(name, HIJACKING)


def is_inherited(name: str, extra: Iterable[str]) -> bool:
    """Whether a variable of the window's environment reaches an agent that asks for the globs in `extra`."""
    return not _matches(name, FORBIDDEN) and (_matches(name, USUAL) or _matches(name, extra))


def unattended() -> dict[str, str]:
    """What makes a command fail at once, with a sentence, where it would wait for an editor, a pager or a password.

    A variable of git's configuration goes before every file: git signs with a program that opens no pinentry.

    For agents and their commands; a terminal that a person opens has that person's own.
    """
    builtin = Path(__file__).parent / "builtin"
    program = builtin / "unattended.sh"
    signing = {"gpg.program": builtin / "unattended-gpg.sh", "gpg.x509.program": builtin / "unattended-gpgsm.sh"}
    editor = f"/bin/sh {shlex.quote(str(program))}"  # these are read by a shell, the others are one program
    return {
        **dict.fromkeys(("EDITOR", "VISUAL", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR"), editor),
        **dict.fromkeys(("GIT_ASKPASS", "SSH_ASKPASS", "SUDO_ASKPASS"), str(program)),
        **dict.fromkeys(("PAGER", "GIT_PAGER", "MANPAGER", "SYSTEMD_PAGER", "GH_PAGER"), "cat"),
        "SSH_ASKPASS_REQUIRE": "force",
        "GIT_TERMINAL_PROMPT": "0",
        "GCM_INTERACTIVE": "never",
        "GH_PROMPT_DISABLED": "1",
        "GIT_CONFIG_COUNT": str(len(signing)),
        **{f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(signing)},
        **{f"GIT_CONFIG_VALUE_{number}": str(path) for number, path in enumerate(signing.values())},
    }


def is_gone(name: str, value: str) -> bool:
    """Whether a variable names a folder for temporary files that is no longer there: it may be another shell's own."""
    return name == "TMPDIR" and not os.path.isdir(value)  # noqa: PTH112 - an empty value is no folder either


def usable(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what names a folder that is gone."""
    return {name: value for name, value in environment.items() if not is_gone(name, value)}


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
