"""The short soak: every kind of fault once. `make soak` is the long one."""

import os

import pytest

from tests.e2e.soak import fault_plan, soak
from tests.support.faults import FAULTS, KILLS, faulty_cloud


@pytest.mark.skipif("MONGODB_URI" in os.environ, reason="MONGODB_URI names a server that is not ours to kill")
def test_whatever_fails_both_stores_end_as_the_bucket_is() -> None:
    kinds = len(FAULTS) + len(KILLS)
    with faulty_cloud() as faulty:
        report = soak(faulty, photos=60, faults=fault_plan(kinds, seed=7), seed=7, say=print, longest_s=0.5)
    assert len(report.faults) == kinds
    assert report.delivered > report.events
