"""Every kind of file through a link: accepting all is the agent's tree, rejecting all is the person's own (D38)."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from support.pairing import Pairing, pairing
from support.repositories import git, repository

TEXT = "".join(f"line {number}\n" for number in range(9)).encode()
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 12345\n"
KINDS: Mapping[str, tuple[bytes | None, bytes | None]] = {
    "text": (TEXT, TEXT.replace(b"line 3", b"three")),
    "crlf": (TEXT.replace(b"\n", b"\r\n"), TEXT.replace(b"line 3", b"three").replace(b"\n", b"\r\n")),
    "mixed": (b"a\r\nb\nc\r\n", b"a\r\nB\nc\r\n"),
    "mixed-made-one": (b"a\r\nb\nc\r\n", b"a\nb\nc\n"),
    "lf-to-crlf-and-words": (b"a\nb\n", b"a\r\nb\r\nc\r\n"),
    "to-crlf": (TEXT, TEXT.replace(b"\n", b"\r\n")),
    "to-lf": (TEXT.replace(b"\n", b"\r\n"), TEXT),
    "mark-gone": (b"\xef\xbb\xbfa\nb\n", b"a\nb\n"),
    "crlf-emptied": (b"a\r\nb\r\n", b""),
    "no-end": (b"a\nb", b"a\nb\nc"),
    "end-gone": (b"a\nb\n", b"a\nb"),
    "bom": (b"\xef\xbb\xbfa\nb\n", b"\xef\xbb\xbfa\nB\n"),
    "utf-16": ("a\nb\n".encode("utf-16"), "a\nB\n".encode("utf-16")),
    "latin-1": ("é\n".encode("latin-1"), "è\n".encode("latin-1")),
    "nul": (b"a\0b", b"a\0c"),
    "binary": (bytes(range(256)), bytes(range(255, -1, -1))),
    "emptied": (b"full\n", b""),
    "filled": (b"", b"full\n"),
    "made": (None, b"new\nfile\n"),
    "made-empty": (None, b""),
    "made-binary": (None, b"\0"),
    "deleted": (TEXT, None),
    "deleted-binary": (b"\0\1", None),
    "deleted-empty": (b"", None),
    "long-line": (b"x" * 5_000_000 + b"\n", b"x" * 4_999_999 + b"y\n"),
    "repeated": (b"same\nx\n" * 5, b"same\ny\n" * 5),
    "pointer": (LFS % (b"a" * 64), LFS % (b"b" * 64)),
    "text-to-binary": (TEXT, b"\0\0"),
    "binary-to-text": (b"\0\0", TEXT),
    "odd \xe9 name, -x": (TEXT, TEXT + b"more\n"),
}


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pairing]:
    project = repository(tmp_path / "project", {"moved/old.txt": TEXT.decode(), "run.sh": "true\n", "file": "x\n"})
    for name, (before, _) in KINDS.items():
        if before is not None:
            (project / name).write_bytes(before)
    (project / "link").symlink_to("file")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=All kinds")
    async with pairing(project) as made:
        yield made


def the_agent_works(worktree: Path) -> None:
    for name, (_, after) in KINDS.items():
        (worktree / name).unlink(missing_ok=True)
        if after is not None:
            (worktree / name).write_bytes(after)
    (worktree / "run.sh").chmod(0o755)
    (worktree / "moved/new.txt").write_bytes(TEXT.replace(b"line 8", b"eight"))
    (worktree / "moved/old.txt").unlink()
    (worktree / "link").unlink()
    (worktree / "link").write_text("a file now\n")
    (worktree / "file").unlink()
    (worktree / "file").symlink_to("run.sh")


def everything(root: Path) -> dict[str, tuple[int, bytes]]:
    """Modes and contents by path; folders and files may come and go meanwhile."""
    found = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        for path in (Path(folder, name) for name in names if name != ".git"):
            with suppress(FileNotFoundError):
                content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
                found[str(path.relative_to(root))] = (path.lstat().st_mode & 0o170100, content)
    return found


@pytest.mark.parametrize("decision", ["accept", "reject"])
async def test_every_kind_of_file_is_decided_on(pair: Pairing, decision: str) -> None:
    own = everything(pair.project)
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    the_agent_works(pair.worktree)
    theirs = everything(pair.worktree)
    without_bit = {**theirs, "run.sh": own["run.sh"]}
    await pair.until(lambda: everything(pair.project) == without_bit)
    await pair.link.settled()
    await pair.until(lambda: "moved/new.txt" in [hunk.path for hunk in pair.hunks if hunk.renamed_from])
    assert [proposal.path for proposal in pair.proposals] == ["run.sh"], "a new executable bit is held back"
    await pair.decide(decision, *pair.hunks)
    await pair.resolve(pair.proposals[0], "theirs" if decision == "accept" else "mine")
    assert everything(pair.project) == (theirs if decision == "accept" else own)
    assert not pair.session.stat.files, "nothing is the agent's alone any more"


async def test_a_pointer_to_a_commit_is_left_alone(pair: Pairing) -> None:
    """A gitlink: the folder of a submodule does not flow."""
    commit = git(pair.project, "rev-parse", "HEAD")
    git(pair.project, "update-index", "--add", "--cacheinfo", f"160000,{commit},sub")
    git(pair.project, "commit", "--quiet", "--message=Sub")
    await pair.new("Hello", "inline")
    await pair.turns_ended(1)
    pair.agent_writes("text", b"rewritten\n")
    await pair.until(lambda: pair.hunks)
    assert [hunk.path for hunk in pair.hunks] == ["text"]
    await pair.on_session("segue/link/stop")
    assert git(pair.project, "ls-files", "--stage", "sub").startswith(f"160000 {commit}")
