"""Sentences about agents that fail, and notes about their noise. Knows words and bounds; knows no connection."""

from __future__ import annotations

from collections import deque

from segue.agents.connection_record import AgentGone
from segue.agents.jsonrpc import AUTHENTICATION_REQUIRED, Message, short
from segue.agents.runners import AgentExit
from segue.domain.config import value_name
from segue.domain.errors import AgentFailed
from segue.domain.facts import ConfigOption
from segue.domain.ids import visible

BAD_LINES = 200
BAD_BYTES = 1024 * 1024
"""So much without one message between means that a program does not speak ACP (D1)."""
NOTES = 200
NOTE_LIMIT = 200
MESSAGE_LIMIT = 2000
SIGN_IN = "The agent wants you to sign in first. Your prompt is kept and sent again then."
LOGIN = "Run the agent once in a terminal and log in, or set its API key; then prompt again."
REPORT = "Update the agent, or choose another one."


class Diagnostics:
    """What was ignored, in bounded and inert words, and how much of it came without a message between."""

    def __init__(self) -> None:
        self.notes: deque[str] = deque(maxlen=NOTES)
        self._lines = self._bytes = 0

    @property
    def is_not_acp(self) -> bool:
        return self._lines > BAD_LINES or self._bytes > BAD_BYTES

    def good(self) -> None:
        """A message came."""
        self._lines = self._bytes = 0

    def bad(self, line: bytes, why: str) -> None:
        """A line was no message."""
        self._lines += 1
        self._bytes += len(line)
        if line.strip():
            self.note(f"{why}: {line[:NOTE_LIMIT].decode(errors='replace')}")

    def note(self, text: str) -> None:
        self.notes.append(visible(text[:NOTE_LIMIT]))


def last_words(stderr: str) -> str:
    """The end of an agent's stderr for one sentence: a few lines at most, inert."""
    lines = [
        line for line in (" ".join(visible(raw.replace("\t", " ")).split()) for raw in stderr.splitlines()) if line
    ]
    return f" It last wrote: {' · '.join(line[-200:] for line in lines[-3:])}" if lines else ""


def ended(status: AgentExit | None, stderr: str, *, is_awaited: bool) -> AgentGone:
    """The agent is gone; an orderly end that nobody minds has no message. `status` is None where it lives on."""
    if status is None:
        message = f"The agent closed its output and cannot be heard any more.{last_words(stderr)}"
        return AgentGone("agent_closed_stdout", message)
    if status.code == 0 and not is_awaited:
        return AgentGone("agent_exited", "")
    return AgentGone("agent_exited", f"The agent ended unexpectedly: {status.description}.{last_words(stderr)}")


def not_acp(stderr: str) -> AgentGone:
    return AgentGone("agent_not_acp", f"The agent does not speak ACP: it writes other text only.{last_words(stderr)}")


def too_large(limit: int) -> AgentGone:
    message = f"The agent sent a message too large to take: more than {limit / 2**20:,.0f} MiB in one line."
    return AgentGone("message_too_large", message)


def timed_out(method: str, after_s: float, stderr: str) -> AgentFailed:
    message = f"The agent did not answer `{method}` within {after_s:,.0f} s.{last_words(stderr)}"
    return AgentFailed("timed_out", message, action="Try again, or see whether the agent works in a terminal.")


def version_refused(version: int, own: int) -> AgentFailed:
    if version > own:
        message = f"The agent speaks version {version} of ACP, this Segue only version {own}."
        return AgentFailed("agent_too_new", message, action="Update Segue, or use an older version of the agent.")
    message = f"The agent speaks version {version} of ACP, which is older than version {own}."
    return AgentFailed("agent_too_old", message, action="Update the agent.")


def answered_badly(method: str, error: Message | str, login: str = "") -> AgentFailed:
    """The agent answered a request of Segue's with an error, or in a way that makes no sense."""
    if isinstance(error, str):
        return AgentFailed("agent_not_acp", f"The agent's answer to `{method}` makes no sense: {error}.", action=REPORT)
    if error.get("code") == AUTHENTICATION_REQUIRED:
        return AgentFailed("authentication_required", "The agent wants you to sign in first.", action=login or LOGIN)
    return AgentFailed("agent_refused", f"The agent refused `{method}`: {error_text(error)}", action=REPORT)


def option_refused(option: ConfigOption, value: str, error: Message) -> AgentFailed:
    """The agent does not take a value of an option."""
    wanted = f"{visible(value_name(option, value))} for {visible(option.name)}"
    message = f"The agent refused {wanted}: {visible(error_text(error))}"
    return AgentFailed("option_refused", message, action="It goes on as before; choose another value.")


def error_text(error: Message) -> str:
    """What an error response says, with its details where the message alone says nothing."""
    message, data = error.get("message"), error.get("data")
    text = message if isinstance(message, str) else ""
    details = data.get("details", data.get("message")) if isinstance(data, dict) else data
    if isinstance(details, str) and details and details not in text:
        text = f"{text}: {details}" if text else details
    return text[:MESSAGE_LIMIT] or f"error {short(str(error.get('code')))}"
