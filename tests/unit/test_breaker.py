import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from photo_library.errors import TypeGraphUnavailable
from search.breaker import Breaker

PATIENCE_S = 10


def fails() -> str:
    raise TypeGraphUnavailable("down")


def answers() -> str:
    return "an answer"


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.002)


def refused(breaker: Breaker, request: Callable[[], object]) -> bool:
    try:
        breaker.ask(request)
    except TypeGraphUnavailable:
        return True
    return False


def test_while_it_is_closed_everybody_gets_the_graphs_answer() -> None:
    breaker = Breaker()
    assert breaker.ask(answers) == "an answer"
    assert not breaker.is_open
    assert breaker.refused == 0


def test_an_error_opens_it_and_then_nobody_asks_the_graph_until_it_has_rested() -> None:
    breaker = Breaker(rest_s=PATIENCE_S)
    asked = threading.Event()
    assert refused(breaker, fails)
    assert breaker.is_open
    assert refused(breaker, asked.set)
    breaker.wait_for(answers)  # what was sent before would have been done by now
    assert not asked.is_set()
    assert breaker.refused == 2


def test_a_request_that_hangs_is_given_up_and_no_second_one_is_sent_beside_it() -> None:
    breaker, back, asked = Breaker(deadline_s=0.05, rest_s=0), threading.Event(), threading.Event()
    began = time.monotonic()
    assert refused(breaker, lambda: back.wait(PATIENCE_S))
    assert refused(breaker, asked.set)
    with pytest.raises(TypeGraphUnavailable):
        breaker.wait_for(asked.set)
    assert time.monotonic() - began < PATIENCE_S / 2
    back.set()
    until(lambda: not refused(breaker, answers))
    assert not asked.is_set()


def test_what_succeeds_in_the_background_closes_it_and_nobody_waits_for_that() -> None:
    breaker, back = Breaker(deadline_s=PATIENCE_S, rest_s=0), threading.Event()
    assert refused(breaker, fails)
    assert refused(breaker, lambda: back.wait(PATIENCE_S))  # sent; were it waited for, it would be answered
    assert breaker.is_open
    back.set()
    until(lambda: not breaker.is_open)
    assert breaker.ask(answers) == "an answer"


def test_what_fails_in_the_background_lets_the_graph_rest_again() -> None:
    breaker, tried = Breaker(rest_s=0.3), list[float]()

    def fails_again() -> None:
        tried.append(time.monotonic())
        fails()

    assert refused(breaker, fails)
    until(lambda: refused(breaker, fails_again) and len(tried) == 3)
    assert all(later - earlier >= 0.3 for earlier, later in pairwise(tried))


def test_what_succeeds_after_the_function_was_frozen_closes_it() -> None:
    breaker, back = Breaker(deadline_s=0.05, rest_s=0), threading.Event()
    assert refused(breaker, fails)
    assert refused(breaker, lambda: back.wait(PATIENCE_S))
    until(breaker._is_busy)
    threading.Event().wait(0.2)  # as in Lambda, where the thread does not run between two invocations
    breaker.thawed(0.2)
    back.set()
    until(lambda: not breaker._is_busy())
    assert not breaker.is_open


def test_what_succeeds_too_late_leaves_it_open() -> None:
    breaker, back, tried = Breaker(deadline_s=0.05, rest_s=0), threading.Event(), threading.Event()

    def slow() -> None:
        back.wait(0.1)
        tried.set()

    assert refused(breaker, fails)
    assert refused(breaker, slow)
    assert tried.wait(PATIENCE_S)
    until(lambda: not breaker._is_busy())
    assert breaker.is_open
