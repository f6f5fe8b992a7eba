"""A user's repository for tests of the git layer. Knows how to work in it as its user would; knows nothing of Segue."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

GIT = shutil.which("git") or "git"
"""With its folder: without, each call would try every folder of PATH."""
CONFIG = """[user]
	name = Ann Example
	email = ann@example.invalid
[init]
	defaultBranch = main
	templateDir =
[commit]
	gpgSign = false
[gc]
	auto = 0
[maintenance]
	auto = false
[protocol "file"]
	allow = always
"""


def environment() -> dict[str, str]:
    """What a user's git sees: the test's HOME, and nothing of the system's configuration."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CONFIG_HOME") if name in os.environ}
    return {**keep, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class GitRepo:
    """A folder in which git is run as a user would."""

    path: Path

    def git(self, *arguments: str | bytes, stdin: bytes = b"", check: bool = True) -> str:
        """Standard output without the last line end."""
        return os.fsdecode(self._output(arguments, stdin, check)).removesuffix("\n")

    def _output(self, arguments: tuple[str | bytes, ...], stdin: bytes = b"", check: bool = True) -> bytes:
        done = subprocess.run(
            [GIT, *arguments], cwd=self.path, input=stdin, capture_output=True, check=False, env=environment()
        )
        assert not check or done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def write(self, name: str, content: str | bytes) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def read(self, name: str) -> str:
        return (self.path / name).read_text()

    def commit(self, message: str = "change", **files: str) -> str:
        """Write the files (`a_txt` is `a.txt`), commit everything; returns the commit."""
        for name, content in files.items():
            self.write(name.replace("_", "."), content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.rev("HEAD")

    def rev(self, name: str) -> str:
        return self.git("rev-parse", "--verify", name)

    def refs(self, prefix: str = "") -> dict[str, str]:
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)", prefix or "refs").splitlines()
        return dict(line.split(" ") for line in lines)

    def files_of(self, commit: str) -> dict[str, str]:
        """Content by path of a commit or tree, without the last line end of each file."""
        lines = self.git("ls-tree", "-r", "-z", "--full-tree", commit).split("\0")[:-1]
        entries = [line.partition("\t") for line in lines]
        wanted = "".join(f"{facts.split(' ')[2]}\n" for facts, _, _ in entries)
        rest, found = self._output(("cat-file", "--batch"), wanted.encode()), {}
        for _, _, name in entries:
            head, _, rest = rest.partition(b"\n")
            kind, size = head.split(b" ")[1:]
            assert kind == b"blob", (name, head)
            found[name] = os.fsdecode(rest[: int(size)]).removesuffix("\n")
            rest = rest[int(size) + 1 :]
        return found

    def status(self) -> str:
        return self.git("--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=all")

    def on_disk(self) -> dict[str, bytes]:
        """Content by path of every file outside `.git`; links as their target."""
        found = {}
        for folder, folders, names in os.walk(self.path):
            folders[:] = [name for name in folders if name != ".git"]
            for name in names:
                file = Path(folder) / name
                if name != ".git":
                    content = os.fsencode(file.readlink()) if file.is_symlink() else file.read_bytes()
                    found[str(file.relative_to(self.path))] = content
        return found

    def everything_of_the_user(self) -> dict[str, object]:
        """All that only the user may change (S10): compare it before and after."""
        git_dir = self.git_dir
        shared = git_dir / (_read(git_dir / "commondir") or b".").decode().strip()
        return {
            "files": self.on_disk(),
            "index": (git_dir / "index").read_bytes(),
            "config": _read(git_dir / "config"),
            "head": (git_dir / "HEAD").read_bytes(),
            "status": self.status(),
            "refs": {name: oid for name, oid in self.refs().items() if "/segue/" not in name},
            "stash": _read(shared / "logs/refs/stash"),
            "reflog": _read(git_dir / "logs/HEAD"),
        }

    @property
    def git_dir(self) -> Path:
        """Also of a worktree or a submodule, which have a file that names it."""
        pointer = self.path / ".git"
        return self.path / pointer.read_text().removeprefix("gitdir:").strip() if pointer.is_file() else pointer


def _read(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def init(path: Path, *options: str) -> GitRepo:
    """An empty repository on branch `main`."""
    path.mkdir(parents=True, exist_ok=True)
    repo = GitRepo(path)
    repo.git("init", "--quiet", *options)
    return repo


def executable(path: Path, script: str) -> Path:
    """A shell script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
