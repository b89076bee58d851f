"""The photos that are most like a look: the same products by the same numbers, wherever their candidates come from."""

from collections.abc import Iterable

from photo_library.likeness import SCALE, products_with
from photo_library.search import Place


def most_alike(vector: bytes, others: Iterable[tuple[str, bytes]], limit: int, after: Place | None) -> list[Place]:
    """The `limit` photos with the highest likeness after the place `after`, in order; ties by id.

    others: ids with their vectors. Keeps little more of them than the result.
    """
    product_with = products_with(vector)
    start = (-round(after.rank * SCALE**2), after.id) if after else None
    nearest: list[tuple[int, str]] = []
    furthest: int | None = None  # the product of the last one in a full result, negative
    for id_, other in others:
        if len(other) != len(vector):
            continue
        negative = -product_with(other)
        if (furthest is None or negative <= furthest) and (start is None or (negative, id_) > start):
            nearest.append((negative, id_))
            if len(nearest) >= 2 * limit + 100:
                nearest = sorted(nearest)[:limit]
                furthest = nearest[-1][0]
    return [Place(id_, -negative / SCALE**2) for negative, id_ in sorted(nearest)[:limit]]
