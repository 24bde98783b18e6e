"""Rows for people and for programs."""

import dataclasses

HEADINGS = ("what", "Roost", "peer", "ratio", "floor", "", "notes")


def number(value, unit=""):
    if value is None:
        return ""
    return f"{value:.2f} {unit}" if unit in ("ms", "s", "GiB", "MiB", "KiB", "%") else f"{value:,.0f}"


def cells(row):
    peer = f"{number(row.peer, row.unit)} ({row.peer_name})" if row.peer is not None else ""
    ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
    if row.ceiling is not None:
        floor = f"max {row.ceiling:g} {row.unit}"
    elif row.ratio_ceiling is not None:
        floor = f"max {row.ratio_ceiling:g}"
    elif row.floor is None:
        floor = ""
    else:
        floor = f"{row.floor:g}" if row.peer is not None else number(row.floor)
    return (f"{row.what} ({row.unit})", number(row.roost, row.unit), peer, ratio, floor, row.verdict, row.note)


def markdown(rows):
    lines = [HEADINGS, tuple("-" * 3 for _ in HEADINGS)] + [cells(row) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in lines)


def as_json(rows):
    return [dataclasses.asdict(row) | {"ratio": row.ratio, "verdict": row.verdict} for row in rows]
