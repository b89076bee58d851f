import fcntl
from pathlib import Path

from infra.local.cloud import _is_abandoned


def test_a_folder_is_abandoned_unless_somebody_holds_its_lock(tmp_path: Path) -> None:
    assert _is_abandoned(tmp_path)  # its owner was stopped while clearing it away
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert not _is_abandoned(tmp_path)
    assert _is_abandoned(tmp_path)
