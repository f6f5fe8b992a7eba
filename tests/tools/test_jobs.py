"""What runs the tests: progress instead of time limits, a name for what hangs, and CPU time that nothing escapes."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(TOOLS))
    monkeypatch.setattr(importlib.import_module("places"), "LOGS", tmp_path / "logs")
    found = importlib.import_module("jobs")
    monkeypatch.setattr(found, "LOOK_S", 0.1)
    return found


def python(jobs: Any, code: str, **options: Any) -> Any:
    return jobs.run(jobs.Job("job", [sys.executable, "-I", "-c", textwrap.dedent(code)], **options))


def test_a_job_that_is_slow_and_gets_on_is_not_ended(jobs: Any) -> None:
    """It takes longer than it may be quiet for."""
    code = "import time\nfor number in range(12):\n    print(number, flush=True)\n    time.sleep(0.25)"
    outcome = python(jobs, code, quiet_s=2)
    assert outcome.is_good and outcome.seconds > 2


def test_a_test_that_hangs_is_named_with_its_stacks_and_tidied_up(jobs: Any, tmp_path: Path) -> None:
    """Its fixtures end as after Ctrl-C, so what they started goes; what detached itself goes as well."""
    file = tmp_path / "test_hangs.py"
    detached = (
        "import os, time; os.fork() and os._exit(0); os.setsid(); print(os.getpid(), flush=True); time.sleep(600)"
    )
    file.write_text(
        textwrap.dedent(f"""
        import subprocess, sys, time, pytest
        @pytest.fixture
        def told():
            yield
            open({str(tmp_path / "tidied")!r}, "w").close()
        def test_is_fine(): pass
        def test_hangs(told):
            out = subprocess.run([sys.executable, "-c", {detached!r}], stdout=open({str(tmp_path / "pid")!r}, "w"))
            while True:
                time.sleep(0.01)
        """)
    )
    command = [sys.executable, TOOLS / "progress.py", jobs.file_of("job", "progress"), file, "-q"]
    job = jobs.Job("job", [*command, "-p", "no:cacheprovider"], folder=tmp_path, quiet_s=5, tells_stacks=True)
    outcome = jobs.run(job)
    assert not outcome.is_good
    assert "test_hangs.py::test_hangs" in outcome.output.rpartition("It was running:")[2].splitlines()[0]
    assert "in test_hangs" in outcome.output.rpartition("It was running:")[2], "the stacks"
    assert (tmp_path / "tidied").exists()
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_cpu_time_of_detached_processes_is_counted(jobs: Any) -> None:
    """Daemons leave their parent, so that the usage of its children does not have theirs."""
    code = """
    import os, time
    reader, writer = os.pipe()
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        while time.process_time() < 0.5:
            pass
        print(os.getpid(), flush=True)
        os.write(writer, b"done")
        time.sleep(600) if {lives} else os._exit(0)
    os.read(reader, 4)
    """
    for lives in (False, True):
        outcome = python(jobs, code.replace("{lives}", str(lives)))
        assert outcome.is_good, outcome.output
        assert 0.5 <= outcome.cpu_s < 5
        if lives:
            os.kill(int(outcome.output), signal.SIGKILL)


def test_a_command_that_does_not_exist_fails(jobs: Any) -> None:
    assert not jobs.run(jobs.Job("job", ["/nowhere/at-all"])).is_good


def test_seconds_count_for_less_on_a_busy_machine(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    patience = importlib.import_module("patience")
    now = [0.0]
    monkeypatch.setattr(patience.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(patience, "busyness", lambda: 4.0)
    left = patience.Patience(10)
    now[0] = 30.0
    assert not left.is_over()
    now[0] = 41.0
    assert left.is_over()
    left.renew()
    assert not left.is_over()
    assert patience.scaled(10) == 40.0
