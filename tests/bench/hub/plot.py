"""Curves over a logarithmic axis as SVG, one panel for each: no library for so little."""

import math
from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 400, 300
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
TICKS = 4


class Curve(NamedTuple):
    title: str
    values: Sequence[float]
    color: str


def curves(xs: Sequence[int], panels: Sequence[Curve], *, x_title: str = "sockets") -> str:
    """The panels side by side, all over the same `xs` (at least 1, growing)."""
    body = "\n".join(_panel(xs, curve, index * WIDTH, x_title) for index, curve in enumerate(panels))
    size = f'width="{WIDTH * len(panels)}" height="{HEIGHT}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">\n'
        f'<rect {size} fill="white"/>\n{body}\n</svg>\n'
    )


def _panel(xs: Sequence[int], curve: Curve, offset: int, x_title: str) -> str:
    top = _round_up(max(curve.values, default=0) or 1)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    span = math.log10(max(xs)) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + math.log10(x) / span * (right - LEFT), bottom - y / top * (bottom - TOP)

    parts = [_text(LEFT, TOP - 18, curve.title, "start", "bold")]
    for tick in range(TICKS + 1):
        value = top * tick / TICKS
        _, y = at(1, value)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{value:,.10g}", "end"))
    points = [at(x, value) for x, value in zip(xs, curve.values, strict=True)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{curve.color}" stroke-width="2"/>')
    for x, (left, y) in zip(xs, points, strict=True):
        parts.append(f'<circle cx="{left:.1f}" cy="{y:.1f}" r="3.5" fill="{curve.color}"/>')
        parts.append(_text(left, bottom + 18, f"{x:,}", "middle"))
    parts.append(_text((LEFT + right) / 2, HEIGHT - 12, x_title, "middle"))
    return f'<g transform="translate({offset} 0)">\n' + "\n".join(parts) + "\n</g>"


def _text(x: float, y: float, text: str, anchor: str, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="#333">{text}</text>'


def _round_up(value: float) -> float:
    """To the next of 1, 2, 4, 6, 8, 10 times a power of ten."""
    power: float = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value)
