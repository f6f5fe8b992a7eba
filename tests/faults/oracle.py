"""A model of the user's repository, and random steps of user and product. Knows what each may change; kills nothing."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from segue.domain.errors import SegueError
from support import gitrepo
from support.gitrepo import GitRepo
from support.panel import Panel

NAMES = ("a.txt", "b.txt", "src/c.txt", "src/d.txt", "e.txt")
SESSIONS = 4
EXPECTED_REFUSALS = {
    "base_moved_on",
    "checkout_dirty",
    "conflicts",
    "not_archived",
    "not_merged",
    "nothing_to_merge",
    "session_archived",
}


def users_repository(path: Path) -> GitRepo:
    """One with a stash, a branch that is not checked out, and files in folders."""
    repo = gitrepo.init(path)
    repo.commit("Begin", **{name.replace(".", "_"): f"{name}\n" * 20 for name in NAMES})
    repo.git("branch", "elsewhere")
    repo.write("stashed.txt", "stashed\n")
    repo.git("add", "stashed.txt")
    repo.git("stash", "push", "--quiet")
    repo.git("config", "gc.autoDetach", "false")  # in the background, its own lock was met and taken for ours
    return repo


class Oracle:
    """Plays user and product in turns, and knows what the user's side has to be after each step."""

    def __init__(self, panel: Panel, user: GitRepo, chance: random.Random) -> None:
        self.panel, self.user, self.chance = panel, user, chance
        self.sessions: list[str] = []
        self.refusals: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.trail: list[str] = []
        self.trees: dict[str, str] = {}
        """What each archived session's snapshot has to bring back: its worktree's files."""
        self.deleted: list[str] = []
        self.products = (
            *[self.new] * 2,
            *[self.prompt] * 6,
            *[self.merge] * 5,
            *[self.undo_merge] * 2,
            *[self.archive] * 2,
            *[self.restore] * 2,
            *[self.delete] * 2,
            self.undelete,
            self.stop,
        )
        self.steps = (
            *self.products,
            *[self.user_commits] * 2,
            *[self.user_edits] * 3,
            self.user_stages,
            self.user_cleans,
            self.user_branches,
        )

    def step(self) -> None:
        act = self.chance.choice(self.steps)
        self.trail = [*self.trail[-9:], act.__name__]
        try:
            act()
        except SegueError as refused:
            assert refused.reason in EXPECTED_REFUSALS, (self.trail, refused.reason, str(refused))
            self.refusals[refused.reason] += 1
        else:
            self.done[act.__name__] += 1

    # What Segue does: the user's side stays, except for what a merge says that it changes.

    def new(self) -> None:
        if len(self.sessions) < SESSIONS:
            with self.unchanged():
                self.sessions.append(self.ended(self.panel.new(self.user.path, self._work()), 1))

    def prompt(self) -> None:
        with self.unchanged():
            session_id = self._any()
            turns = self.panel.sessions[session_id]["turns"]
            self.panel.prompt(session_id, self._work())
            self.ended(session_id, turns + 1)

    def stop(self) -> None:
        with self.unchanged():
            session_id = self._any()
            turns = self.panel.sessions[session_id]["turns"]
            self.panel.prompt(session_id, "[[append a.txt half\\n]] [[hang]]")
            self.panel.call("session/stop", session_id)
            self.ended(session_id, turns + 1)

    def archive(self) -> None:
        with self.unchanged():
            session_id = self._any()
            row = self.panel.sessions[session_id]
            files = GitRepo(Path(row["worktree"])).on_disk() if Path(row["worktree"]).exists() else None
            if files is not None:
                self.trees[session_id] = repr(sorted(files.items()))
            self.panel.call("session/archive", session_id)
            assert not Path(row["worktree"]).exists()

    def restore(self) -> None:
        with self.unchanged():
            session_id = self._archived()
            row = self.panel.call("session/restore", session_id)["session"]
            assert repr(sorted(GitRepo(Path(row["worktree"])).on_disk().items())) == self.trees[session_id]

    def delete(self) -> None:
        with self.unchanged():
            session_id = self._archived()
            self.panel.call("session/delete", session_id)
            self.sessions.remove(session_id)
            self.deleted.append(session_id)

    def undelete(self) -> None:
        gone = [one for one in self.deleted if one not in self.sessions]
        if gone and len(self.sessions) < SESSIONS:
            with self.unchanged():
                session_id = self.chance.choice(gone)
                actions = self.panel.call("undo/list", session_id)["actions"]
                number = next(one["number"] for one in actions if one["kind"] == "delete" and one["canUndo"])
                self.panel.call("undo/apply", session_id, number=number)
                self.panel.wait(session_id, lambda row: row["isArchived"])
                self.deleted.remove(session_id)
                self.sessions.append(session_id)

    def merge(self) -> None:
        session_id = self._any()
        before = self.user.everything_of_the_user()
        head = self.user.rev("main")
        strategy = self.chance.choice(("merge", "squash"))
        try:
            plan = self.panel.call("merge/plan", session_id, strategy=strategy, base="main")["plan"]
            assert self.user.everything_of_the_user() == before
            words = {"baseRef": plan["baseRef"], "baseCommit": plan["baseCommit"], "result": plan["result"]}
            merged = self.panel.call("merge/apply", session_id, strategy=strategy, message="Merge it", **words)["merge"]
        except SegueError:
            assert self.user.everything_of_the_user() == before
            raise
        self.moved(before, head, merged["commit"])
        assert self.user.rev(f"{merged['commit']}^1") == head

    def undo_merge(self) -> None:
        merged = [one for one in self._standing() if self.panel.sessions[one].get("merged")]
        session_id = self.chance.choice(merged) if merged else self._any()
        before, head = self.user.everything_of_the_user(), self.user.rev("main")
        try:
            self.panel.call("merge/undo", session_id)
        except SegueError:
            assert self.user.everything_of_the_user() == before
            raise
        self.moved(before, head, self.user.rev(f"{head}^1"))

    def moved(self, before: dict[str, object], old: str, new: str) -> None:
        """Only what differs between two commits changed: files, index entries, the branch and its log."""
        after = self.user.everything_of_the_user()
        old_files, new_files = (self.user.files_of(commit) for commit in (old, new))
        files = dict(before["files"])  # type: ignore[call-overload]
        for name in old_files.keys() | new_files.keys():
            if old_files.get(name) != new_files.get(name):
                files.pop(name, None)
                if name in new_files:
                    files[name] = new_files[name].encode() + b"\n"  # `git` takes one line end off; all files have one
        assert after["files"] == files
        refs = dict(before["refs"])  # type: ignore[call-overload]
        assert after["refs"] == {**refs, "refs/heads/main": new}
        for same in ("config", "head", "stash"):
            assert after[same] == before[same], same
        assert _without_branch(after["status"]) == _without_branch(before["status"])

    # What the user does.

    def user_commits(self) -> None:
        name = self._name()
        kept = self.user.path / name
        below = kept.read_text() if kept.exists() and self.chance.random() < 0.8 else ""
        self.user.write(name, self._text() + below)
        self.user.git("commit", "--quiet", "--all", "--allow-empty", "--message", "By hand")

    def user_edits(self) -> None:
        self.user.write(self.chance.choice((self._name(), "untracked.txt", "new/mine.txt")), self._text())

    def user_stages(self) -> None:
        self.user.git("add", "--all")

    def user_cleans(self) -> None:
        self.user.git("reset", "--hard", "--quiet")

    def user_branches(self) -> None:
        self.user.git("branch", "--force", "elsewhere", "main")

    # Common

    def unchanged(self) -> Unchanged:
        return Unchanged(self.user)

    def ended(self, session_id: str, turns: int) -> str:
        row = self.panel.ended(session_id, turns)
        assert row["stopReason"] in {"end_turn", "cancelled"}, row
        return session_id

    def _any(self) -> str:
        """A session, archived ones less often."""
        standing = self._standing()
        if not standing:
            raise SegueError("not_merged", "There is no session yet.")
        session_id = self.chance.choice(standing)
        if self.panel.sessions[session_id].get("isArchived"):
            session_id = self.chance.choice(standing)
        self.panel.call("session/seen", session_id)
        self.panel.wait(session_id, lambda row: not row.get("isUnread"))
        return session_id

    def _standing(self) -> list[str]:
        """Not those whose deletion went through although a kill hid its answer."""
        return [one for one in self.sessions if one in self.panel.sessions]

    def _archived(self) -> str:
        """An archived session, or any where none is."""
        archived = [one for one in self._standing() if self.panel.sessions[one].get("isArchived")]
        return self.chance.choice(archived) if archived else self._any()

    def _name(self) -> str:
        return self.chance.choice(NAMES)

    def _text(self) -> str:
        lines = [f"{self.chance.choice(NAMES)} {self.chance.randrange(1000)}\n" for _ in range(5)]
        return "".join(lines)

    def _work(self) -> str:
        line = f"line {self.chance.randrange(10**6)}\\n"
        return self.chance.choice(
            (
                f"[[append {self._name()} {line}]]",
                f"[[write new-{self.chance.randrange(5)}.txt {line}]]",
                f"[[append e.txt {line}]] [[write .env SECRET={line}]]",
                f"[[write {self._name()} {line}]] [[say done]]",
            )
        )


class Unchanged:
    """Checkout, index, stash, config and foreign refs are the same behind it (S10)."""

    def __init__(self, user: GitRepo) -> None:
        self._user = user

    def __enter__(self) -> None:
        self._before = self._user.everything_of_the_user()

    def __exit__(self, *_: object) -> None:
        assert self._user.everything_of_the_user() == self._before


def _without_branch(status: object) -> list[str]:
    """The porcelain lines of files that differ from HEAD, without object ids of what HEAD has."""
    assert isinstance(status, str)
    return [f"{line[:4]} {line.rpartition(' ')[2]}" for line in status.splitlines() if not line.startswith("#")]
