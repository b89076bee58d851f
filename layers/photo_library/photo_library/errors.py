"""The errors that pass between modules, as one tree; errors that a module handles itself are not here.

    PhotoLibraryError
    ├── SettingsError       a setting or a credential is missing or wrong; raised at init, names it
    ├── EventError          a message is not an S3 event
    ├── UnknownType         a name is not one of the ten types
    ├── UnknownColor        a name is not one of the eleven colours
    ├── InvalidLook         a text does not stand for what a photo looks like; says what is wrong
    ├── PhotoRejected       permanent: this photo can never be classified; carries a machine-readable reason
    ├── ModelError          the SavedModel cannot be opened or run
    ├── ProvisioningError   a store could not be brought to the state that the functions expect
    └── TransientError      the same work succeeds once a service is back; the queue redelivers it
        ├── BucketUnavailable
        ├── CatalogUnavailable
        ├── Corrected
        ├── OutOfTime
        ├── QueueUnavailable
        └── TypeGraphUnavailable

Permanent errors become part of the photo's document; transient ones fail the message, so that SQS redelivers it.
"""


class PhotoLibraryError(Exception):
    """Base of all errors of the library."""


class SettingsError(PhotoLibraryError):
    """A setting is missing or invalid."""


class EventError(PhotoLibraryError):
    """A message is not an S3 event notification."""


class UnknownType(PhotoLibraryError, ValueError):
    """A name is neither one of the ten types nor an alias."""


class UnknownColor(PhotoLibraryError, ValueError):
    """A name is not one of the eleven colours."""


class InvalidLook(PhotoLibraryError, ValueError):
    """A text does not stand for what a photo looks like. The message says what would be right."""


class PhotoRejected(PhotoLibraryError):
    """A photo that can never be classified. `reason` is one of `photo_library.photo.REASONS`."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class ModelError(PhotoLibraryError):
    """The SavedModel cannot be opened or run."""


class ProvisioningError(PhotoLibraryError):
    """A store could not be brought to the state that the functions expect."""


class TransientError(PhotoLibraryError):
    """A service that the work needs did not do its part; trying again later is right."""


class BucketUnavailable(TransientError):
    """S3 did not hand out an object."""


class CatalogUnavailable(TransientError):
    """MongoDB did not answer, or refused."""


class Corrected(TransientError):
    """A user corrected the photo during classification; the next try keeps the correction."""


class OutOfTime(TransientError):
    """The function has not enough time left to do this as well."""


class QueueUnavailable(TransientError):
    """SQS did not take a message."""


class TypeGraphUnavailable(TransientError):
    """TigerGraph did not answer, or refused."""
