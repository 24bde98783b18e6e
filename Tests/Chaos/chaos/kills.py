"""When to kill. Each kind waits for its moment, kills, and says whether the kill was what it was meant to be."""

import random
import re
import time

from support.clients import http_request

RANDOM, ROLL, SNAPSHOT, CLEANING, RECOVERY = "random", "roll", "snapshot", "cleaning", "recovery"
WEIGHTS = {RANDOM: 40, ROLL: 15, SNAPSHOT: 15, CLEANING: 15, RECOVERY: 15}
NEEDS_SNAPSHOTS = (SNAPSHOT, CLEANING)
RANDOM_SECONDS = (0.05, 3)
# How long a moment is waited for. Then the kill is a random one, and the plan still lacks one of the kind.
MOMENT_SECONDS_MAX = 8
RECOVERY_SECONDS = (0.001, 0.2)
_WORK_OF_CLEANING = re.compile(
    rb"^roost_(?:wal_segments_removed_total|cleaning_moved_messages_total) (\d+)", re.MULTILINE)


class Killer:
    def __init__(self, server, watch, chance: random.Random):
        self.server, self.watch, self.chance = server, watch, chance

    def kill(self, kind: str) -> str | None:
        """Kills a running server at a moment of this kind. Gives the kind that the kill was, None when it hit nothing
        that lived."""
        happened = {RANDOM: self.at_random, ROLL: self.after_a_roll, SNAPSHOT: self.during_a_snapshot,
                    CLEANING: self.during_cleaning}[kind]()
        if not self.server.kill():
            return None
        if kind == SNAPSHOT and not self.watch.snapshot_is_being_written():
            return RANDOM
        return kind if happened else RANDOM

    def kill_recovery(self, usual_seconds: float) -> bool:
        """Kills a server that was just started. Tells whether it was alive and not ready yet."""
        first, last = RECOVERY_SECONDS
        time.sleep(self.chance.uniform(first, min(last, max(first, usual_seconds))))
        return self.server.kill() and not self.was_ready()

    def was_ready(self) -> bool:
        """Whether the newest start said so in its log."""
        text = self.server.log.read_bytes()
        return b" is ready." in text[text.rfind(b"--- "):]

    def at_random(self) -> bool:
        time.sleep(self.chance.uniform(*RANDOM_SECONDS))
        return True

    def after_a_roll(self) -> bool:
        self.watch.forget()
        return self._then(self.watch.wait(self.watch.rolled, MOMENT_SECONDS_MAX), 0.01)

    def during_a_snapshot(self) -> bool:
        self.watch.forget()
        return self._then(self.watch.wait(self.watch.snapshot_begun, MOMENT_SECONDS_MAX), 0.004)

    def during_cleaning(self) -> bool:
        """A segment goes, or messages are being moved out of one."""
        self.watch.forget()
        end, before = time.monotonic() + MOMENT_SECONDS_MAX, self._work_of_cleaning()
        while time.monotonic() < end:
            if self.watch.wait(self.watch.segment_removed, 0.02) or self._work_of_cleaning() > before:
                return self._then(True, 0.004)
        return False

    def _then(self, happened, seconds_max: float) -> bool:
        if happened:
            time.sleep(self.chance.uniform(0, seconds_max))
        return bool(happened)

    def _work_of_cleaning(self) -> int:
        try:
            text = http_request(self.server.http_url, path="/metrics", timeout=5).body
        except OSError:
            return 0
        return sum(map(int, _WORK_OF_CLEANING.findall(text)))
