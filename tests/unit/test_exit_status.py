"""How every command ends: done, stopped by what the library raises, interrupted, or broken."""

from collections.abc import Callable

import pytest

from infra.ops.command import exit_status
from photo_library.errors import CatalogUnavailable


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def test_work_that_is_done_is_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(lambda: "done") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (CatalogUnavailable("MongoDB does not answer"), "MongoDB does not answer\n"),
        (KeyboardInterrupt(), "interrupted; run it again to continue\n"),
    ],
)
def test_an_expected_error_is_one_line(error: BaseException, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status(raising(error)) == 1
    assert capsys.readouterr().err == message


def test_a_mistake_of_ours_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_status(raising(ZeroDivisionError()))
