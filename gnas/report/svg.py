"""Charts as inline SVG, drawn by hand: no script, no library, sharp at any size.

Colours come from the page's style sheet, so that a chart follows the reader's light or dark mode.
"""

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 720, 64, 16, 20, 40

Scale = Callable[[float], float]
"""From a value to its place on the page."""


@dataclass(frozen=True)
class Point:
    """One mark; `kind` is its class in the style sheet, `label` what the pointer shows."""

    x: float
    y: float
    kind: str
    label: str


@dataclass(frozen=True)
class Bar:
    """One bar; `low` and `high` are its interval, where it has one."""

    name: str
    value: float
    kind: str = "bar"
    low: float | None = None
    high: float | None = None


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, about `about` of them."""
    if not high > low:
        return [low]
    raw = (high - low) / about
    magnitude = 10 ** math.floor(math.log10(raw))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def scatter(points: Sequence[Point], best: Sequence[tuple[float, float]], x_name: str, y_name: str) -> str:
    """Points, and the running best as a stepped line."""
    if not points:
        return ""
    height = 300
    x_low, x_high = _span([point.x for point in points])
    y_low, y_high = _span([point.y for point in points])

    def x_of(x: float) -> float:
        return LEFT + (x - x_low) / (x_high - x_low) * (WIDTH - LEFT - RIGHT)

    def y_of(y: float) -> float:
        return height - BOTTOM - (y - y_low) / (y_high - y_low) * (height - TOP - BOTTOM)

    parts = [_y_axis(y_low, y_high, y_of), _x_axis(x_low, x_high, x_of, height, x_name)]
    parts.append(f'<text class="axis" x="12" y="{TOP - 8}">{html.escape(y_name)}</text>')
    if best:
        steps = [f"M{x_of(best[0][0]):.1f} {y_of(best[0][1]):.1f}"]
        steps += [f"H{x_of(x):.1f}V{y_of(y):.1f}" for x, y in best[1:]]
        parts.append(f'<path class="line" d="{"".join(steps)}H{x_of(x_high):.1f}"/>')
    parts += [
        f'<circle class="{point.kind}" cx="{x_of(point.x):.1f}" cy="{y_of(point.y):.1f}" r="4">'
        f"<title>{html.escape(point.label)}</title></circle>"
        for point in points
    ]
    return _svg(parts, height)


def bars(values: Sequence[Bar], digits: int = 4) -> str:
    """Horizontal bars from zero, longest name first in width, with whiskers for intervals."""
    if not values:
        return ""
    row, name_width = 26, min(260, 24 + 7 * max(len(bar.name) for bar in values))
    height = row * len(values) + 12
    high = max(max(bar.value, bar.high or 0.0, 0.0) for bar in values) or 1.0

    def x_of(value: float) -> float:
        return name_width + max(value, 0.0) / high * (WIDTH - name_width - 80)

    parts = []
    for number, bar in enumerate(values):
        y = 6 + number * row
        parts.append(f'<text x="{name_width - 8}" y="{y + 16}" text-anchor="end">{html.escape(bar.name)}</text>')
        parts.append(
            f'<rect class="{bar.kind}" x="{name_width}" y="{y + 3}" width="{x_of(bar.value) - name_width:.1f}" '
            f'height="{row - 8}"><title>{html.escape(bar.name)}: {bar.value:.{digits}f}</title></rect>'
        )
        end = bar.value
        if bar.low is not None and bar.high is not None:
            middle = y + row / 2 - 1
            parts.append(f'<path class="whisker" d="M{x_of(bar.low):.1f} {middle}H{x_of(bar.high):.1f}"/>')
            end = max(end, bar.high)
        parts.append(f'<text x="{x_of(end) + 6:.1f}" y="{y + 16}">{bar.value:.{digits}f}</text>')
    return _svg(parts, height)


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def _y_axis(low: float, high: float, y_of: Scale) -> str:
    return "".join(
        f'<path class="grid" d="M{LEFT} {y_of(tick):.1f}H{WIDTH - RIGHT}"/>'
        f'<text class="axis" x="{LEFT - 8}" y="{y_of(tick) + 4:.1f}" text-anchor="end">{tick:.4g}</text>'
        for tick in ticks(low, high)
    )


def _x_axis(low: float, high: float, x_of: Scale, height: int, name: str) -> str:
    marks = "".join(
        f'<text class="axis" x="{x_of(tick):.1f}" y="{height - BOTTOM + 18}" text-anchor="middle">{tick:.4g}</text>'
        for tick in ticks(low, high)
        if tick == int(tick)
    )
    middle = (LEFT + WIDTH - RIGHT) / 2
    return f'{marks}<text class="axis" x="{middle}" y="{height - 4}" text-anchor="middle">{html.escape(name)}</text>'


def _svg(parts: Sequence[str], height: int) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(parts)}</svg>'
