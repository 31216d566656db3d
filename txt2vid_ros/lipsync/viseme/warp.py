"""Smooth warps through control points: thin-plate splines (Bookstein 1989) on a coarse grid."""

from __future__ import annotations

from collections.abc import Sequence
import math

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Map = NDArray[np.float32]


class Grid:
    """A coarse grid over a region of the picture, `columns` x `rows` nodes, edges included."""

    def __init__(self, box: tuple[int, int, int, int], step: float) -> None:
        """Cover `box` (x0, y0, x1, y1; pixels, x1 and y1 outside) about every `step` pixels."""
        self.box = box
        self.width, self.height = box[2] - box[0], box[3] - box[1]
        self.columns = max(4, round(self.width / step) + 1)
        self.rows = max(4, round(self.height / step) + 1)
        # Pixel-area alignment: cv2.resize puts node i at (i + 0.5) * size / count - 0.5.
        xs = (np.arange(self.columns) + 0.5) * self.width / self.columns - 0.5 + box[0]
        ys = (np.arange(self.rows) + 0.5) * self.height / self.rows - 0.5 + box[1]
        self.nodes: NDArray[np.float32] = (
            np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2).astype(np.float32)
        )

    def extent(self, chosen: NDArray[np.bool_]) -> tuple[int, int, int, int]:
        """Return the box (as `box`) in which interpolation between nodes may see a chosen one."""
        x0, y0, x1, y1 = self.box
        there = chosen.reshape(self.rows, self.columns)
        rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
        if not len(rows):
            return x0, y0, x0, y0
        # A node is seen as far as its neighbours' places.
        wide, high = self.width / self.columns, self.height / self.rows
        return (max(x0, x0 + math.floor((columns[0] - 0.5) * wide) - 1),
                max(y0, y0 + math.floor((rows[0] - 0.5) * high) - 1),
                min(x1, x0 + math.ceil((columns[-1] + 1.5) * wide) + 1),
                min(y1, y0 + math.ceil((rows[-1] + 1.5) * high) + 1))

    def full(self, values: Map) -> Map:
        """Return values (nodes,) or (nodes, 2) as a picture over the whole box."""
        image = values.reshape(self.rows, self.columns, -1)
        size = (self.width, self.height)
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.float32)


class Spline:
    """
    Thin-plate splines over nodes of a grid. The first control points, the still ones, never move.

    `shifts` returns, for each node, displacements back to the source: exact at the control points
    except for a little stiffness, smooth between them.
    """

    def __init__(
        self, grid: Grid, still: Array, chosen: NDArray[np.bool_], stiffness: float = 1e-5
    ) -> None:
        """Prepare for `still` (n, 2), pixels, at those nodes of `grid` that are `chosen`."""
        self._scale = float(max(grid.width, grid.height))
        self._centre = np.array([grid.box[0] + grid.width / 2, grid.box[1] + grid.height / 2])
        self._stiffness = stiffness
        nodes = (grid.nodes[chosen] - self._centre.astype(np.float32)) / np.float32(self._scale)
        self._nodes = np.asarray(nodes, np.float32)
        self._squares = (self._nodes**2).sum(1)[:, None]
        self._still = self._unit(still)
        self._still_kernel = self._kernel(self._still)
        self._still_system = _system(self._still, self._still)

    def shifts(self, beside: Array, beside_moves: Array,
               layers: Sequence[tuple[Array, Array]]) -> list[Map]:
        """
        Return the shift (nodes, 2) of each chosen node in each of the `layers`, interpolated.

        `beside` (m, 2) and `beside_moves` are places and moves of all layers, in pixels; each
        layer adds its own (k, 2). All have the still points besides.
        """
        still, moving = len(self._still), self._unit(beside)
        count = still + len(moving)
        common = np.concatenate([self._still, moving])
        system = np.zeros((count + 3, count + 3))
        system[:still, :still] = self._still_system
        system[:count, still:count] = _system(common, moving)
        system[still:count, :still] = system[:still, still:count].T
        system[range(count), range(count)] += self._stiffness
        border = self._border(common)
        system[:count, count:] = border
        system[count:, :count] = border.T
        right = np.zeros((count + 3, 2))
        right[still:count] = beside_moves
        # What all layers share is solved once; each adds its own points by the Schur complement.
        own = [self._unit(places) for places, _ in layers]
        across = [np.concatenate([_system(common, each), self._border(each).T]) for each in own]
        solved = np.linalg.solve(system, np.concatenate([right, *across], axis=1))
        alone, first = solved[:, :2], 2
        kernel = self._kernel(moving)
        shifts = []
        for places, (_, moves), beyond in zip(own, layers, across, strict=True):
            carried = solved[:, first:first + len(places)]
            first += len(places)
            inner = _system(places, places) - beyond.T @ carried
            inner[range(len(places)), range(len(places))] += self._stiffness
            last = np.linalg.solve(inner, moves - beyond.T @ alone)
            weights = (alone - carried @ last).astype(np.float32)
            shift = weights[count] + self._nodes @ weights[count + 1:]
            shift += self._still_kernel @ weights[:still] + kernel @ weights[still:count]
            shift += self._kernel(places) @ last.astype(np.float32)
            shifts.append(np.asarray(shift, np.float32))
        return shifts

    def _kernel(self, points: Array) -> Map:
        """Return the kernel, of shape (nodes, n), of each chosen node and each of n `points`."""
        targets = points.astype(np.float32)
        # |a - b|^2 by one matrix product: three times faster than by differences.
        squared = self._squares + (targets**2).sum(1)[None] - 2 * self._nodes @ targets.T
        np.maximum(squared, np.float32(1e-12), out=squared)
        return np.asarray(squared * np.log(squared), np.float32)

    @staticmethod
    def _border(points: Array) -> Array:
        return np.concatenate([np.ones((len(points), 1)), points], axis=1)

    def _unit(self, points: Array) -> Array:
        return np.asarray((points - self._centre) / self._scale)


def thin_plate(points: Array, values: Array, at: Array, stiffness: float) -> Array:
    """
    Return `values` (n,), known at `points` (n, 2), at the positions `at` (m, 2).

    `stiffness`: how much smoother than the values it is; 0 goes through them all.
    """
    count = len(points)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _system(points, points)
    system[range(count), range(count)] += stiffness
    system[:count, count] = 1
    system[:count, count + 1:] = points
    system[count:] = system[:, count:].T
    right = np.zeros(count + 3)
    right[:count] = values
    weights = np.linalg.solve(system, right)
    return np.asarray(_system(at, points) @ weights[:count] + weights[count]
                      + at @ weights[count + 1:])


def _system(one: Array, other: Array) -> Array:
    # |a - b|^2 by one matrix product, as in Spline.kernel.
    squared = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T
    np.maximum(squared, 1e-12, out=squared)
    return np.asarray(squared * np.log(squared))


def remapped(
    picture: NDArray[np.uint8], where: Map, method: int = cv2.INTER_LINEAR
) -> NDArray[np.uint8]:
    """Return `picture` sampled at `where` (h, w, 2), in pixels; the edge is replicated outside."""
    none = np.empty(0, np.float32)  # both coordinates are in the first map
    taken = cv2.remap(picture, where, none, method, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(taken, np.uint8)


def remapped_sharply(
    picture: NDArray[np.uint8], where: Map, within: tuple[int, int, int, int]
) -> NDArray[np.uint8]:
    """
    Return `picture` sampled at `where` nearly as sharp as by cubic interpolation.

    That is linear in a picture of twice the size, which is made by cubic interpolation: much
    cheaper than the latter at each place. All of `where` lies in the box `within`.
    """
    x0, y0, x1, y1 = within
    twice = np.asarray(cv2.resize(picture[y0:y1, x0:x1], None, fx=2, fy=2,
                                  interpolation=cv2.INTER_CUBIC), np.uint8)
    # A pixel's middle is at its place and a half: 2 * (where + 0.5 - x0) - 0.5.
    there = cv2.transform(where, np.array([[2, 0, 0.5 - 2 * x0], [0, 2, 0.5 - 2 * y0]]))
    return remapped(twice, np.asarray(there, np.float32))


def sampled_lab(picture: NDArray[np.uint8], where: Map | Array) -> Map:
    """Return the colours of `picture` at `where` (h, w, 2), in pixels, in CIELAB (h, w, 3)."""
    taken = remapped(picture, np.asarray(where, np.float32))
    lab = cv2.cvtColor(np.asarray(taken, np.float32) / 255, cv2.COLOR_BGR2LAB)
    return np.asarray(lab, np.float32)


def smooth_step(value: Map | Array, low: float | Map, high: float | Map) -> Map:
    """Return 0 below `low`, 1 above `high`, smooth in between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
