"""The merged tree of two commits, and what does not fit together. Knows git's merge-tree; moves no ref, no file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from segue.domain.errors import MergeRefused
from segue.git.git_config import without_programs
from segue.git.names import text
from segue.git.refs import commit_tree, objects, tree_of
from segue.git.run import Place, attempt

_SENTENCES = {
    "contents": "Both sides changed the same lines.",
    "binary": "Both sides changed a binary file.",
    "modify/delete": "One side changed the file, the other deleted it.",
    "rename/delete": "One side renamed the file, the other deleted it.",
    "rename/rename": "Both sides renamed the file, to different names.",
    "rename involved in collision": "Both sides put a file at this path.",
    "add/add": "Both sides added a file at this path.",
    "file/directory": "One side has a file where the other has a folder.",
    "distinct modes": "The sides disagree on what kind of file this is.",
    "submodule": "Both sides moved the submodule.",
}
_OTHERWISE = "The sides changed it in ways that do not fit together."


@dataclass(frozen=True, slots=True)
class Conflict:
    """A file that both sides changed in ways that do not fit together."""

    path: str
    kind: str
    """git's stable word for it, such as `contents` or `modify/delete`."""
    message: str


@dataclass(frozen=True, slots=True)
class MergedTree:
    """The tree that a merge would give; with conflicts it is of no use."""

    tree: str
    conflicts: tuple[Conflict, ...]


def merge(common_dir: Path, ours: str, theirs: str) -> MergedTree:
    """Merge two commits in memory. Merge drivers do not run: a file that has one counts as a conflict."""
    return _merge_tree(objects(common_dir), ours, theirs)


def require_related(place: Place, ours: str, theirs: str) -> None:
    """Raises MergeRefused("unrelated_histories")."""
    if attempt(place, "merge-base", ours, theirs).status == 1:
        raise MergeRefused(
            "unrelated_histories",
            "The session's work and the base branch have no common history.",
            action="Nothing was changed; pick another base branch.",
        )


def merge_since(common_dir: Path, since: str, ours: str, theirs: str) -> MergedTree:
    """Merge what two commits changed against the tree of a third, whatever their histories say."""
    place = objects(common_dir)
    # `--merge-base` needs git 2.40: two commits on one common parent say the same.
    parent = commit_tree(place, tree_of(place, since), (), "since")
    sides = [commit_tree(place, tree_of(place, side), (parent,), "side") for side in (ours, theirs)]
    return _merge_tree(place, *sides)


def _merge_tree(place: Place, ours: str, theirs: str) -> MergedTree:
    merged = attempt(without_programs(place), "merge-tree", "--write-tree", "-z", "--messages", ours, theirs)
    if merged.status not in (0, 1):
        merged.require()
    fields = merged.stdout.split(b"\0")
    return MergedTree(fields[0].decode(), _conflicts(fields[1:]) if merged.status == 1 else ())


def _conflicts(fields: list[bytes]) -> tuple[Conflict, ...]:
    end = fields.index(b"")
    paths = [text(entry.partition(b"\t")[2]) for entry in fields[:end]]
    kinds: dict[str, str] = {}
    rest = iter(fields[end + 1 :])
    for count in rest:
        if not count.isdigit():
            break
        named = [text(next(rest)) for _ in range(int(count))]
        kind, _ = next(rest).decode("utf-8", "replace"), next(rest)
        if kind.startswith("CONFLICT ("):
            for path in named:
                kinds.setdefault(path, kind[len("CONFLICT (") :].rstrip(")"))
    order = dict.fromkeys([*paths, *(kinds if not paths else ())])
    return tuple(_conflict(path, kinds.get(path, "contents")) for path in order)


def _conflict(path: str, kind: str) -> Conflict:
    sentence = next((words for start, words in _SENTENCES.items() if kind.startswith(start)), _OTHERWISE)
    return Conflict(path, kind, sentence)
