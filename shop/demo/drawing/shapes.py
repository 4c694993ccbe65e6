"""Outlines: functions that return lists of points."""

import math
from collections.abc import Sequence

from shop.demo.drawing.board import Point, Points


def ellipse(cx: float, cy: float, rx: float, ry: float | None = None) -> list[Point]:
    return arc(cx, cy, rx, rx if ry is None else ry, 0, 360)


def arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> list[Point]:
    """Along an ellipse, degrees clockwise from the right (y points down)."""
    steps = max(12, int(abs(end - start) / 5))
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(cx + rx * math.cos(t), cy + ry * math.sin(t)) for t in angles]


def rectangle(x: float, y: float, width: float, height: float, radius: float = 0.0) -> list[Point]:
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    return rounded(corners, radius) if radius else corners


def rounded(corners: Points, radius: float | Sequence[float]) -> list[Point]:
    """A polygon whose corners are rounded, all alike or each by its own radius."""
    radii = [radius] * len(corners) if isinstance(radius, int | float) else list(radius)
    outline: list[Point] = []
    for i, corner in enumerate(corners):
        before, after = corners[i - 1], corners[(i + 1) % len(corners)]
        start = _towards(corner, before, radii[i])
        end = _towards(corner, after, radii[i])
        if radii[i] <= 0 or start == end:
            outline.append(corner)
            continue
        # A cubic with these handles is very nearly a circle's arc at a right angle.
        outline += curve(start, _part(start, corner, 0.55), _part(end, corner, 0.55), end, 8)
    return outline


def _towards(corner: Point, other: Point, radius: float) -> Point:
    length = math.dist(corner, other)
    return corner if length == 0 else _part(corner, other, min(radius / length, 0.5))


def _part(one: Point, other: Point, part: float) -> Point:
    return one[0] + (other[0] - one[0]) * part, one[1] + (other[1] - one[1]) * part


def curve(start: Point, pull: Point, push: Point, end: Point, steps: int = 16) -> list[Point]:
    """A cubic Bézier curve."""
    points = []
    for i in range(steps + 1):
        t = i / steps
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        points.append(
            (
                a * start[0] + b * pull[0] + c * push[0] + d * end[0],
                a * start[1] + b * pull[1] + c * push[1] + d * end[1],
            )
        )
    return points


def smooth(knots: Points, *, closed: bool = True, steps: int = 10) -> list[Point]:
    """A curve through every knot (Catmull–Rom)."""
    count = len(knots)
    outline: list[Point] = []
    for i in range(count if closed else count - 1):
        if closed:
            p0, p1, p2, p3 = (knots[(i + k - 1) % count] for k in range(4))
        else:
            p0, p1, p2, p3 = (knots[min(max(i + k - 1, 0), count - 1)] for k in range(4))
        pull = p1[0] + (p2[0] - p0[0]) / 6, p1[1] + (p2[1] - p0[1]) / 6
        push = p2[0] - (p3[0] - p1[0]) / 6, p2[1] - (p3[1] - p1[1]) / 6
        outline += curve(p1, pull, push, p2, steps)[:-1]
    return outline if closed else [*outline, knots[-1]]


def mirrored(profile: Sequence[tuple[float, float] | tuple[float, float, float]]) -> list[Point]:
    """A body turned on a lathe: (half width, y[, corner radius]) from the top down."""
    right = [(p[0], p[1]) for p in profile]
    radii = [p[2] if len(p) == 3 else 0.0 for p in profile]
    left = [(-x, y) for x, y in reversed(right)]
    return rounded([*right, *left], [*radii, *reversed(radii)])


def barrel(
    half: float, top: float, bottom: float, bend: float, half_bottom: float | None = None
) -> list[Point]:
    """A cylinder seen a little from above: the far rim bends up, the near foot bends down."""
    low = half if half_bottom is None else half_bottom
    return [*arc(0, top, half, bend, 180, 360), *arc(0, bottom, low, bend, 0, 180)]
