"""The photos that are most like a look: the same products by the same numbers, wherever their candidates come from."""

from collections.abc import Iterable

from photo_library.likeness import SCALE, cells, products_with
from photo_library.photo import COLORS, TYPES
from photo_library.search import Place, Search


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


def cells_to_compare(search: Search, vector: bytes) -> tuple[list[int], list[int]]:
    """The cells that hold most of what the search finds, the nearest to the vector first; and the others.

    A photo that shows Shirt is mostly in a cell of shirts, a red one in one of red photos: a picture of a blue dress,
    asked for red shirts, has all of those in far cells.
    """
    nearest = cells(vector)
    fitting = [cell for cell in nearest if _fits(search, *divmod(cell, len(COLORS)))]
    return fitting, [cell for cell in nearest if cell not in fitting]


def _fits(search: Search, kind: int, color: int) -> bool:
    name = TYPES[kind] if kind < len(TYPES) else None
    return (
        (not search.types or name in search.types)
        and name not in search.unwanted
        and (name is None or not search.untyped)
        and (not search.colors or COLORS[color] in search.colors)
        and COLORS[color] not in search.unwanted_colors
    )
