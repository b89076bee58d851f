"""What each installed query answers, computed in Python: the stand-in reads GSQL, but runs none."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from infra.local.tigergraph.graph import Graph, vertex


def _photos_by_types(
    graph: Graph,
    *,
    type_names: str,
    match_all: bool,
    min_probability: float,
    unwanted: list[str],
    exclude_from: float,
    page_size: int = 20,
    after: str = "",
) -> dict[str, Any]:
    wanted = json.loads(type_names)
    place: dict[str, Any] = json.loads(after) if after else {"score": 2, "id": ""}
    excluded = {id_ for name in unwanted for id_, _ in _photos_of(graph, name, exclude_from)}
    shown: dict[str, dict[str, float]] = {}
    for name in wanted:
        for id_, probability in _photos_of(graph, name, min_probability):
            if id_ not in excluded:
                shown.setdefault(id_, {})[name] = probability
    scores = {
        id_: math.prod(found.values()) if match_all else max(found.values())
        for id_, found in shown.items()
        if len(found) >= (len(wanted) if match_all else 1)
    }
    places = sorted((-score, id_) for id_, score in scores.items())
    page = [id_ for negative, id_ in places if (negative, id_) > (-place["score"], place["id"])][:page_size]
    # TigerGraph promises no order for a vertex set that it prints, so the best is not first here.
    return {"photos": [vertex("Photo", id_, {"photo_id": id_, "shown": shown[id_]}) for id_ in reversed(page)]}


def _photos_of(graph: Graph, type_name: str, min_probability: float) -> list[tuple[str, float]]:
    """The ids of the photos that show a type, each with its probability."""
    return [
        (id_, edge["probability"])
        for (_, id_), edge in graph.neighbours("PhotoType", type_name, "PHOTO_HAS_TYPE").items()
        if edge["probability"] >= min_probability
    ]


def _type_counts(graph: Graph, min_probability: float = 0.5) -> dict[str, Any]:
    shown = {
        name: [probability for _, probability in _photos_of(graph, name, min_probability)]
        for name in graph.vertices.get("PhotoType", {})
    }
    return {
        "types": [
            vertex("PhotoType", name, {"name": name, "photos": len(found), "total": sum(found)})
            for name, found in shown.items()
            if found
        ]
    }


def _photo_ids(graph: Graph, last_id: str = "", page_size: int = 1000) -> dict[str, Any]:
    page = sorted(id_ for id_ in graph.vertices.get("Photo", {}) if id_ > last_id)[:page_size]
    return {"photos": [vertex("Photo", id_, {"photo_id": id_}) for id_ in reversed(page)]}


ANSWERS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "photos_by_types": _photos_by_types,
    "type_counts": _type_counts,
    "photo_ids": _photo_ids,
}
