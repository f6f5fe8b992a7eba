"""The verbs new, prompt and resume. Knows where a prompt comes from and how large it may be; no rules."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import BinaryIO

from segue.cli import watch
from segue.cli.call import Call, folder
from segue.cli.client import Json
from segue.domain import images
from segue.domain.errors import InputRefused
from segue.domain.ids import visible

PROMPT_LIMIT = 1024 * 1024
"""Bytes of UTF-8."""


def new(call: Call) -> int:
    """Start a session; with --wait show its work."""
    options = call.options
    session = call.request(
        "segue/session/new",
        repository=folder(options.repository),
        agent=options.agent,
        prompt=prompt_text(options.prompt, options.file),
        base=options.base,
        title=options.title,
        images=[encoded(each) for each in options.image] or None,
        options=pairs(options.set) or None,
        isPlanned=options.plan or None,
    )["session"]
    return watch.started(call, session, f"Follow it: segue watch {session['id']}")


def prompt(call: Call) -> int:
    """Send a follow-up prompt."""
    options = call.options
    text = prompt_text(options.text, options.file)
    session_id = call.session_id()
    added = [
        call.request("segue/image/add", sessionId=session_id, data=encoded(each))["image"] for each in options.image
    ]
    hashes = [image["hash"] for image in added] or None
    now = options.now or None
    result = call.request("segue/session/prompt", sessionId=session_id, text=text, images=hashes, isNow=now)
    return _sent(call, session_id, result)


def resume(call: Call) -> int:
    """Have the agent go on where its turn was interrupted."""
    session_id = call.session_id()
    return _sent(call, session_id, call.request("segue/session/resume", sessionId=session_id))


def _sent(call: Call, session_id: str, result: Json) -> int:
    options = call.options
    if options.wait:
        return watch.until_it_rests(call, session_id, result["promptId"])
    if options.json:
        call.out.json(result)
    else:
        queued = f"Queued: it is sent when its turn comes. See `segue drop {session_id}` and `segue queue`."
        call.out.line(queued if result["isQueued"] else f"Sent. Follow it: segue watch {session_id}")
    return 0


def pairs(said: list[str]) -> dict[str, str]:
    """Values by option, from `OPTION=VALUE`; raises InputRefused."""
    chosen = {}
    for word in said:
        option, equals, value = word.partition("=")
        if not (option and equals and value):
            raise InputRefused("not_a_pair", f"{visible(word)!r} is no OPTION=VALUE.", action="As in: --set mode=plan")
        chosen[option] = value
    return chosen


def encoded(file: str) -> str:
    """An image's file in base64; raises InputRefused where it cannot be read, or is none that can be sent."""
    try:
        with Path(file).open("rb") as source:
            data = source.read(images.BYTES_LIMIT + 1)
    except OSError as failed:
        message = f"The image cannot be read: {visible(file)}: {failed.strerror}."
        raise InputRefused("image_unreadable", message) from failed
    images.sniffed(data)
    return base64.b64encode(data).decode("ascii")


def prompt_text(typed: str | None, file: str | None) -> str:
    """The prompt from the command line, a file or standard input; raises InputRefused for none or too much."""
    if (typed is None) == (file is None):
        message = "Say the prompt once: as an argument, with --file, or `-` for standard input."
        raise InputRefused("no_prompt", message)
    if file is not None:
        try:
            with Path(file).open("rb") as source:
                return _read(source, file)
        except OSError as failed:
            message = f"The prompt's file cannot be read: {file}: {failed.strerror}."
            raise InputRefused("prompt_unreadable", message) from failed
    if typed == "-":
        return _read(sys.stdin.buffer, "standard input") if sys.stdin else _checked(b"", "")
    return _checked((typed or "").encode("utf-8", "surrogateescape"), "the prompt")


def _read(source: BinaryIO, name: str) -> str:
    return _checked(source.read(PROMPT_LIMIT + 1), name)


def _checked(data: bytes, name: str) -> str:
    if len(data) > PROMPT_LIMIT:
        action = "Write the rest to a file in the repository and name it in the prompt."
        raise InputRefused("prompt_too_large", "A prompt may have 1 MiB at most.", action=action)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as failed:
        raise InputRefused("prompt_not_text", f"This is not UTF-8 text: {name}.") from failed
    if not text.strip():
        raise InputRefused("empty_prompt", "The prompt is empty.", action="Say what is to be done.")
    return text
