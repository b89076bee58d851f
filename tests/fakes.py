"""Stores in memory, for tests of what uses them; the contract suites hold them to what the real ones do."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from photo_library.errors import CatalogUnavailable, TypeGraphUnavailable
from photo_library.photos import TYPES, Photo, ScoredPhoto
from photo_library.type_graph import TypesByPhoto


class FakeCatalog:
    """PhotoCatalog in memory; while `down`, it cannot be reached."""

    def __init__(self) -> None:
        self.photos: dict[str, Photo] = {}
        self.checkpoints: dict[str, dict[str, Any]] = {}
        self.down = False
        self.writes = 0

    def ping(self) -> None:
        self._check()

    def find(self, ids: Collection[str]) -> dict[str, Photo]:
        self._check()
        return {id_: self.photos[id_] for id_ in ids if id_ in self.photos}

    def write(self, photos: Sequence[Photo]) -> dict[str, bool]:
        self._check()
        self.writes += 1
        written = {}
        for photo in photos:
            stored = self.photos.get(photo.id)
            if stored is None or stored.sequencer <= photo.sequencer:
                self.photos[photo.id] = photo
                written[photo.id] = stored is None
        return written

    def mark_synced(self, photos: Sequence[Photo]) -> list[Photo]:
        self._check()
        changed = []
        for photo in photos:
            stored = self.photos.get(photo.id)
            if stored and stored.sequencer == photo.sequencer:
                self.photos[photo.id] = replace(stored, graph="synced")
            elif stored:
                changed.append(stored)
        return changed

    def with_type(
        self, type_name: str, min_probability: float, limit: int, after: ScoredPhoto | None = None
    ) -> list[Photo]:
        self._check()
        scores = {id_: photo.types[type_name] for id_, photo in self.photos.items() if type_name in photo.types}
        return [self.photos[found.id] for found in _page(scores, min_probability, limit, after)]

    def type_counts(self, min_probability: float) -> dict[str, int]:
        self._check()
        return {name: len(self.with_type(name, min_probability, len(self.photos))) for name in TYPES}

    def page(self, after: str, limit: int, pending: bool = False, not_classified_by: str | None = None) -> list[Photo]:
        self._check()
        found = [photo for id_, photo in sorted(self.photos.items()) if id_ > after]
        if pending:
            found = [photo for photo in found if photo.graph == "pending"]
        if not_classified_by is not None:
            found = [one for one in found if one.status == "classified" and one.model != not_classified_by]
        return found[:limit]

    def page_of_keys(self, bucket: str, after: str, limit: int) -> list[Photo]:
        self._check()
        found = [
            photo for photo in self.photos.values() if photo.bucket == bucket and photo.key.encode() > after.encode()
        ]
        return sorted(found, key=lambda photo: photo.key.encode())[:limit]

    def count(self) -> int:
        self._check()
        return len(self.photos)

    def checkpoint(self, name: str) -> dict[str, Any] | None:
        self._check()
        return self.checkpoints.get(name)

    def store_checkpoint(self, name: str, content: dict[str, Any] | None) -> None:
        self._check()
        if content is None:
            self.checkpoints.pop(name, None)
        else:
            self.checkpoints[name] = content

    def _check(self) -> None:
        if self.down:
            raise CatalogUnavailable("down")


class FakeTypeGraph:
    """TypeGraph in memory; while `down`, it cannot be reached."""

    def __init__(self) -> None:
        self.types: dict[str, dict[str, float]] = {}
        self.removed: list[str] = []
        self.down = False
        self.writes = 0

    def ping(self) -> None:
        self._check()

    def write(self, types: TypesByPhoto, new: Collection[str] = ()) -> None:
        self._check()
        self.writes += bool(types)
        for id_, found in types.items():
            old = self.types.get(id_, {}) if id_ in new else {}  # whoever says "new" has nothing old looked for
            self.types[id_] = old | dict(found)

    def remove(self, photo_ids: Collection[str]) -> None:
        self._check()
        self.removed += photo_ids
        for id_ in photo_ids:
            self.types.pop(id_, None)

    def types_of(self, photo_id: str) -> dict[str, float]:
        self._check()
        return self.types.get(photo_id, {})

    def with_type(
        self, type_name: str, min_probability: float, limit: int, after: ScoredPhoto | None = None
    ) -> list[ScoredPhoto]:
        self._check()
        scores = {id_: found[type_name] for id_, found in self.types.items() if type_name in found}
        return _page(scores, min_probability, limit, after)

    def type_counts(self, min_probability: float) -> dict[str, int]:
        self._check()
        return {name: len(self.with_type(name, min_probability, len(self.types))) for name in TYPES}

    def ids(self, after: str, limit: int) -> list[str]:
        self._check()
        return sorted(id_ for id_ in self.types if id_ > after)[:limit]

    def _check(self) -> None:
        if self.down:
            raise TypeGraphUnavailable("down")


def _page(scores: dict[str, float], min_probability: float, limit: int, after: ScoredPhoto | None) -> list[ScoredPhoto]:
    """The first `limit` of the scored photos in order, from `after` on."""
    ranked = sorted((-score, id_) for id_, score in scores.items() if score >= min_probability)
    rest = [place for place in ranked if after is None or place > (-after.score, after.id)]
    return [ScoredPhoto(id_, -negative) for negative, id_ in rest[:limit]]
