"""Where things live, and whom the directories are refused for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from segue.domain.errors import DaemonUnavailable
from segue.places import Places, find, refuse_network

LONGEST = "/" + "r" * 67


@pytest.fixture
def short() -> Iterator[Path]:
    """A temporary folder whose path leaves room for sockets."""
    with TemporaryDirectory(prefix="sg-", dir="/tmp") as folder:
        yield Path(folder)


def reason(refused: pytest.ExceptionInfo[DaemonUnavailable]) -> str:
    assert refused.value.action, "every refusal says what to do"
    return refused.value.reason


@pytest.mark.parametrize(
    ("environment", "platform", "data", "runtime"),
    [
        ({"HOME": "/h"}, "linux", "/h/.local/share/segue", f"/tmp/segue-{os.getuid()}"),
        ({"HOME": "/h"}, "darwin", "/h/Library/Application Support/Segue", f"/tmp/segue-{os.getuid()}"),
        ({"HOME": "/h", "XDG_DATA_HOME": "/x", "XDG_RUNTIME_DIR": "/y/"}, "linux", "/x/segue", "/y/segue"),
        ({"HOME": "/h", "XDG_DATA_HOME": "x", "XDG_RUNTIME_DIR": ""}, "linux", "/h/.local/share/segue", None),
        ({"SEGUE_DATA_DIR": "/a/", "SEGUE_RUNTIME_DIR": "/b", "XDG_DATA_HOME": "/x"}, "linux", "/a", "/b"),
    ],
)
def test_the_environment_says_where(environment: dict[str, str], platform: str, data: str, runtime: str | None) -> None:
    places = find(environment, platform)
    assert str(places.data) == data
    assert runtime is None or str(places.runtime) == runtime


def test_relative_paths_and_other_systems_are_refused() -> None:
    for variable in ("SEGUE_DATA_DIR", "SEGUE_RUNTIME_DIR"):
        with pytest.raises(DaemonUnavailable) as refused:
            find({"HOME": "/h", variable: "here"})
        assert reason(refused) == "path_not_absolute"
    with pytest.raises(DaemonUnavailable) as refused:
        find({}, "win32")
    assert reason(refused) == "not_run_here"


def test_every_socket_path_stays_under_104_bytes() -> None:
    places = Places("/data", LONGEST)
    for path in (places.socket, str(places.runner_socket("bcdfghjk", 10**10 - 1))):
        assert len(os.fsencode(path)) < 104
    with pytest.raises(DaemonUnavailable) as refused:
        Places("/data", f"{LONGEST}rr")
    assert reason(refused) == "path_too_long"


def test_data_directories_that_share_a_runtime_directory_have_their_own_sockets(short: Path) -> None:
    (short / "a").mkdir()
    (short / "link").symlink_to("a")
    one, other, linked = (Places(short / name, "/r") for name in ("a", "b", "link"))
    assert one.socket != other.socket
    assert one.socket == linked.socket, "a link leads to the same daemon"


def test_what_is_missing_is_created_for_the_user_alone(short: Path) -> None:
    """D48."""
    places = Places(short / "new" / "data", short / "run")
    places.prepare()
    places.prepare()
    for path in (short / "new", places.data, places.runtime, places.logs, places.worktrees, places.agents):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_directory_that_others_may_read_is_narrowed(short: Path) -> None:
    (short / "data").mkdir()
    (short / "data").chmod(0o755)
    Places(short / "data", short / "run").prepare()
    assert stat.S_IMODE((short / "data").stat().st_mode) == 0o700


@pytest.mark.parametrize("which", ["data", "run"])
@pytest.mark.parametrize("shape", ["open_to_all", "foreign", "file", "dangling", "beneath_file", "kernel"])
def test_unusable_directories_are_refused(short: Path, which: str, shape: str) -> None:
    """D32."""
    path = short / which
    match shape:
        case "open_to_all":
            path.mkdir()
            path.chmod(0o777)
        case "foreign":
            if os.getuid():
                path = Path("/")  # whoever runs this as a person owns it not
            else:
                path.mkdir()
                os.chown(path, 12345, 12345)
        case "file":
            path.touch()
        case "dangling":
            path.symlink_to("nowhere")
        case "beneath_file":
            path.touch()
            path = path / "deep" / "er"
        case "kernel":
            path = Path("/proc/segue-test")
    expected = {"open_to_all": "directory_open_to_all", "foreign": "directory_foreign"}.get(shape, "directory_unusable")
    before = sorted(short.rglob("*"))
    with pytest.raises(DaemonUnavailable) as refused:
        Places(path if which == "data" else short / "d", path if which == "run" else short / "r").prepare()
    assert reason(refused) == expected
    assert f"SEGUE_{'DATA' if which == 'data' else 'RUNTIME'}_DIR" in refused.value.action
    assert str(path) in refused.value.message
    if which == "data":
        assert sorted(short.rglob("*")) == before, "nothing was created"


def test_the_data_directory_may_be_a_link_but_the_one_for_sockets_may_not(short: Path) -> None:
    """D32: in /tmp a link may be somebody else's."""
    (short / "real").mkdir(mode=0o700)
    (short / "link").symlink_to("real")
    Places(short / "link", short / "run").prepare()
    with pytest.raises(DaemonUnavailable) as refused:
        Places(short / "real", short / "link").prepare()
    assert reason(refused) == "directory_is_link"


@pytest.mark.parametrize(
    ("kind", "point", "is_refused"),
    [("nfs4", "/net", True), ("ext4", "/net", False), ("nfs", "/ne", False), ("cifs", "/net/my disk", True)],
)
def test_network_file_systems_are_refused(kind: str, point: str, is_refused: bool) -> None:
    """D32."""
    mounts = (
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        f"30 22 0:40 / {point.replace(' ', chr(92) + '040')} rw,relatime - {kind} there:/x rw\n"
    )
    if not is_refused:
        refuse_network("/net/my disk/segue", mounts)
        return
    with pytest.raises(DaemonUnavailable) as refused:
        refuse_network("/net/my disk/segue", mounts)
    assert reason(refused) == "directory_on_network"
