"""The table at the end of a run, and the same as JSON."""

import json
from collections import Counter

from chaos.history import OK, OPEN, UNKNOWN

FAILURES_SHOWN = 50
# What a run of some length comes to.
MARKS = ("grouped", "sent again", "sent again, and accepted", "burials", "dead letters", "dead letters back")


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def rows(result: dict) -> list[tuple[str, str]]:
    kills = ", ".join(f"{kind} {number}" for kind, number in result["kills_by_kind"].items())
    causes = ", ".join(f"{number} {cause}" for cause, number in result["duplicated"].items()) or "none"
    ready = result["ready_seconds"]
    balance = result["balance"]
    return [
        ("messages attempted", f"{result['attempted']:,}"),
        ("acknowledged", f"{result['acked']:,}"),
        ("without a reply", f"{result['info']:,}, of them delivered later: {result['recovered']:,}"),
        ("lost", f"{result['lost']:,}"),
        ("unexpected", f"{result['unexpected']:,}"),
        ("duplicated", causes),
        ("in groups", f"{result['grouped']:,}, of them sent again {result['sent again']:,} times, accepted "
                      f"{result['sent again, and accepted']:,} times"),
        ("dead letters", f"{result['dead letters']:,} received, of them back in their queue "
                         f"{result['dead letters back']:,}; moves started {result['moves']:,}"),
        ("buried", f"{result['burials']:,}, kicked {result['kicked']:,}"),
        ("balance", f"{balance['acked']:,} acknowledged + {balance['recovered']:,} recovered = "
                    f"{balance['deleted']:,} deleted + {balance['perhaps_deleted']:,} perhaps deleted + "
                    f"{balance['drained']:,} drained"),
        ("keys", keys_row(result["keys"], result["keys_wrong"])),
        ("kills of a live server", f"{result['kills']} ({kills})"),
        ("restarts", f"{result['restarts']}"),
        ("ready after", f"p50 {ready['p50']:.2f} s, p99 {ready['p99']:.2f} s, max {ready['max']:.2f} s"),
        ("torn bytes cut", f"{result['torn_bytes']:,} in {result['torn_tails']} starts"),
        ("operations", f"{result['operations']:,}, refused {result['refused']:,}"),
        ("negative controls", f"{result['controls'] - len(result['controls_missed'])} of {result['controls']} caught"),
        ("time", f"{result['seconds']:.0f} s, of them {result['check_seconds']:.0f} s for the check"),
        ("repeat with", f"--seed {result['seed']}"),
    ]


def keys_row(keys: dict, wrong: int) -> str:
    count = Counter(keys)
    return (f"{count['commands']:,} changes accepted, {count['transactions']:,} transactions; all read "
            f"{count['checks']:,} times, {wrong} differences; without a reply: {count['recovered']:,} carried out, "
            f"{count['not carried out']:,} not")


def table(result: dict) -> str:
    lines = [f"  {name:<24}{value}" for name, value in rows(result)]
    lines += [f"  skipped: {text}" for text in result["skipped"]]
    if result["failures"]:
        rules = Counter(failure.split(":")[0] for failure in result["failures"])
        named = ", ".join(f"{number} {rule}" for rule, number in sorted(rules.items()))
        lines += [f"FAILED: {len(result['failures'])} breaches: {named}", *result["failures"][:FAILURES_SHOWN]]
    else:
        lines.append("PASSED: nothing lost, nothing resurrected")
    return "\n".join(lines)


def write_json(result: dict, path: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        json.dump(result, file, indent=2)
        file.write("\n")


def figures(counts, drained) -> dict:
    """From the counts of the checker."""
    sends = {result: counts[f"send {result}"] for result in (OK, UNKNOWN, OPEN, "f", "n", None)}
    info = sends[UNKNOWN] + sends[OPEN]
    prefix = "duplicated "
    return {
        "attempted": sum(sends.values()), "acked": sends[OK], "info": info, "recovered": counts["recovered"],
        "deliveries": counts["deliveries"], **{mark: counts[mark] for mark in MARKS},
        "duplicated": {name[len(prefix):]: number for name, number in sorted(counts.items())
                       if name.startswith(prefix)},
        "balance": {"acked": sends[OK], "recovered": counts["recovered"], "deleted": counts["deleted"],
                    "perhaps_deleted": counts["perhaps deleted"], "drained": sum(drained.values())},
    }
