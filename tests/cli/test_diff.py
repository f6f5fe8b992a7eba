"""`segue diff` prints what `git apply` takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from segue.cli.diff import lines_of
from support.daemon import SEGUE, Installation, Result
from support.patience import scaled
from support.repositories import git, repository

LATIN = "Grüße\nß\n".encode("latin-1")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = repository(tmp_path / "project", {"hello.txt": "hello\n"})
    (made / "latin.txt").write_bytes(LATIN)
    (made / "picture.bin").write_bytes(bytes(range(256)))
    git(made, "add", "--all")
    git(made, "commit", "--quiet", "--message=More")
    return made


def test_a_diff_of_any_bytes_applies(segue: Installation, project: Path) -> None:
    """Met as a file in Latin-1 whose diff had replacement characters, and binary files that were only named."""
    script = r"printf 'ma\337\n' >> latin.txt; printf 'a\0b\377' > picture.bin; cat picture.bin > new.bin; echo > 'ü é'"
    made = segue.run("new", "--wait", "--json", script, cwd=project).json["session"]
    command = f"set -o pipefail; '{SEGUE}' diff {made['id']} | git apply"
    subprocess.run(["bash", "-c", command], cwd=project, env=segue.environment, check=True, timeout=scaled())
    assert (project / "latin.txt").read_bytes() == LATIN + b"ma\xdf\n"
    assert (project / "picture.bin").read_bytes() == (project / "new.bin").read_bytes() == b"a\0b\xff"
    assert (project / "ü é").read_bytes() == b"\n"
    for path in ("latin.txt", "picture.bin", "new.bin", "ü é"):
        assert (project / path).read_bytes() == (Path(made["worktree"]) / path).read_bytes()


def test_a_diff_larger_than_one_answer_is_whole(segue: Installation, project: Path) -> None:
    script = "seq 1 400000 > large.txt"
    made = segue.run("new", "--wait", "--json", script, cwd=project).json["session"]
    diff = segue.run("diff", made["id"]).out
    assert len(diff) > 2 * 2**20
    assert [line[1:] for line in diff.splitlines()[-3:]] == ["399998", "399999", "400000"]
    assert diff.count("\n+") == 400001


def test_no_changes_are_an_empty_diff(segue: Installation, project: Path) -> None:
    made = segue.run("new", "--wait", "--json", "true", cwd=project).json["session"]
    assert segue.run("diff", made["id"]) == Result(0, "", "")


def test_lines_are_put_together_from_pieces() -> None:
    text = b"one\n\ntwo\rthree\nlast"
    for length in range(1, len(text) + 1):
        pieces = [text[start : start + length] for start in range(0, len(text), length)]
        assert list(lines_of(pieces)) == text.split(b"\n")
    assert list(lines_of([b"a\n"])) == [b"a"]
