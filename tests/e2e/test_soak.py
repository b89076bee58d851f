"""Two short soaks: every kind of fault once, and most of the time without TigerGraph. `make soak` is the long one."""

import os

import pytest

from tests.e2e.soak import WITHOUT_GRAPH, fault_plan, soak
from tests.support.faults import FAULTS, KILLS, faulty_cloud


@pytest.mark.slow
@pytest.mark.skipif("MONGODB_URI" in os.environ, reason="MONGODB_URI names a server that is not ours to kill")
def test_whatever_fails_both_stores_end_as_the_bucket_is() -> None:
    kinds = len(FAULTS) + len(KILLS)
    with faulty_cloud() as faulty:
        report = soak(faulty, photos=40, faults=fault_plan(kinds, seed=7), seed=7, say=print, longest_s=0.5)
    assert len(report.faults) == kinds
    assert report.delivered > report.events


@pytest.mark.slow
@pytest.mark.skipif("MONGODB_URI" in os.environ, reason="MONGODB_URI names a server that is not ours to kill")
def test_without_tigergraph_for_most_of_the_time_no_message_fails_for_good() -> None:
    with faulty_cloud() as faulty:
        faults = WITHOUT_GRAPH * 2
        report = soak(faulty, photos=40, faults=faults, seed=8, say=print, longest_s=0.5, graph_away=0.8)
    assert report.redriven == 0
    assert report.pending > 0
