from pathlib import Path

import pytest

from infra.local.mongod import _find


def test_a_mongod_on_path_comes_before_the_one_in_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "mongod"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _find() == str(own)
    own.unlink()
    bundled = Path(_find())
    assert (bundled.name, bundled.parent.name) == ("mongod", "bin")
    assert bundled.is_relative_to(Path(pytest.__file__).parents[1])
