"""The daemon's log: bounded, one line for each record (D9, D31)."""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from segue import logs


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root, pygls = logging.getLogger(), logging.getLogger("pygls")
    handlers, level, pygls_level, shows = root.handlers[:], root.level, pygls.level, logging.raiseExceptions
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    pygls.setLevel(pygls_level)
    logging.raiseExceptions = shows
    logging.captureWarnings(capture=False)


def test_a_record_is_one_line_and_inert(tmp_path: Path) -> None:
    logs.start(tmp_path / "log")
    logging.info("agent said %s", "x\n2026-01-01 ERROR root: forged\r\x1b[2J\u2028\u202e\udcff")
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.exception("it failed")
    logging.info("x" * 10 * logs.LINE_LIMIT)
    lines = (tmp_path / "log").read_text("utf-8").splitlines()
    assert len(lines) == 3
    assert "\\n2026-01-01 ERROR root: forged\\r\\x1b[2J\\u2028\\u202e\\udcff" in lines[0]
    assert "ValueError: two\\nlines" in lines[1]
    assert len(lines[2]) < logs.LINE_LIMIT + 100


def test_the_log_cannot_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert logs.FILE_BYTES * (1 + logs.OLDER_FILES) <= 50 * 1024 * 1024
    monkeypatch.setattr(logs, "FILE_BYTES", 2000)
    logs.start(tmp_path / "log")
    for number in range(500):
        logging.info("line %d", number)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 2000 * (1 + logs.OLDER_FILES)
    assert "line 499" in (tmp_path / "log").read_text()
    assert stat.S_ISREG((tmp_path / "log").stat().st_mode)


def test_a_log_that_cannot_be_written_hurts_nobody(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    logs.start(tmp_path / "missing" / "log")
    logging.info("lost")
    assert capfd.readouterr() == ("", "")


def test_what_pygls_would_log_is_not_kept(tmp_path: Path) -> None:
    """D48: it logs whole messages, and with them environments and prompts."""
    logs.start(tmp_path / "log")
    logging.getLogger("pygls.protocol").error("secret")
    assert not (tmp_path / "log").exists()
