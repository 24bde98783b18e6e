"""What commands on keys do and answer, as far as the run uses them, on plain Python values.

The first letter of a key says what it holds: a string, a number, a list, a hash, a set or a sorted set of scores.
"""

import copy

KINDS = "snlhcz"
EMPTY = {"s": b"", "n": 0, "l": [], "h": {}, "c": set(), "z": {}}


def score_text(score: int) -> bytes:
    return b"%d" % score


class Model:
    """The keys of one database, which nobody else changes."""

    def __init__(self):
        self.values: dict[str, object] = {}
        self.expiries: dict[str, int] = {}

    def copy(self) -> "Model":
        return copy.deepcopy(self)

    def fits(self, values: dict, expiries: dict) -> bool:
        return self.values == values and self.expiries == expiries

    def difference(self, values: dict, expiries: dict) -> str:
        """The first key that differs, for people."""
        for key in sorted(set(self.values) | set(values) | set(self.expiries) | set(expiries)):
            ours, theirs = self.values.get(key), values.get(key)
            if ours != theirs:
                return f"{key}: {short(ours)} was accepted, {short(theirs)} is there"
            if self.expiries.get(key) != expiries.get(key):
                return f"{key}: expires at {expiries.get(key)} instead of {self.expiries.get(key)}"
        return "nothing differs"

    def apply(self, command: tuple):
        """Carries a command out, and gives the reply that it has to get."""
        return getattr(self, "_" + command[0].lower())(*command[1:])

    def _value(self, key: str):
        return self.values.get(key, EMPTY[key[0]])

    def _change(self, key: str):
        return self.values.setdefault(key, copy.copy(EMPTY[key[0]]))

    def _drop_empty(self, key: str) -> None:
        if not self.values[key]:
            self._del(key)

    # Strings and numbers

    def _set(self, key, value):
        self.values[key] = value
        self.expiries.pop(key, None)
        return b"OK"

    def _append(self, key, value):
        self.values[key] = self._value(key) + value
        return len(self.values[key])

    def _setrange(self, key, offset, value):
        old = self._value(key).ljust(offset, b"\0")
        self.values[key] = old[:offset] + value + old[offset + len(value):]
        return len(self.values[key])

    def _getdel(self, key):
        old = self.values.get(key)
        self._del(key)
        return old

    def _incrby(self, key, number):
        self.values[key] = self._value(key) + number
        return self.values[key]

    # Lists

    def _lpush(self, key, *elements):
        self._change(key)[:0] = elements[::-1]
        return len(self.values[key])

    def _rpush(self, key, *elements):
        self._change(key).extend(elements)
        return len(self.values[key])

    def _pop(self, key, index):
        if key not in self.values:
            return None
        element = self.values[key].pop(index)
        self._drop_empty(key)
        return element

    def _lpop(self, key):
        return self._pop(key, 0)

    def _rpop(self, key):
        return self._pop(key, -1)

    def _rpoplpush(self, source, target):
        if source == target:
            return self._rotate(source)
        element = self._pop(source, -1)
        if element is not None:
            self._lpush(target, element)
        return element

    def _rotate(self, key):
        elements = self.values.get(key)
        if not elements:
            return None
        elements.insert(0, elements.pop())
        return elements[0]

    def _ltrim(self, key, first, last):
        if key in self.values:
            self.values[key] = self.values[key][first:last + 1]
            self._drop_empty(key)
        return b"OK"

    def _linsert(self, key, _, pivot, element):
        if key not in self.values:
            return 0
        elements = self.values[key]
        if pivot not in elements:
            return -1
        elements.insert(elements.index(pivot), element)
        return len(elements)

    # Hashes

    def _hset(self, key, field, value):
        fields = self._change(key)
        is_new = field not in fields
        fields[field] = value
        return int(is_new)

    def _hdel(self, key, field):
        if field not in self._value(key):
            return 0
        del self.values[key][field]
        self._drop_empty(key)
        return 1

    # Sets

    def _sadd(self, key, member):
        members = self._change(key)
        is_new = member not in members
        members.add(member)
        return int(is_new)

    def _srem(self, key, member):
        if member not in self._value(key):
            return 0
        self.values[key].remove(member)
        self._drop_empty(key)
        return 1

    def _smove(self, source, target, member):
        if source == target:
            return int(member in self._value(source))
        if not self._srem(source, member):
            return 0
        self._sadd(target, member)
        return 1

    # Sorted sets

    def _zadd(self, key, score, member):
        scores = self._change(key)
        is_new = member not in scores
        scores[member] = score
        return int(is_new)

    def _zincrby(self, key, number, member):
        scores = self._change(key)
        scores[member] = scores.get(member, 0) + number
        return score_text(scores[member])

    def _zrem(self, key, member):
        if member not in self._value(key):
            return 0
        del self.values[key][member]
        self._drop_empty(key)
        return 1

    def _zpopmin(self, key):
        if key not in self.values:
            return []
        member, score = min(self.values[key].items(), key=lambda item: (item[1], item[0]))
        self._zrem(key, member)
        return [member, score_text(score)]

    # Any key

    def _del(self, key):
        self.expiries.pop(key, None)
        return int(self.values.pop(key, None) is not None)

    def _rename(self, key, new):
        if key != new:
            self._copy(key, new, "REPLACE")
            self._del(key)
        return b"OK"

    def _copy(self, key, new, _):
        if key not in self.values:
            return 0
        self._del(new)
        self.values[new] = copy.copy(self.values[key])
        if key in self.expiries:
            self.expiries[new] = self.expiries[key]
        return 1

    def _expireat(self, key, seconds):
        if key not in self.values:
            return 0
        self.expiries[key] = seconds
        return 1

    def _persist(self, key):
        return int(self.expiries.pop(key, None) is not None)

    def _flushdb(self):
        self.values, self.expiries = {}, {}
        return b"OK"


def short(value) -> str:
    text = repr(value)
    size = f" ({len(value)})" if isinstance(value, (bytes, list, dict, set)) else ""
    return (text if len(text) <= 60 else text[:57] + "...") + size
