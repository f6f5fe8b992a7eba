"""What agents may do without a person: only what is fully understood, never what is forbidden (D44)."""

from __future__ import annotations

import shlex
import string
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segue.domain.facts import Mode
from segue.domain.policy.command_lines import PARTS_LIMIT, simple
from segue.domain.policy.rules import Effect, Rule, Subject, decide, problem_of, suggestions


def subject(command: str = "", tool: str = "execute", *paths: str, is_inside: bool = True) -> Subject:
    return Subject("claude", Mode.BACKGROUND, "/repo", tool, command, paths, is_inside)


UNCLEAR = r"""
ls; rm -rf /|ls && rm x|ls & rm x|echo $(rm x)|echo `rm x`|diff <(ls) x|ls > x|ls < x|echo ${x@P}|echo $x|A=1 ls|A+=1 ls
git -c core.pager=sh log|git --exec-path=/x log|git -C /elsewhere status|git grep --open-files-in-pager=sh x
git diff --ext-diff|git fetch --upload-pack=sh x|find . -exec rm {} +|find . -delete|xargs rm|sudo ls|env ls|sh -c ls
bash x.sh|python -c 'x'|python3.11 -Ic x|node -e 1|perl -pe s/x/y/|awk 1|sed -n 1p x|tar -xf x --to-command=sh
rsync -e sh a b|timeout 1 rm x|ls *|ls ?|ls ~|ls {a,b}|echo "$x"|echo "a\b"|echo 'open|echo "open|echo a\ b|# x|!x
'' ls|busybox rm x|/usr/bin/env ls|ls é
"""
LINES = [line for row in UNCLEAR.strip().splitlines() for line in row.split("|")]
LINES += [
    "ls | sh",
    "ls\nrm x",
    "ls\x00",
    "ls\t-l",
    "ls \u202ex",
    "",
    " ",
    "x" * 5000,
    " ".join(["x"] * (PARTS_LIMIT + 1)),
]


@pytest.mark.parametrize("line", LINES)
def test_what_is_not_one_plain_program_is_not_simple(line: str) -> None:
    assert simple(line) is None
    everything = Rule(Effect.ALLOW, command=f"{line.partition(' ')[0] or 'ls'} *")
    assert decide((everything,), subject(line)).effect is Effect.ASK


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("npm test", ("npm", "test")),
        ("  ruff   check . ", ("ruff", "check", ".")),
        ("git commit -m 'a; b && c'", ("git", "commit", "-m", "a; b && c")),
        ('grep -n "a b" src/x.py', ("grep", "-n", "a b", "src/x.py")),
        ("find . -name x.py", ("find", ".", "-name", "x.py")),
        ("python -m pytest -q", ("python", "-m", "pytest", "-q")),
        ("git log --oneline", ("git", "log", "--oneline")),
        ("make x=1", ("make", "x=1")),
        ("a'b'\"c\"", ("abc",)),
    ],
)
def test_plain_commands_are_read_as_a_shell_reads_them(line: str, words: tuple[str, ...]) -> None:
    assert simple(line) == words


@given(st.text(st.sampled_from(string.printable + "é\u2028"), max_size=30))
def test_a_simple_line_is_what_shlex_reads(line: str) -> None:
    words = simple(line)
    assert words is None or list(words) == shlex.split(line)


def test_a_shell_agrees_with_what_is_simple() -> None:
    """One real shell run for many lines: each prints the words that it got."""
    lines = ["p a 'b c' \"d e\"", "p 'a; b' x=1 @%+:,./-", "p ''", "p a'b'c\"d\"", "p '\"' \"'\""]
    assert all(simple(line) for line in lines)
    show = f'p() {{ {sys.executable} -Ic "import sys; print(sys.argv[1:])" "$@"; }}\n'
    shell = subprocess.run(["/bin/sh"], input=show + "\n".join(lines), capture_output=True, text=True, check=True)
    read = [list((simple(line) or ())[1:]) for line in lines]
    assert shell.stdout.splitlines() == [str(words) for words in read]


def test_deny_beats_ask_beats_allow() -> None:
    allow, ask, deny = (Rule(effect, command="npm *") for effect in (Effect.ALLOW, Effect.ASK, Effect.DENY))
    assert decide((allow,), subject("npm test")).effect is Effect.ALLOW
    assert decide((allow, ask), subject("npm test")).rule == ask
    assert decide((allow, ask, deny), subject("npm test")).rule == deny
    assert decide((), subject("npm test")).effect is Effect.ASK


DRESSED = "rm -rf x|ls; rm -rf x|true && /bin/rm x -rf|echo $(rm -rf x)|sh -c 'rm -rf x'|sudo rm -rf x|x=`rm -rf .`"


@pytest.mark.parametrize("line", DRESSED.split("|"))
def test_what_is_denied_is_denied_however_it_is_dressed(line: str) -> None:
    assert (
        decide((Rule(Effect.DENY, command="rm *"), Rule(Effect.ALLOW, command="ls *")), subject(line)).effect
        is Effect.DENY
    )


def test_rules_hold_for_their_agent_mode_and_repository_only() -> None:
    rule = Rule(Effect.ALLOW, command="npm test", agent="claude", mode=Mode.BACKGROUND, repository="/repo")
    assert decide((rule,), subject("npm test")).effect is Effect.ALLOW
    for other in (
        Subject("codex", Mode.BACKGROUND, "/repo", "execute", "npm test", (), True),
        Subject("claude", Mode.INLINE, "/repo", "execute", "npm test", (), True),
        Subject("claude", Mode.BACKGROUND, "/other", "execute", "npm test", (), True),
    ):
        assert decide((rule,), other).effect is Effect.ASK
    assert decide((rule,), subject("npm test", is_inside=False)).effect is Effect.ASK


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("**", "a/b.py", True),
        ("src/**", "src/a/b.py", True),
        ("src/**", "srcs/a.py", False),
        ("*.py", "a.py", True),
        ("*.py", "a/b.py", False),
        ("**/*.py", "a.py", True),
        ("**/*.py", "a/b/c.py", True),
        ("a?.py", "ab.py", True),
        ("a?c", "a/c", False),
        ("[ab].py", "b.py", True),
        ("[!ab].py", "b.py", False),
        ("a[*]b", "a*b", True),
        ("a[*]b", "axb", False),
    ],
)
def test_paths_of_a_rule(pattern: str, path: str, fits: bool) -> None:
    allowed = decide((Rule(Effect.ALLOW, tool="edit", paths=(pattern,)),), subject("", "edit", path))
    assert (allowed.effect is Effect.ALLOW) is fits


def test_every_path_must_be_allowed_and_one_is_enough_to_deny() -> None:
    rules = (Rule(Effect.ALLOW, tool="edit", paths=("src/**",)), Rule(Effect.DENY, tool="*", paths=("secret/**",)))
    assert decide(rules, subject("", "edit", "src/a")).effect is Effect.ALLOW
    assert decide(rules, subject("", "edit", "src/a", "docs/b")).effect is Effect.ASK
    assert decide(rules, subject("", "edit", "src/a", "secret/b")).effect is Effect.DENY
    assert decide(rules, subject("", "edit")).effect is Effect.DENY, "nothing says what it is about: it may be that"
    assert decide(rules[:1], subject("", "edit")).effect is Effect.ASK


def test_a_tool_rule_never_lets_a_command_through() -> None:
    assert decide((Rule(Effect.ALLOW, tool="*"),), subject("npm test")).effect is Effect.ASK
    assert decide((Rule(Effect.ALLOW, tool="execute"),), subject("", "execute", "a")).effect is Effect.ASK


WORDS = st.lists(st.text(string.ascii_lowercase + "-=./ ;$'", min_size=1, max_size=6), min_size=1, max_size=5)


@given(WORDS)
def test_what_is_suggested_allows_what_was_asked_and_can_be_followed(words: list[str]) -> None:
    asked = subject(shlex.join(words))
    for rule in suggestions(asked):
        assert problem_of(rule) is None
        assert decide((rule,), asked).rule == rule
        assert rule.agent == "claude" and rule.mode is Mode.BACKGROUND and rule.repository == "/repo"


def test_suggestions_are_exact_or_the_same_subcommand() -> None:
    def offered(line: str) -> list[str]:
        return [rule.command for rule in suggestions(subject(line))]

    assert offered("npm run build --watch") == ["npm run build --watch", "npm run build *"]
    assert offered("git commit -m 'x y'") == ["git commit -m 'x y'", "git commit *"]
    assert offered("rm -rf dist") == ["rm -rf dist"]
    assert offered("npm test") == ["npm test"]
    assert offered("ls; rm x") == []
    edits = suggestions(subject("", "edit", "src/a[1].py"))
    assert [rule.paths for rule in edits] == [("src/a[[]1].py",), ("**",)]
    assert decide(edits[:1], subject("", "edit", "src/a[1].py")).effect is Effect.ALLOW
    assert suggestions(subject("", "edit", "/etc/passwd", is_inside=False)) == ()


def test_rules_that_cannot_be_followed_say_why() -> None:
    assert problem_of(Rule(Effect.ALLOW)) is not None
    assert problem_of(Rule(Effect.ALLOW, command="x", tool="edit")) is not None
    assert "simple" in (problem_of(Rule(Effect.ALLOW, command="ls | sh")) or "")
    assert problem_of(Rule(Effect.DENY, command="ls | sh")) is None
    assert problem_of(Rule(Effect.ALLOW, command="git *")) is None
