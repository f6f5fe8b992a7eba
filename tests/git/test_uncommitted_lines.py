"""Merging work that was done on the user's own unfinished lines: none of them is in it, and all of them stay (D40)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from segue.git import checkpoints, merges, pairing, repository, worktrees
from segue.git.merges import Merged, MergePlan, MergeRequest, Strategy
from segue.git.uncommitted_lines import Unfinished
from segue.git.worktrees import Worktree
from support.gitrepo import GitRepo, init

from .conftest import MERGES, SESSION, refusal

LINES = [f"line {number}" for number in range(1, 31)]
FILES = ("a.txt", "sub/b.txt")


@dataclass
class Paired:
    """A user's repository with unfinished work, and an agent's worktree that began with that."""

    repo: GitRepo
    worktree: Worktree
    accepted: str
    began: str
    tries: int = 0

    @property
    def agent(self) -> GitRepo:
        return GitRepo(self.worktree.path)

    def plan(self, choice: Unfinished = Unfinished.ASK, unsaved: dict[Path, str] | None = None) -> MergePlan:
        taken = checkpoints.capture(self.worktree, f"{MERGES}/{self.tries + 1}/result", "Result")
        request = MergeRequest(
            self.worktree,
            self.repo.path,
            "main",
            taken.commit,
            Strategy.MERGE,
            self.tries + 1,
            since=self.accepted,
            began=self.began,
            unfinished=choice,
            unsaved=unsaved or {},
        )
        return merges.plan(request)

    def merge(self, choice: Unfinished = Unfinished.ASK) -> Merged:
        return merges.apply(self.plan(choice), "Do the task", "Work in progress")

    def of_the_user(self) -> tuple[dict[str, bytes], str, str]:
        return self.repo.on_disk(), self.repo.git("ls-files", "--stage"), self.repo.status()


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    made = init(tmp_path / "repo")
    for name in FILES:
        made.write(name, text(LINES))
    made.commit("Begin")
    return made


def text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def pair(repo: GitRepo, tmp_path: Path) -> Paired:
    """Begin a session on the checkout as it is."""
    facts = repository.inspect(repo.path)
    checkout = pairing.checkout_at(repo.path)
    accepted = pairing.capture_with_buffers(checkout, {}, f"refs/segue/{SESSION}/accepted")
    worktree = worktrees.restore(facts, SESSION, accepted, tmp_path / "data" / SESSION / "repo")
    assert facts.head.commit is not None
    return Paired(repo, worktree, accepted, facts.head.commit)


def edited(lines: list[str], **changes: str) -> str:
    """`_5="x"` makes line 5 read x; a change to nothing deletes it."""
    chosen = {int(name[1:]): words for name, words in changes.items()}
    kept = ((number, chosen.get(number, line)) for number, line in enumerate(lines, 1))
    return text([line for number, line in kept if line or number not in chosen])


def test_work_elsewhere_in_an_unfinished_file_is_merged_below_it(repo: GitRepo, tmp_path: Path) -> None:
    """Staged and unstaged changes stay staged and unstaged; the commit has the agent's lines alone."""
    repo.write("a.txt", edited(LINES, _3="staged"))
    repo.git("add", "a.txt")
    repo.write("a.txt", edited(LINES, _3="staged", _10="unstaged"))
    paired = pair(repo, tmp_path)
    paired.agent.write("a.txt", edited(LINES, _3="staged", _10="unstaged", _20="agent"))
    before, planned = paired.of_the_user(), paired.plan()
    assert (planned.obstacles, planned.conflicts, planned.work.needs) == ((), (), ())
    assert planned.carried == ("a.txt",)
    merged = merges.apply(planned, "Do the task")
    assert repo.files_of("main")["a.txt"] + "\n" == edited(LINES, _20="agent")
    assert repo.git("show", ":a.txt") + "\n" == edited(LINES, _3="staged", _20="agent")
    assert repo.read("a.txt") == edited(LINES, _3="staged", _10="unstaged", _20="agent")
    merges.undo(merged)
    assert paired.of_the_user() == before


def test_a_file_with_the_longest_name_is_merged_below_unfinished_work(repo: GitRepo, tmp_path: Path) -> None:
    name = "文" * 85
    repo.write(name, text(LINES))
    repo.commit("Long")
    repo.write(name, edited(LINES, _3="mine"))
    paired = pair(repo, tmp_path)
    paired.agent.write(name, edited(LINES, _3="mine", _20="agent"))
    before = paired.of_the_user()
    merged = paired.merge()
    assert repo.read(name) == edited(LINES, _3="mine", _20="agent")
    merges.undo(merged)
    assert paired.of_the_user() == before


def test_lines_that_the_work_needs_are_named_and_nothing_is_merged_unasked(repo: GitRepo, tmp_path: Path) -> None:
    repo.write("a.txt", edited(LINES, _3="mine", _10="other of mine"))
    paired = pair(repo, tmp_path)
    paired.agent.write("a.txt", edited(LINES, _3="mine", _4="agent", _10="other of mine", _20="agent"))
    before, planned = paired.of_the_user(), paired.plan()
    (need,) = planned.work.needs
    assert (need.path, need.lines, need.left, need.is_held) == ("a.txt", ((3, 3),), 1, True)
    assert planned.work.choices == (Unfinished.LEAVE, Unfinished.COMMIT)
    assert refusal(lambda: merges.apply(planned, "Do the task")).reason == "needs_unfinished"
    assert paired.of_the_user() == before


def test_such_work_can_be_left_for_later(repo: GitRepo, tmp_path: Path) -> None:
    repo.write("a.txt", edited(LINES, _3="mine"))
    paired = pair(repo, tmp_path)
    theirs = edited(LINES, _3="mine", _4="agent", _20="agent too")
    paired.agent.write("a.txt", theirs)
    planned = paired.plan(Unfinished.LEAVE)
    merges.apply(planned, "Do the task")
    assert repo.files_of("main")["a.txt"] + "\n" == edited(LINES, _20="agent too")
    assert repo.read("a.txt") == edited(LINES, _3="mine", _20="agent too")
    assert planned.work.rest is not None
    paired.accepted = pairing.keep_tree(repo.path / ".git", planned.work.rest, f"{MERGES}/1/since", "since")
    paired.tries = 1
    (need,) = paired.plan().work.needs
    assert need.left == 1, "it is still there to be merged"
    paired.merge(Unfinished.COMMIT)
    assert repo.files_of("main")["a.txt"] + "\n" == theirs == repo.read("a.txt")
    assert repo.git("status", "--porcelain") == ""


def test_needed_lines_become_a_commit_in_the_users_name(repo: GitRepo, tmp_path: Path) -> None:
    """Exactly those; an undo takes both commits back, and leaves files and index as they were."""
    repo.write("a.txt", edited(LINES, _3="mine", _15="staged"))
    repo.git("add", "a.txt")
    repo.write("a.txt", edited(LINES, _3="mine", _10="other of mine", _15="staged"))
    paired = pair(repo, tmp_path)
    theirs = edited(LINES, _3="mine", _4="agent", _10="other of mine", _15="staged", _20="agent")
    paired.agent.write("a.txt", theirs)
    before, base = paired.of_the_user(), repo.rev("main")
    merged = paired.merge(Unfinished.COMMIT)
    log = repo.git("log", "--format=%s|%an", f"{base}..main").split("\n")
    assert log == ["Do the task|Ann Example", "Work in progress|Ann Example"]
    assert repo.files_of("main^")["a.txt"] + "\n" == edited(LINES, _3="mine")
    assert repo.files_of("main")["a.txt"] + "\n" == edited(LINES, _3="mine", _4="agent", _20="agent")
    assert repo.read("a.txt") == theirs
    assert repo.git("show", ":a.txt") + "\n" == edited(LINES, _3="mine", _4="agent", _15="staged", _20="agent")
    merges.undo(merged)
    assert repo.rev("main") == base
    assert paired.of_the_user() == before


def test_a_new_file_of_the_users_is_needed_as_a_whole(repo: GitRepo, tmp_path: Path) -> None:
    repo.write("new.txt", text(LINES))
    paired = pair(repo, tmp_path)
    paired.agent.write("new.txt", edited(LINES, _9="agent"))
    paired.agent.write("sub/b.txt", edited(LINES, _9="agent"))
    repo.write("new.txt", edited(LINES, _20="typed since"))
    before = paired.of_the_user()
    planned = paired.plan(Unfinished.LEAVE)
    assert [(need.path, need.lines) for need in planned.work.needs] == [("new.txt", ())]
    merges.undo(merges.apply(planned, "Do the task"))
    assert paired.of_the_user() == before
    paired.tries = 1
    merged = paired.merge(Unfinished.COMMIT)
    assert repo.files_of("main^")["new.txt"] + "\n" == text(LINES)
    assert repo.read("new.txt") == edited(LINES, _9="agent", _20="typed since")
    merges.undo(merged)
    assert paired.of_the_user() == before


def test_lines_that_he_changed_since_are_not_committed_for_him(repo: GitRepo, tmp_path: Path) -> None:
    repo.write("a.txt", edited(LINES, _3="mine"))
    paired = pair(repo, tmp_path)
    paired.agent.write("a.txt", edited(LINES, _3="mine", _4="agent", _20="agent"))
    repo.write("a.txt", edited(LINES, _3="mine, otherwise"))
    planned = paired.plan()
    assert planned.work.choices == (Unfinished.LEAVE,)
    assert refusal(lambda: paired.merge(Unfinished.COMMIT)).reason == "needs_unfinished"
    paired.merge(Unfinished.LEAVE)
    assert repo.read("a.txt") == edited(LINES, _3="mine, otherwise", _20="agent")


def test_a_branch_that_has_something_else_there_is_a_conflict(repo: GitRepo, tmp_path: Path) -> None:
    repo.write("a.txt", edited(LINES, _3="mine"))
    paired = pair(repo, tmp_path)
    paired.agent.write("a.txt", edited(LINES, _3="mine", _4="agent"))
    repo.commit("Otherwise", a_txt=edited(LINES, _3="committed otherwise"))
    planned = paired.plan()
    assert not planned.work.needs
    assert [found.path for found in planned.conflicts] == ["a.txt"]


def test_what_does_not_fit_beside_his_newest_lines_stands_in_the_way(repo: GitRepo, tmp_path: Path) -> None:
    paired = pair(repo, tmp_path)
    paired.agent.write("a.txt", edited(LINES, _3="agent"))
    repo.write("a.txt", edited(LINES, _3="mine, since"))
    before = paired.of_the_user()
    assert refusal(paired.merge).reason == "checkout_dirty"
    assert paired.of_the_user() == before


def test_unsaved_text_is_never_merged_below(repo: GitRepo, tmp_path: Path) -> None:
    paired = pair(repo, tmp_path)
    paired.agent.write("a.txt", edited(LINES, _3="agent"))
    file = repo.path / "a.txt"
    planned = paired.plan(unsaved={file: edited(LINES, _9="unsaved")})
    assert [obstacle.reason for obstacle in planned.obstacles] == ["unsaved_text"]
    other = {repo.path / "sub/b.txt": "unsaved", file: text(LINES)}
    assert not paired.plan(unsaved=other).obstacles


def test_a_locked_index_leaves_everything_as_it_was(repo: GitRepo, tmp_path: Path) -> None:
    """Also where only files with unfinished changes would move."""
    repo.write("a.txt", edited(LINES, _10="mine"))
    paired = pair(repo, tmp_path)
    paired.agent.write("a.txt", edited(LINES, _10="mine", _20="agent"))
    planned = paired.plan()
    before, refs = repo.everything_of_the_user(), repo.refs(f"{MERGES}/")
    (repo.path / ".git/index.lock").touch()
    refusal(lambda: merges.apply(planned, "Do the task"))
    (repo.path / ".git/index.lock").unlink()
    assert repo.everything_of_the_user() == before
    assert repo.refs(f"{MERGES}/") == refs


Killed = Callable[..., object]


@pytest.mark.parametrize("at", ["held", "staged", "written"])
def test_a_merge_that_was_cut_short_is_rolled_back(
    repo: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    """D30: what was carried along is as it was, wherever the kill came, and so after the undo's."""
    repo.write("a.txt", edited(LINES, _3="mine", _10="other"))
    paired = pair(repo, tmp_path)
    paired.agent.write("a.txt", edited(LINES, _3="mine", _4="agent", _10="other", _20="agent"))
    paired.agent.write("sub/b.txt", edited(LINES, _20="agent"))
    planned, before = paired.plan(Unfinished.COMMIT), paired.of_the_user()
    with monkeypatch.context() as patched:
        _dies(patched, at)
        with pytest.raises(KeyboardInterrupt):
            merges.apply(planned, "Do the task", "First")
    assert merges.finish_or_roll_back(repo.path / ".git", SESSION, 1) is None
    assert paired.of_the_user() == before
    merged = paired.merge(Unfinished.COMMIT)
    after = paired.of_the_user()
    with monkeypatch.context() as patched:
        _dies(patched, at)
        with pytest.raises(KeyboardInterrupt):
            merges.undo(merged)
    assert not merges.finish_undo(merged)
    assert paired.of_the_user() == after
    merges.undo(merged)
    assert paired.of_the_user() == before


def _dies(patched: pytest.MonkeyPatch, at: str) -> None:
    """As by a kill: the process is gone there, and nothing tidies up."""
    from segue.git import carried_changes

    def stops(name: str) -> None:
        done = getattr(carried_changes, name)

        def last(*arguments: object) -> None:
            done(*arguments)
            raise KeyboardInterrupt

        patched.setattr(carried_changes, name, last)

    stops({"held": "move_files", "staged": "_stage", "written": "_write"}[at])
    patched.setattr(carried_changes, "restore", lambda *_: None)


@pytest.mark.parametrize("seed", range(6))
def test_no_byte_of_unfinished_work_is_in_a_merge(repo: GitRepo, tmp_path: Path, seed: int) -> None:
    """The merge is the agent's contribution alone; all of the user's stays where it was, and an undo is exact."""
    dice = random.Random(seed)
    repo.write("new.txt", "<u0> new\n")
    for name in FILES:
        _stirred(repo, name, ("<u>", dice))
        if dice.random() < 0.5:
            repo.git("add", name)
            _stirred(repo, name, ("<u>", dice))
    paired = pair(repo, tmp_path)
    for name in (*FILES, "new.txt"):
        if dice.random() < 0.8:
            _stirred(paired.agent, name, ("<a>", dice))
    before, base = paired.of_the_user(), repo.rev("main")
    texts = {name: repo.read(name) for name in (*FILES, "new.txt")}
    choice = dice.choice([Unfinished.LEAVE, Unfinished.COMMIT])
    planned = paired.plan(choice)
    if planned.obstacles:
        assert {obstacle.reason for obstacle in planned.obstacles} == {"nothing_to_merge"}
        assert planned.work.needs or paired.agent.on_disk() == repo.on_disk()
        return
    merged = merges.apply(planned, "Do the task", "First")
    before_it = repo.files_of("main^")
    for name, now in repo.files_of("main").items():
        own = [line for line in now.split("\n") if "<u>" in line]
        assert set(own) <= set(before_it.get(name, "").split("\n"))
    if planned.work.first is None:
        assert not any("<u" in content for content in repo.files_of("main").values())
    else:
        assert choice is Unfinished.COMMIT
        assert not any("<a>" in content for content in before_it.values())
    for name, mine in texts.items():
        kept = [line for line in repo.read(name).split("\n") if "<u" in line]
        taken = {line for line in mine.split("\n") if "<u" in line} - set(kept)
        theirs = (paired.worktree.path / name).read_text()
        assert not any(line in theirs for line in taken), "only the agent takes lines away"
    merges.undo(merged)
    assert repo.rev("main") == base
    assert paired.of_the_user() == before


def _stirred(folder: GitRepo, name: str, how: tuple[str, random.Random]) -> None:
    mark, dice = how
    lines = folder.read(name).splitlines()
    for count in range(dice.randint(1, 4)):
        at = dice.randrange(len(lines) + 1)
        words = f"{mark} {count} {dice.random()}"
        lines[at : at + dice.randint(0, 2)] = [words] if dice.random() < 0.8 else []
    folder.write(name, text(lines))
