"""Moto in the place of AWS, whichever tests ran before."""

from typing import Any

from photo_library import aws


def mocked_aws(**settings: Any) -> Any:
    """A context in which every AWS client of this process asks moto, whose `mock_aws` takes the settings."""
    from moto import mock_aws

    # Moto answers clients of sessions that were made after it was imported. One that another test has left asks AWS.
    aws._session.cache_clear()
    return mock_aws(**settings)
