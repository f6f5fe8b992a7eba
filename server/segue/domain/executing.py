"""Which files run something on a person's machine without being started by hand. Knows names and texts; runs nothing.

Source code runs as well, but only when somebody runs it. What is listed here runs, or is taken as orders, when a folder
is opened, a commit is made, a package installed, a build begun or a branch pushed: nobody should accept it in passing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

EDITOR = "an editor runs what it says"
GIT = "git runs what it says"
CI = "CI runs what it says"
BUILD = "a build runs it"
PACKAGES = "a package manager runs what it says"
SHELL = "a shell or a tool manager runs what it says on entering the folder"
CONTAINER = "a container is made of it"
AGENT = "agents run what it says"
PROGRAM = "it may be run as a program now"
SCRIPTS = "its scripts run on install, build or test"

_FOLDERS: Mapping[str, str] = {
    ".vscode": EDITOR,
    ".idea": EDITOR,
    ".zed": EDITOR,
    ".fleet": EDITOR,
    ".devcontainer": CONTAINER,
    ".husky": GIT,
    ".githooks": GIT,
    ".hooks": GIT,
    ".github": CI,
    ".gitlab": CI,
    ".circleci": CI,
    ".buildkite": CI,
    ".ci": CI,
    ".mvn": BUILD,
    ".cargo": BUILD,
    ".yarn": PACKAGES,
    ".claude": AGENT,
    ".codex": AGENT,
    ".cursor": AGENT,
    ".gemini": AGENT,
}
_NAMES: Mapping[str, str] = {
    **dict.fromkeys((".nvim.lua", ".nvimrc", ".exrc", ".vimrc", ".dir-locals.el", ".lvimrc"), EDITOR),
    **dict.fromkeys((".gitattributes", ".gitmodules", ".gitconfig", ".lfsconfig"), GIT),
    **dict.fromkeys((".pre-commit-config.yaml", ".pre-commit-hooks.yaml", "lefthook.yml", ".lefthook.yml"), GIT),
    **dict.fromkeys((".gitlab-ci.yml", ".travis.yml", ".drone.yml", "jenkinsfile", "azure-pipelines.yml"), CI),
    **dict.fromkeys(("bitbucket-pipelines.yml", "appveyor.yml", ".appveyor.yml", ".woodpecker.yml"), CI),
    **dict.fromkeys(("makefile", "gnumakefile", "bsdmakefile", "justfile", ".justfile", "rakefile"), BUILD),
    **dict.fromkeys(("taskfile.yml", "taskfile.yaml", "cmakelists.txt", "meson.build", "build.rs"), BUILD),
    **dict.fromkeys(("build.gradle", "build.gradle.kts", "settings.gradle", "gradlew", "mvnw", "pom.xml"), BUILD),
    **dict.fromkeys(("setup.py", "noxfile.py", "tox.ini", "dodo.py", "conftest.py", "sitecustomize.py"), BUILD),
    **dict.fromkeys((".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", ".bazelrc", "binding.gyp"), PACKAGES),
    **dict.fromkeys((".envrc", ".mise.toml", "mise.toml", ".tool-versions", ".autoenv.zsh", ".bashrc"), SHELL),
    **dict.fromkeys(("dockerfile", "containerfile", "vagrantfile", "devcontainer.json", "procfile"), CONTAINER),
    **dict.fromkeys(("docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml"), CONTAINER),
    **dict.fromkeys((".mcp.json", "mcp.json"), AGENT),
}
_SUFFIXES: Mapping[str, str] = {".code-workspace": EDITOR, ".mk": BUILD, ".pth": BUILD}
_UNSEEN = re.compile("[\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")


def runs(path: str, old: str | None, new: str | None, *, may_be_run: bool) -> str | None:
    """Why a change of a file runs something, for a person; None where it does not.

    `old` and `new` are its texts, None where there is none; `may_be_run` where its mode says so only behind the change.
    """
    parts = [_UNSEEN.sub("", part).casefold().rstrip(". ") for part in PurePosixPath(path).parts]
    if not parts:
        return None
    found = next((_FOLDERS[part] for part in parts[:-1] if part in _FOLDERS), None)
    found = found or _NAMES.get(parts[-1]) or _SUFFIXES.get(PurePosixPath(parts[-1]).suffix)
    if found is None and parts[-1] == "package.json" and _orders(old) != _orders(new):
        found = SCRIPTS
    return found or (PROGRAM if may_be_run else None)


def _orders(text: str | None) -> object:
    """What of a `package.json` is run; all of it where it cannot be read."""
    try:
        found = json.loads(text or "{}")
        return {name: found.get(name) for name in ("scripts", "bin", "gypfile", "husky", "lint-staged")}
    except (ValueError, AttributeError, RecursionError):
        return text
