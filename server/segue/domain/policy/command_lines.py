"""Command lines as rules see them. Knows the plain words of a POSIX shell; whatever it does not fully know is unclear.

A line is *simple* only where every shell reads the same words from it and runs exactly one program with them (D44).
"""

from __future__ import annotations

import re


def names(*lines: str) -> frozenset[str]:
    """The words of some lines."""
    return frozenset(word for line in lines for word in line.split())


PARTS_LIMIT = 50
"""Words; a line with more is not simple."""
LINE_LIMIT = 4096
"""Characters; a longer line is not simple."""
_BARE = re.compile(r"[A-Za-z0-9_@%+:,./=-]+")
_DOUBLE = re.compile(r"[^\"\\$`!\x00-\x1f\x7f]*")
_SINGLE = re.compile(r"[^'\x00-\x1f\x7f]*")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_SEPARATORS = re.compile(r"[\s;&|<>(){}`$\"'\\=]+")
RUNNERS = names(
    "sh bash dash zsh fish ksh csh tcsh busybox cmd cmd.exe powershell pwsh eval exec source . command builtin env",
    "sudo doas su xargs nohup setsid nice ionice time timeout watch parallel strace script ssh docker podman chroot",
    "unshare nsenter alias function trap coproc",
)
"""Programs whose arguments are programs: what they run cannot be told from the first word."""
_INTERPRETERS = re.compile(r"(?:python|perl|ruby|node|deno|bun|php|lua|Rscript|osascript|awk|gawk|mawk)[0-9.]*")
_INLINE_CODE = frozenset({"-c", "-e", "-E", "-p", "-r", "--eval", "--print", "eval"})
_FIND_ACTIONS = frozenset({"-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprint0", "-fprintf", "-fls"})
_GIT_LEADING = re.compile(r"-c|--config-env(=.*)?|--exec-path(=.*)?|-C|--git-dir(=.*)?|--work-tree(=.*)?|--namespace.*")
_GIT_RUNS = re.compile(
    r"--upload-pack.*|--receive-pack.*|--exec(=.*)?|-x|--ext-diff|--textconv|--open-files-in-pager.*|-O.*"
)


def simple(line: str) -> tuple[str, ...] | None:
    """The words of a line that runs one program with fixed arguments; None for anything else, or anything in doubt."""
    words = _words(line)
    if not words or len(words) > PARTS_LIMIT:
        return None
    return None if _ASSIGNMENT.match(words[0]) or _runs_another(words) else words


def mentions(line: str) -> tuple[str, ...]:
    """Everything in a line that could be a word of a command, however it is dressed: for what is forbidden."""
    return tuple(word for word in _SEPARATORS.split(line) if word)


def _words(line: str) -> tuple[str, ...]:
    """The words of a line without expansions, redirections, separators or escapes; empty where there is any."""
    if len(line) > LINE_LIMIT:
        return ()
    words: list[str] = []
    position = 0
    while position < len(line):
        if line[position] == " ":
            position += 1
            continue
        word, position = _word(line, position)
        if word is None:
            return ()
        words.append(word)
    return tuple(words)


def _word(line: str, position: int) -> tuple[str | None, int]:
    parts: list[str] = []
    while position < len(line) and line[position] != " ":
        quote = line[position]
        if quote in "'\"":
            found = (_SINGLE if quote == "'" else _DOUBLE).match(line, position + 1)
            assert found is not None
            if line[found.end() : found.end() + 1] != quote:
                return None, position
            parts.append(found.group())
            position = found.end() + 1
            continue
        bare = _BARE.match(line, position)
        if bare is None:
            return None, position
        parts.append(bare.group())
        position = bare.end()
    return "".join(parts), position


def _runs_another(words: tuple[str, ...]) -> bool:
    """Whether the program may run something that its arguments name."""
    program, arguments = words[0].rpartition("/")[2], words[1:]
    if not program or program in RUNNERS:
        return True
    if _INTERPRETERS.fullmatch(program):
        is_awk = program.endswith("awk")
        return is_awk or any(word in _INLINE_CODE or re.match(r"-[a-zA-Z]*[ceEpr]$", word) for word in arguments)
    if program in {"find", "fd"}:
        return any(word in _FIND_ACTIONS or word in {"-x", "-X", "--exec", "--exec-batch"} for word in arguments)
    if program == "git":
        leading = next((index for index, word in enumerate(arguments) if not word.startswith("-")), len(arguments))
        return any(_GIT_LEADING.fullmatch(word) for word in arguments[: leading + 1]) or any(
            _GIT_RUNS.fullmatch(word) for word in arguments[leading:]
        )
    return program in {"sed", "tar", "rsync", "vim", "vi", "ed", "less", "man"} and _has_escape(program, arguments)


def _has_escape(program: str, arguments: tuple[str, ...]) -> bool:
    """Options and scripts of common programs that run other programs or write elsewhere."""
    if program == "sed":
        return True
    if program == "tar":
        return any(
            word.startswith(("--to-command", "--checkpoint-action", "-I", "--use-compress", "-F")) for word in arguments
        )
    if program == "rsync":
        return any(word.startswith(("-e", "--rsh", "--rsync-path")) for word in arguments)
    return True
