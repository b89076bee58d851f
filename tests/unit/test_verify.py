"""What verifying waits for, and what it does not."""

import pytest

from infra.ops import verify
from infra.ops.verify import VerificationError, _wait_for
from photo_library.errors import TypeGraphUnavailable


def test_a_graph_that_is_starting_is_waited_for() -> None:
    starting = iter([True, True, False])

    def condition() -> bool:
        if next(starting):
            raise TypeGraphUnavailable("TigerGraph: 502")
        return True

    _wait_for(condition, "the type graph lacks the sample", poll_s=0)
    assert next(starting, None) is None


def test_what_never_comes_true_is_reported_with_the_last_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "PATIENCE_S", 0)

    def condition() -> bool:
        raise TypeGraphUnavailable("TigerGraph: 502")

    with pytest.raises(VerificationError, match=r"the type graph lacks the sample \(waited 0 s\): TigerGraph: 502"):
        _wait_for(condition, "the type graph lacks the sample", poll_s=0)
