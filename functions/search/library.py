"""The photo library as the HTTP API's handlers see it: one place that knows which store answers what
(decisions 53, 61, 114 and 124).

a search by relevance, counts ─▶ type graph ─▶ while it is unavailable, the catalog
everything else                               ─▶ catalog
a correction                                  ─▶ catalog, then type graph
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic, Literal, TypeVar

from photo_library.catalog.port import PhotoCatalog
from photo_library.errors import CatalogUnavailable, PhotoLibraryError, TransientError, TypeGraphUnavailable
from photo_library.events import sequencer_of_correction
from photo_library.likeness import Look
from photo_library.photo import RESTORABLE_FOR, Photo, restorable_until
from photo_library.search import (
    Compared,
    Copies,
    Facet,
    FacetName,
    Place,
    Search,
    Total,
    TypeCount,
    is_found,
    place,
    without_words,
)
from photo_library.sync import sync
from search.circuit_breaker import CircuitBreaker

Backend = Literal["tigergraph", "mongodb"]
FACETS_S = 0.2  # how long the facets of a search may take to count
LIKENESS_S = 0.8  # how long photos may be compared to find the most alike
TOTAL_S = 0.1  # how long counting the photos of a search may take
MAX_READ = 1000  # photos read at once to find those that are not hidden
TRASH = Search(status="deleted", sort="newest")
_CORRECTION_TRIES = 5
T = TypeVar("T")


class PhotoNotFound(PhotoLibraryError):
    """No photo has this id."""


class CannotCorrect(PhotoLibraryError):
    """The photo can't be corrected; the message says why."""


class CannotRestore(PhotoLibraryError):
    """The photo can't be restored; the message says why."""


class NoLongerRestorable(PhotoLibraryError):
    """The photo was deleted for good."""


class NotRejected(PhotoLibraryError):
    """The photo was not rejected, so there is nothing to try again."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What was found, and which store was asked."""

    found: T
    backend: Backend


@dataclass(frozen=True)
class Page:
    """A page of photos in order, and the place that the next page comes after; None on the last page."""

    photos: list[Photo]
    end: Place | None
    copies: Mapping[str, int] = field(default_factory=dict)  # by photo id, if duplicates are hidden
    compared: Compared | None = None  # if the search is by likeness


@dataclass(frozen=True)
class StoreState:
    """Whether a store responds, and how long it took to find out."""

    state: Literal["up", "down"]
    latency_ms: float


@dataclass(frozen=True)
class Health:
    """Who answers searches at the moment, and the state of each store. Without MongoDB, nobody does."""

    backend: Backend | None
    stores: dict[Backend, StoreState]


@dataclass(frozen=True)
class Library:
    """Both stores. Every method raises CatalogUnavailable when MongoDB is needed and doesn't answer."""

    catalog: PhotoCatalog
    graph: CircuitBreaker

    def photo(self, photo_id: str) -> Photo:
        """The photo with this id. Raises PhotoNotFound."""
        found = self.catalog.find([photo_id]).get(photo_id)
        if found is None or found.status == "deleted":
            raise PhotoNotFound(photo_id)
        return found

    def restorable_photo(self, photo_id: str) -> Photo:
        """The deleted photo with this id, or one whose deletion the catalog may not know yet.

        Raises PhotoNotFound, CannotRestore and NoLongerRestorable.
        """
        photo = self.catalog.find([photo_id]).get(photo_id)
        if photo is None:
            raise PhotoNotFound(photo_id)
        if photo.status == "deleted":
            until = restorable_until(photo)
            if until is None or until < datetime.now(UTC):
                raise NoLongerRestorable(
                    f"This photo was deleted for good, or more than {RESTORABLE_FOR.days} days ago."
                )
        elif photo.version_id is None:
            raise CannotRestore("The bucket keeps no versions of this photo.")
        return photo

    def trash(self, limit: int, after: Place | None = None) -> tuple[Page, Total]:
        """A page of the deleted photos that can be restored, the last deleted first, and how many there are."""
        search = replace(TRASH, since=datetime.now(UTC) - RESTORABLE_FOR)
        page = self._search_catalog(search, limit, after)
        return page, self.total(search, page)

    def rejected_photo(self, photo_id: str) -> Photo:
        """The rejected photo with this id. Raises PhotoNotFound and NotRejected."""
        photo = self.photo(photo_id)
        if photo.status != "rejected":
            raise NotRejected("This photo was not rejected, so there is nothing to try again.")
        return photo

    def search(self, search: Search, limit: int, after: Place | None = None) -> Answer[Page]:
        """A page of at most `limit` photos after the place `after`, in the search's order."""
        if search.hide_duplicates:
            return self._search_without_duplicates(search, limit, after)
        return self._search(search, limit, after)

    def duplicates(self, photo: Photo) -> list[str]:
        """The ids of the other photos with the same bytes, the oldest first."""
        return self.catalog.duplicates(photo)

    def _search_without_duplicates(self, search: Search, limit: int, after: Place | None) -> Answer[Page]:
        """Of photos with the same bytes the oldest that the search finds, as the catalog has them at this moment.

        Reads on until the page is full, since it isn't known beforehand how many photos are hidden.
        """
        found: list[Photo] = []
        counts: dict[str, int] = {}
        # To read on, photos like another are all compared again: rarely, if more are read at first.
        size = 2 * (limit + 1) if search.like else limit
        while True:
            answer = self._search(search, size, after)
            copies = self.catalog.copies(search, {photo.digest for photo in answer.found.photos if photo.digest})
            for photo in answer.found.photos:
                same = copies.get(photo.digest) if photo.digest else Copies(photo.id, 1)
                if same and same.oldest == photo.id:
                    found.append(photo)
                    counts[photo.id] = same.photos
            after = answer.found.end
            if len(found) > limit:
                end = place(search, found[limit - 1])
                return Answer(Page(found[:limit], end, counts, answer.found.compared), answer.backend)
            if after is None:
                return Answer(Page(found, None, counts, answer.found.compared), answer.backend)
            size = min(2 * size, MAX_READ)

    def _search(self, search: Search, limit: int, after: Place | None) -> Answer[Page]:
        if search.needs_catalog:
            return Answer(self._search_catalog(search, limit, after), "mongodb")
        return _graph_or_catalog(
            lambda: self._search_graph(search, limit, after), lambda: self._search_catalog(search, limit, after)
        )

    def total(self, search: Search, page: Page) -> Total:
        """How many photos the search finds: exact as far as time allows, and never fewer than a page of it shows."""
        counted = self.catalog.total(search, TOTAL_S)
        shown = len(page.photos) + (page.end is not None)
        return counted if counted.exact else replace(counted, photos=max(counted.photos, shown))

    def without_missing_words(self, search: Search) -> Search:
        """The search without those of its words that leave no photo, if it has other conditions.

        Words are tried one by one, each together with those that left some photos.
        """
        if search.like:
            plain = self.without_missing_words(replace(search, like=None, sort="newest"))
            return replace(search, words=plain.words)
        kept = without_words(search)
        if kept is None or self.catalog.search(search, 1):
            return search
        for word in search.words:
            tried = replace(kept, words=(*kept.words, word))
            if self.catalog.search(tried, 1):
                kept = tried
        return kept

    def alike(self, search: Search, like: str | Look) -> Search:
        """The search for photos like the one with this id, or like this look. Raises PhotoNotFound."""
        if isinstance(like, Look):
            return replace(search, like=like, sort="likeness")
        photo = self.photo(like)
        return replace(search, like=Look(photo.model or "", photo.look), other_than=photo.id, sort="likeness")

    def type_counts(self, min_probability: float) -> Answer[dict[str, TypeCount]]:
        """How many photos show each of the ten types with at least this probability, and their mean probability."""
        return _graph_or_catalog(
            lambda: self.graph.type_counts(min_probability), lambda: self.catalog.type_counts(min_probability)
        )

    def facets(self, search: Search) -> dict[FacetName, Facet]:
        """How many photos the search would find with each type or colour added: exact as far as time allows.

        Colours may take half of the time; a photo has fewer of them. Types get what is left.
        """
        end = time.monotonic() + FACETS_S
        colors = self.catalog.facet(search, "color", FACETS_S / 2)
        return {"type": self.catalog.facet(search, "type", max(FACETS_S / 4, end - time.monotonic())), "color": colors}

    def correct(self, photo_id: str, types: tuple[str, ...]) -> Photo:
        """Store the types that a user says a photo shows, and update the graph at once.

        If the graph is unavailable, reconcile updates it later. Raises PhotoNotFound and CannotCorrect.
        """
        return self._corrected(photo_id, types=dict.fromkeys(types, 1.0), types_source="person")

    def retitle(self, photo_id: str, title: str) -> Photo:
        """Store the title that a user gives a photo. Raises PhotoNotFound and CannotCorrect."""
        return self._corrected(photo_id, title=title, title_source="person")

    def _corrected(self, photo_id: str, **correction: Any) -> Photo:
        """The photo with these fields corrected, in both stores."""
        photo = self.photo(photo_id)
        for _ in range(_CORRECTION_TRIES):
            if photo.status != "classified":
                raise CannotCorrect("The photo was rejected, so it can't be corrected.")
            corrected = replace(
                photo,
                **correction,
                # Newer than any classification that has happened or is under way.
                sequencer=sequencer_of_correction(photo.sequencer),
                updated_at=datetime.now(UTC),
                graph="pending",
            )
            if self.catalog.correct(corrected, photo.sequencer):
                return self._synced(corrected)
            etag, photo = photo.etag, self.photo(photo_id)
            if photo.etag != etag:
                raise CannotCorrect("The photo was replaced in the meantime. Reload it and try again.")
        raise CatalogUnavailable(f"the photo {photo_id} changed {_CORRECTION_TRIES} times while it was being corrected")

    def health(self) -> Health:
        """The state of each store, asked now, and who answers searches."""
        stores: dict[Backend, StoreState] = {
            "mongodb": _state(self.catalog.ping),
            "tigergraph": _state(self.graph.ping),
        }
        if stores["mongodb"].state == "down":
            return Health(None, stores)
        # A graph that responds may still be unable to run its queries: the circuit breaker knows.
        graph_answers = stores["tigergraph"].state == "up" and not self.graph.is_open
        return Health("tigergraph" if graph_answers else "mongodb", stores)

    def _search_graph(self, search: Search, limit: int, after: Place | None) -> Page:
        # One more than a page holds, to know whether there is another page.
        places = self.graph.search(search, limit + 1, after)
        photos = self.catalog.find([found.id for found in places[:limit]])
        # The graph is a moment behind the catalog; the catalog's current state decides.
        matching = [photo for photo in photos.values() if is_found(search, photo)]
        ordered = sorted(matching, key=lambda photo: (-place(search, photo).rank, photo.id))
        return Page(ordered, places[limit - 1] if len(places) > limit else None)

    def _search_catalog(self, search: Search, limit: int, after: Place | None) -> Page:
        if search.like:
            alike = self.catalog.most_alike(search, limit + 1, after, LIKENESS_S)
            shown, more = alike.photos[:limit], len(alike.photos) > limit
            return Page(shown, place(search, shown[-1]) if more else None, compared=alike.compared)
        found = self.catalog.search(search, limit + 1, after)
        return Page(found[:limit], place(search, found[limit - 1]) if len(found) > limit else None)

    def _synced(self, photo: Photo) -> Photo:
        """The photo after the graph was updated, or as it is while the graph is unavailable."""
        try:
            self.graph.call(lambda graph: sync(self.catalog, graph, [photo]))
        except TypeGraphUnavailable:
            return photo
        return replace(photo, graph="synced")


def _state(ping: Callable[[], None]) -> StoreState:
    began = time.perf_counter()
    try:
        ping()
        state: Literal["up", "down"] = "up"
    except TransientError:
        state = "down"
    return StoreState(state, round((time.perf_counter() - began) * 1000, 1))


def _graph_or_catalog(from_graph: Callable[[], T], from_catalog: Callable[[], T]) -> Answer[T]:
    """Ask the graph; fall back to the catalog while it is unavailable."""
    try:
        return Answer(from_graph(), "tigergraph")
    except TypeGraphUnavailable:
        return Answer(from_catalog(), "mongodb")
