"""Lets the disk refuse what it would refuse an ordinary user, also where the tests run as root. Knows Linux."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_VERSION_3 = 0x20080522
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2
_BEYOND_PERMISSIONS = 1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH
_PR_CAPBSET_DROP = 24


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """This thread, and those that it starts meanwhile, may do no more than permissions say; commands are as before."""
    if os.geteuid() != 0:
        yield
        return
    libc, header, sets = _rights()
    before = sets[0].effective
    sets[0].effective = before & ~_BEYOND_PERMISSIONS
    assert libc.capset(ctypes.byref(header), ctypes.byref(sets)) == 0
    try:
        yield
    finally:
        sets[0].effective = before
        assert libc.capset(ctypes.byref(header), ctypes.byref(sets)) == 0


def become_ordinary_user() -> None:
    """From now on this thread and all that it starts, commands too, may do no more than permissions say."""
    if os.geteuid() != 0:
        return
    libc, header, sets = _rights()
    for right in (_DAC_OVERRIDE, _DAC_READ_SEARCH):
        assert libc.prctl(_PR_CAPBSET_DROP, right, 0, 0, 0) == 0, os.strerror(ctypes.get_errno())
    for kind in ("effective", "permitted", "inheritable"):  # access() goes by what is permitted
        setattr(sets[0], kind, getattr(sets[0], kind) & ~_BEYOND_PERMISSIONS)
    assert libc.capset(ctypes.byref(header), ctypes.byref(sets)) == 0


def _rights() -> tuple[ctypes.CDLL, _Header, ctypes.Array[_Set]]:
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _Header(_VERSION_3, 0), (_Set * 2)()
    assert libc.capget(ctypes.byref(header), ctypes.byref(sets)) == 0
    return libc, header, sets
