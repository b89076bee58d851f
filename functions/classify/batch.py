"""The messages of one invocation: which photos they are about, and what became of them."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime

from photo_library.errors import EventError
from photo_library.events import ObjectEvent, parse_events
from photo_library.photo import Photo


class Batch:
    """A batch of SQS messages, message id → body, and the record of what was done with them.

    `remaining` returns the seconds that are left. `redelivered` names messages that were delivered before: how far
    their processing got then is not known.
    """

    def __init__(
        self, messages: Mapping[str, str], remaining: Callable[[], float], redelivered: Collection[str] = ()
    ) -> None:
        self.remaining = remaining
        self.failures: dict[str, Exception] = {}  # message id → cause; the other messages are done for good
        self.graph_failure: Exception | None = None  # why the photos stay pending; no message fails for it
        self.written: list[Photo] = []
        self.graph_lags_s: list[float] = []  # of photos that the graph lacked: since the catalog's write
        self._redelivered = redelivered
        self._events: dict[str, list[ObjectEvent]] = {}  # photo id → its events
        self._senders: dict[str, list[str]] = {}  # photo id → the messages that its events came in
        for message_id, body in messages.items():
            try:
                for event in parse_events(body):
                    self._events.setdefault(event.photo_id, []).append(event)
                    self._senders.setdefault(event.photo_id, []).append(message_id)
            except EventError as error:
                self.failures[message_id] = error

    @property
    def photo_ids(self) -> Collection[str]:
        return self._events.keys()

    def newer_events(self, stored: Mapping[str, Photo]) -> list[ObjectEvent]:
        """Of each photo the newest event, if it is newer than the stored photo.

        Which event is the newest only decides the order: the object is read after all of them happened, and so is found
        as the last one left it.
        """
        newest = [max(events, key=lambda event: event.sequencer) for events in self._events.values()]
        return [
            event
            for event in newest
            if event.photo_id not in stored or stored[event.photo_id].sequencer < event.sequencer
        ]

    def was_redelivered(self, photo_id: str) -> bool:
        """Whether one of the photo's messages was delivered before."""
        return not set(self._senders[photo_id]).isdisjoint(self._redelivered)

    def fail(self, photo_ids: Iterable[str], cause: Exception) -> None:
        """Have all messages about these photos redelivered."""
        self.failures.update({message_id: cause for id_ in photo_ids for message_id in self._senders[id_]})

    def note_synced(self, photos: Iterable[Photo]) -> None:
        """Note that the graph holds these photos now."""
        now = datetime.now(UTC)
        self.graph_lags_s += [
            round((now - photo.updated_at).total_seconds(), 3) for photo in photos if photo.graph == "pending"
        ]
