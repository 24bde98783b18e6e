"""Waits for something to happen to a file of the log directory, by inotify: no polling, and within a millisecond."""

import ctypes
import os
import re
import select
import struct
import time
from pathlib import Path

IN_CREATE, IN_DELETE = 0x100, 0x200
IN_NONBLOCK = os.O_NONBLOCK
_HEAD = struct.Struct("iIII")
_libc = ctypes.CDLL(None, use_errno=True)

SEGMENT = re.compile(r"^(\d{8})\.log$")
PREPARING_SEGMENT = re.compile(r"^(\d{8})\.log\.preparing$")
PREPARING_SNAPSHOT = re.compile(r"^snapshot-\d+\.image\.preparing$")
SEGMENT_HEADER_BYTES = 512


class Watch:
    def __init__(self, folder: Path):
        self._folder = folder
        self._file = _libc.inotify_init1(IN_NONBLOCK)
        if self._file < 0 or _libc.inotify_add_watch(self._file, bytes(folder), IN_CREATE | IN_DELETE) < 0:
            raise OSError(ctypes.get_errno(), f"inotify: {folder}")

    def close(self) -> None:
        os.close(self._file)

    def forget(self) -> None:
        """Drops what has happened so far."""
        while self._read(0):
            pass

    def _read(self, seconds: float) -> list[tuple[int, str]]:
        if not select.select([self._file], [], [], max(0, seconds))[0]:
            return []
        try:
            data = os.read(self._file, 65536)
        except BlockingIOError:
            return []
        events, place = [], 0
        while place < len(data):
            _, mask, _, length = _HEAD.unpack_from(data, place)
            place += _HEAD.size
            events.append((mask, data[place:place + length].rstrip(b"\0").decode()))
            place += length
        return events

    def wait(self, is_wanted, seconds: float) -> str | None:
        """The name of the first file for which `is_wanted(mask, name)` holds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for mask, name in self._read(left):
                if is_wanted(mask, name):
                    return name
        return None

    # What to wait for

    def rolled(self, mask: int, name: str) -> bool:
        """A segment is made ahead when the one before it takes its first record: that is a roll."""
        match = PREPARING_SEGMENT.match(name)
        if not match or not mask & IN_CREATE:
            return False
        try:
            with open(self._folder / f"{int(match[1]) - 1:08}.log", "rb") as file:
                file.seek(SEGMENT_HEADER_BYTES)
                return any(file.read(4096))
        except FileNotFoundError:
            return False

    @staticmethod
    def snapshot_begun(mask: int, name: str) -> bool:
        return bool(mask & IN_CREATE and PREPARING_SNAPSHOT.match(name))

    @staticmethod
    def segment_removed(mask: int, name: str) -> bool:
        return bool(mask & IN_DELETE and SEGMENT.match(name))

    def snapshot_is_being_written(self) -> bool:
        return any(PREPARING_SNAPSHOT.match(name) for name in os.listdir(self._folder))
