"""What would run without being started is held back until the user takes it."""

from __future__ import annotations

import shutil

import pytest

from segue.domain.runnable_files import NOTHING_HOOKED
from segue.engine.pairing import held_changes, transitions
from segue.engine.pairing.disk import ABSENT, Content, content_of
from segue.engine.pairing.transitions import Shown
from support.pairing import LINES, Pairing, paired
from support.repositories import git

HOOK = "#!/bin/sh\ntouch ran\n"


def agent_writes_hook(pair: Pairing, path: str) -> None:
    pair.agent_writes(path, HOOK)
    (pair.worktree / path).chmod(0o755)


async def held(pair: Pairing, *paths: str) -> None:
    """Until exactly these are held back, with a reason."""
    await pair.until(lambda: [found.path for found in pair.proposals] == sorted(paths))
    assert all(found.kind == "held" and "Held back: " in found.message for found in pair.proposals)


@pytest.mark.parametrize("folder", [".husky", "tools/of git"])
async def test_an_agents_hook_does_not_run_on_the_users_own_commit(pair: Pairing, folder: str) -> None:
    """Met with `core.hooksPath=.husky`: it was in the checkout before any decision, and ran."""
    git(pair.project, "config", "core.hooksPath", folder)
    await paired(pair)
    agent_writes_hook(pair, f"{folder}/pre-commit")
    pair.agent_writes("src/b.txt", LINES + "more\n")
    await held(pair, f"{folder}/pre-commit")
    await pair.until(lambda: [hunk.path for hunk in pair.hunks] == ["src/b.txt"])
    git(pair.project, "commit", "--quiet", "--all", "--message=Mine")
    assert not (pair.project / "ran").exists()
    await pair.resolve(pair.proposals[0], "theirs")
    git(pair.project, "commit", "--quiet", "--allow-empty", "--message=Mine, with the hook that I took")
    assert (pair.project / "ran").exists()
    assert not pair.proposals


async def test_what_is_held_back_stays_so_at_each_boundary_and_after_a_restart(pair: Pairing) -> None:
    await paired(pair)
    paths = [".envrc", "apps/web/.vscode/tasks.json", "CLAUDE.md"]
    for path in paths:
        pair.agent_writes(path, "one\n")
    await held(pair, *paths)
    await pair.on_session("segue/link/share")
    await held(pair, *paths)
    await pair.restart()
    for path in paths:
        pair.agent_writes(path, "two\n")
    await pair.until(lambda: [found.theirs for found in pair.proposals] == ["two\n"] * 3)
    await held(pair, *paths)
    assert git(pair.project, "status", "--porcelain") == ""
    assert pair.session.stat.files == 3, "they are the agent's work all the same"
    await pair.on_session("segue/link/stop", keepHunks=True)
    assert git(pair.project, "status", "--porcelain") == ""


async def test_a_session_that_comes_from_the_background_brings_nothing_that_runs(pair: Pairing) -> None:
    await pair.new("Hello")
    await pair.turns_ended(1)
    agent_writes_hook(pair, ".githooks/pre-push")
    shown = await pair.on_session("segue/link/preview")
    assert (shown.preview.hunks, shown.preview.proposals, shown.preview.held) == (0, 0, 1)
    await pair.on_session("segue/link/start")
    await held(pair, ".githooks/pre-push")
    assert git(pair.project, "status", "--porcelain") == ""


async def test_renames_links_and_deletions_are_held_back(pair: Pairing) -> None:
    (pair.project / "CLAUDE.md").write_text("mine\n")
    git(pair.project, "add", "--all")
    git(pair.project, "commit", "--quiet", "--message=Orders")
    await paired(pair)
    (pair.worktree / "src/b.txt").rename(pair.worktree / ".envrc")
    (pair.worktree / "CLAUDE.md").unlink()
    (pair.worktree / ".husky").symlink_to("src")
    await held(pair, ".envrc", ".husky", "CLAUDE.md")
    await pair.until(lambda: [hunk.path for hunk in pair.hunks] == ["src/b.txt"])
    assert (pair.project / "CLAUDE.md").read_text() == "mine\n"
    assert not (pair.project / ".husky").is_symlink()
    for proposal in pair.proposals:
        await pair.resolve(proposal, "theirs")
    assert (pair.project / ".envrc").read_text() == LINES
    assert not (pair.project / "CLAUDE.md").exists()
    assert str((pair.project / ".husky").readlink()) == "src"


async def test_keeping_ones_own_gives_it_to_the_agent(pair: Pairing) -> None:
    """Also where both changed it, and where it is open; taken or kept, the base's bytes are there."""
    orders = pair.project / "AGENTS.md"
    orders.write_text("old\n")
    git(pair.project, "add", "--all")
    git(pair.project, "commit", "--quiet", "--message=Orders")
    pair.editor.open(orders)
    await paired(pair)
    pair.agent_writes("AGENTS.md", "theirs\n")
    await held(pair, "AGENTS.md")
    pair.editor.insert(orders, "old", "my ")
    await pair.on_session("segue/link/share")
    await held(pair, "AGENTS.md")
    assert (pair.worktree / "AGENTS.md").read_text() == "theirs\n"
    await pair.resolve(pair.proposals[0], "mine")
    assert (pair.worktree / "AGENTS.md").read_text() == "my old\n"
    assert not pair.proposals
    pair.agent_writes("AGENTS.md", "theirs again\n")
    await held(pair, "AGENTS.md")
    await pair.resolve(pair.proposals[0], "theirs")
    assert pair.editor.text(orders) == "theirs again\n"
    assert orders.read_text() == "old\n", "nothing is saved unasked"
    assert not pair.proposals


async def test_the_text_of_a_new_program_flows_and_its_bit_is_held_back(pair: Pairing) -> None:
    await paired(pair)
    agent_writes_hook(pair, "tool.sh")
    await held(pair, "tool.sh")
    await pair.until(lambda: [hunk.path for hunk in pair.hunks] == ["tool.sh"])
    file = pair.project / "tool.sh"
    assert file.read_text() == HOOK
    assert not file.stat().st_mode & 0o111
    file.write_text(HOOK + "# mine\n")
    await pair.on_session("segue/link/share")
    assert (pair.worktree / "tool.sh").read_text() == HOOK + "# mine\n"
    assert (pair.worktree / "tool.sh").stat().st_mode & 0o111, "the agent's stays as it is"
    pair.agent_writes("tool.sh", HOOK + "# mine\n# more\n")
    await pair.until(lambda: "# more" in file.read_text())
    await held(pair, "tool.sh")
    await pair.resolve(pair.proposals[0], "theirs")
    assert file.stat().st_mode & 0o111
    assert not pair.proposals


@pytest.mark.parametrize("is_rebased", [True, False])
async def test_what_the_user_commits_has_neither_the_bit_nor_a_new_file(pair: Pairing, is_rebased: bool) -> None:
    git(pair.project, "checkout", "--quiet", "-b", "other")
    git(pair.project, "commit", "--quiet", "--allow-empty", "--message=More")
    git(pair.project, "checkout", "--quiet", "main")
    await paired(pair)
    (pair.worktree / "a.txt").chmod(0o755)
    agent_writes_hook(pair, "tool.sh")
    await held(pair, "a.txt", "tool.sh")
    (pair.project / "src/b.txt").write_text("mine\n")
    if is_rebased:
        git(pair.project, "rebase", "--quiet", "--autostash", "other")
    git(pair.project, "commit", "--quiet", "--all", "--message=Mine")
    assert git(pair.project, "show", "--format=", "--name-only", "HEAD") == "src/b.txt"
    git(pair.project, "add", "--all")
    git(pair.project, "commit", "--quiet", "--message=All that I see")
    assert git(pair.project, "ls-tree", "HEAD", "a.txt", "tool.sh").count("100644") == 2
    await held(pair, "a.txt", "tool.sh")
    for proposal in pair.proposals:
        await pair.resolve(proposal, "theirs")
    assert all((pair.project / path).stat().st_mode & 0o111 for path in ("a.txt", "tool.sh"))


async def test_a_new_program_that_is_rejected_takes_its_bit_with_it(pair: Pairing) -> None:
    await paired(pair)
    agent_writes_hook(pair, "tool.sh")
    await pair.until(lambda: pair.hunks and pair.proposals)
    await pair.decide("reject", *pair.hunks)
    assert not pair.proposals
    assert not (pair.project / "tool.sh").exists()
    assert not (pair.worktree / "tool.sh").exists()


async def test_what_flowed_before_it_was_a_hook_leaves_the_checkout_again(pair: Pairing) -> None:
    """The folder of hooks was configured only then."""
    await paired(pair)
    pair.agent_writes("tools/pre-commit", HOOK)
    await pair.until(lambda: pair.hunks)
    git(pair.project, "config", "core.hooksPath", "tools")
    pair.agent_writes("tools/pre-commit", HOOK + "more\n")
    await held(pair, "tools/pre-commit")
    assert not (pair.project / "tools").exists()
    assert not pair.hunks


@pytest.mark.parametrize(
    "made", [content_of(b"src", "120000"), content_of(b"one\n", "100644"), content_of(b"\0", "100755")]
)
def test_what_the_agent_takes_away_again_is_no_proposal_any_more(made: Content) -> None:
    """It stayed one, and taking it put into the checkout what the agent had no more."""
    begun = transitions.begin(".husky", ABSENT, ABSENT)
    held = held_changes.up(begun, made, Shown.ON_DISK, NOTHING_HOOKED).state
    assert held.whole.is_disputed
    assert held_changes.held_back(held) is not None
    after = held_changes.up(held, ABSENT, Shown.ON_DISK, NOTHING_HOOKED).state
    assert transitions.is_settled(after)
    assert held_changes.held_back(after) is None


async def test_a_folder_of_hooks_becomes_a_link_and_a_folder_again(pair: Pairing) -> None:
    """What was in the folder was not noticed to be gone, so the link could not be taken, and stayed a proposal."""
    (pair.project / ".husky").mkdir()
    (pair.project / ".husky/pre-commit").write_text(HOOK)
    git(pair.project, "add", "--all")
    git(pair.project, "commit", "--quiet", "--message=Hooks")
    await paired(pair)
    folder = pair.worktree / ".husky"
    shutil.rmtree(folder)
    folder.symlink_to("src")
    for path in (".husky/pre-commit", ".husky"):
        await held(pair, path)
        await pair.resolve(pair.proposals[0], "theirs")
    assert str((pair.project / ".husky").readlink()) == "src"
    folder.unlink()
    pair.agent_writes(".husky/pre-commit", HOOK + "more\n")
    for path in (".husky", ".husky/pre-commit"):
        await held(pair, path)
        await pair.resolve(pair.proposals[0], "theirs")
    assert (pair.project / ".husky/pre-commit").read_text() == HOOK + "more\n"
    assert not pair.proposals
