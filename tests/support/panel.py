"""What a panel does: follows the sessions of a daemon and waits for what shall be seen. Knows the wire only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from segue.cli.client import Client
from segue.domain.errors import DaemonUnavailable
from support.patience import scaled

WAIT_S = 60.0
"""How long anything that is waited for may take."""

Json = dict[str, Any]


class Panel:
    """A client that mirrors sessions, and transcripts that it was asked to open, from snapshots and later items."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.sessions: dict[str, Json] = {}
        self.transcripts: dict[str, dict[str, Json]] = {}
        self.offers: dict[str, Json] = {}
        self._take(client.request("segue/subscribe", {"resource": "sessions"}))

    def new(self, repository: Path, prompt: str, **words: object) -> str:
        """Delegate; returns the session's id."""
        params = {"repository": str(repository), "agent": "fake", "prompt": prompt, **words}
        session: Json = self.client.request("segue/session/new", params)["session"]
        return str(session["id"])

    def prompt(self, session_id: str, text: str) -> Json:
        answer: Json = self.client.request("segue/session/prompt", {"sessionId": session_id, "text": text})
        return answer

    def call(self, verb: str, session_id: str, **words: object) -> Json:
        """`segue/<verb>` on a session."""
        answer: Json = self.client.request(f"segue/{verb}", {"sessionId": session_id, **words})
        return answer

    def open(self, session_id: str) -> None:
        """Follow the transcript of a session."""
        self.transcripts[f"session/{session_id}"] = {}
        self._take(self.client.request("segue/subscribe", {"resource": f"session/{session_id}"}))

    def items(self, session_id: str) -> list[Json]:
        return list(self.transcripts[f"session/{session_id}"].values())

    def offer_if(self, session_id: str, current: str) -> Json | None:
        """What the agent of an opened session offers, once one of its options stands so."""
        offer = self.offers.get(f"session/{session_id}", {"options": []})
        return offer if any(option["current"] == current for option in offer["options"]) else None

    def wait(self, session_id: str, is_reached: Callable[[Json], bool]) -> Json:
        """The session's row once `is_reached` holds for it."""
        return self.until(lambda: self._row_if(session_id, is_reached))

    def bucket(self, session_id: str, *buckets: str) -> Json:
        """The session's row once it stands in one of the buckets."""
        return self.wait(session_id, lambda row: row["bucket"] in buckets)

    def ended(self, session_id: str, turns: int = 1) -> Json:
        """The session's row once that many turns were begun and the last one ended.

        Raises AssertionError where the session fails meanwhile before its first turn: waiting would tell nothing.
        """
        was_dead = self._row_if(session_id, _is_dead) is not None
        row = self.wait(
            session_id,
            lambda row: (
                (_is_dead(row) and not was_dead) or (row["turns"] >= turns and row.get("stopReason") is not None)
            ),
        )
        assert row["turns"] >= turns, row
        return row

    def until(self, look: Callable[[], Json | None]) -> Json:
        """Whatever `look` finds, looked for again after each change."""
        found = look()
        if found is not None:
            return found
        try:
            for params in self.client.notifications("segue/items", limit_s=scaled(WAIT_S)):
                self._take(params)
                found = look()
                if found is not None:
                    return found
        except DaemonUnavailable as late:
            listed = self.client.request("segue/session/list")["sessions"]
            raise AssertionError(f"{late}\nknown here: {list(self.sessions.values())}\nlisted: {listed}") from late
        raise AssertionError("the daemon ended meanwhile")

    def _row_if(self, session_id: str, is_reached: Callable[[Json], bool]) -> Json | None:
        row = self.sessions.get(session_id)
        return row if row is not None and is_reached(row) else None

    def _take(self, items: Json) -> None:
        if items.get("isSnapshot") and items["resource"] == "sessions":
            self.sessions.clear()
        for session in items["sessions"]:
            self.sessions[session["id"]] = session
        for session_id in items["removed"]:
            self.sessions.pop(session_id, None)
        if items.get("offer"):
            self.offers[items["resource"]] = items["offer"]
        shown = self.transcripts.get(items["resource"], {})
        for item in items["items"]:
            shown[item["id"]] = item
        for append in items["appends"]:
            item = shown[append["itemId"]]
            item["text"] += append["text"]
            item["seq"] = append["seq"]


def _is_dead(row: Json) -> bool:
    return bool(row["state"] == "failed" and not row["turns"])
