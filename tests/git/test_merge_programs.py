"""What a merge brings that runs on the user's machine is named with when and why."""

from __future__ import annotations

import json

from segue.domain.runnable_files import Kind
from segue.git.merge_programs import runs_between
from support.gitrepo import GitRepo, executable

SCRIPTS = {"name": "a", "scripts": {"test": "true"}}


def named(repo: GitRepo) -> list[tuple[str, Kind]]:
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--message=Theirs")
    found = runs_between(repo.path, repo.rev("HEAD~1"), repo.rev("HEAD"))
    assert all(what.reason for _, what in found)
    return [(path, what.kind) for path, what in found]


def test_both_kinds_are_named_the_more_urgent_first(repo: GitRepo) -> None:
    repo.write("package.json", json.dumps(SCRIPTS))
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--message=Scripts")
    repo.write("package.json", json.dumps({**SCRIPTS, "name": "b"}))
    repo.write("src/plain.py", "pass\n")
    assert named(repo) == []
    repo.write("package.json", json.dumps({"name": "a", "scripts": {"postinstall": "evil"}}))
    repo.write("Makefile", "all:\n")
    repo.write("sub/.vscode/tasks.json", "{}")
    executable(repo.path / "tool.sh", "true")
    automatic = [("sub/.vscode/tasks.json", Kind.AUTOMATIC), ("tool.sh", Kind.AUTOMATIC)]
    assert named(repo) == [*automatic, ("Makefile", Kind.BUILD), ("package.json", Kind.BUILD)]


def test_what_git_is_configured_to_run_is_named(repo: GitRepo) -> None:
    """The folder of hooks, what a hook names, what a filter names, where a link with such a name leads."""
    repo.git("config", "core.hooksPath", "tools/git")
    executable(repo.path / "tools/git/pre-commit", "./scripts/check.sh")
    repo.git("config", "filter.clean.clean", "sh tools/clean.sh %f")
    repo.git("config", "include.path", "../configured")
    (repo.path / ".mise.toml").symlink_to("env/start")
    repo.write("env/start", "true\n")
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--message=Hooks", check=False)
    repo.git("commit", "--quiet", "--no-verify", "--message=Hooks", check=False)
    repo.git("config", "core.hooksPath", "tools/git")
    paths = ["configured", "env/start", "scripts/check.sh", "tools/clean.sh", "tools/git/post-merge"]
    for path in paths:
        repo.write(path, "# theirs\n")
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--no-verify", "--message=Theirs")
    found = runs_between(repo.path, repo.rev("HEAD~1"), repo.rev("HEAD"))
    assert [(path, what.kind) for path, what in found] == [(path, Kind.AUTOMATIC) for path in paths]
