"""Pictures damaged at random, a few of each format; `make soak` has thousands."""

import json
import subprocess
import sys

from classify.image import FORMATS
from infra.local.template import ROOT
from tests.support.hostile import MEMORY_LIMIT, TIME_LIMIT_S


def test_damaged_pictures_end_as_classified_or_rejected_and_cost_little() -> None:
    # In a process of its own, which a decoder may kill.
    command = [sys.executable, "-m", "tests.support.fuzz", "--pictures", "210", "--seed", "3"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout.splitlines()[-1])
    assert report["slowest_ten_s"] < TIME_LIMIT_S
    assert report["megabytes"] * 1024**2 < MEMORY_LIMIT
    assert report["outcomes"].keys() == set(FORMATS)
    for outcomes in report["outcomes"].values():
        assert sum(outcomes.values()) == 30
        assert len(outcomes) > 1
