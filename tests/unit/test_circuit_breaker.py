import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from photo_library.errors import TypeGraphUnavailable
from photo_library.search import Search
from photo_library.type_graph.port import TypeGraph
from search.circuit_breaker import CircuitBreaker
from tests.support.fakes import FakeTypeGraph

PATIENCE_S = 10
SHIRTS = Search(types=("Shirt",), min_probability=0.5)
REQUESTS: list[Callable[[TypeGraph], object]] = [
    lambda graph: graph.write({"1": {"Shirt": 0.9}, "2": {"Shirt": 0.8}}),
    lambda graph: graph.types_of("1"),
    lambda graph: graph.search(SHIRTS, 1),
    lambda graph: graph.search(SHIRTS, 10, graph.search(SHIRTS, 1)[0]),
    lambda graph: graph.type_counts(0.5),
    lambda graph: graph.ids("1", 10),
    lambda graph: graph.remove(["1"]),
    lambda graph: graph.ids("", 1),
]


class ScriptedGraph(FakeTypeGraph):
    """A type graph that does what `script` says before it answers: return, raise or wait."""

    def __init__(self, script: Callable[[], object]) -> None:
        super().__init__()
        self.script = script

    def _check(self) -> None:
        self.script()


def fail() -> None:
    raise TypeGraphUnavailable("down")


def succeed() -> None:
    pass


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.002)


def refused(breaker: CircuitBreaker) -> bool:
    try:
        breaker.types_of("1")
    except TypeGraphUnavailable:
        return True
    return False


def test_a_closed_circuit_answers_as_the_graph_does() -> None:
    graph, breaker = FakeTypeGraph(), CircuitBreaker(FakeTypeGraph())
    for request in REQUESTS:
        assert request(breaker) == request(graph)
    breaker.ping()
    assert not breaker.is_open
    assert breaker.failures == 0


def test_the_connection_that_requests_use_is_opened_beforehand_and_the_first_request_waits_for_it() -> None:
    threads: list[str] = []
    back = threading.Event()

    def ping() -> None:
        back.wait(PATIENCE_S)
        threads.append(threading.current_thread().name)

    graph = ScriptedGraph(ping)
    breaker = CircuitBreaker(graph, deadline_s=PATIENCE_S)
    breaker.warm_up()
    graph.script = lambda: threads.append(threading.current_thread().name)
    back.set()
    breaker.ids("", 1)
    assert len(threads) == 2
    assert len(set(threads)) == 1  # a session of the client belongs to the thread in which it was opened
    assert not breaker.is_open


@pytest.mark.parametrize("request_", REQUESTS)
def test_an_open_circuit_refuses_every_request(request_: Callable[[TypeGraph], object]) -> None:
    graph = ScriptedGraph(fail)
    breaker = CircuitBreaker(graph, rest_s=PATIENCE_S)
    assert refused(breaker)
    graph.script = succeed
    with pytest.raises(TypeGraphUnavailable, match="not asked"):
        request_(breaker)


def test_an_error_opens_it_and_then_the_graph_is_not_asked_until_it_has_rested() -> None:
    graph = ScriptedGraph(fail)
    breaker = CircuitBreaker(graph, rest_s=PATIENCE_S)
    asked = threading.Event()
    assert refused(breaker)
    assert breaker.is_open
    graph.script = asked.set
    assert refused(breaker)
    graph.script = succeed
    breaker.ping()  # a request sent before would be done by now
    assert not asked.is_set()
    assert breaker.failures == 2


def test_a_request_that_hangs_is_given_up_and_no_second_one_is_sent_meanwhile() -> None:
    back, asked = threading.Event(), threading.Event()
    graph = ScriptedGraph(lambda: back.wait(PATIENCE_S))
    breaker = CircuitBreaker(graph, deadline_s=0.05, rest_s=0)
    began = time.monotonic()
    assert refused(breaker)
    graph.script = asked.set
    assert refused(breaker)
    with pytest.raises(TypeGraphUnavailable):
        breaker.ping()
    assert time.monotonic() - began < PATIENCE_S / 2
    assert not asked.is_set()
    graph.script = succeed
    back.set()
    until(lambda: not refused(breaker))


def test_what_succeeds_in_the_background_closes_it_and_nobody_waits_for_that() -> None:
    graph, back = ScriptedGraph(fail), threading.Event()
    breaker = CircuitBreaker(graph, deadline_s=PATIENCE_S, rest_s=0)
    assert refused(breaker)
    graph.script = lambda: back.wait(PATIENCE_S)
    assert refused(breaker)  # sent; if it were waited for, it would be answered
    assert breaker.is_open
    back.set()
    until(lambda: not breaker.is_open)
    assert not refused(breaker)


def test_what_fails_in_the_background_lets_the_graph_rest_again() -> None:
    graph, tried = ScriptedGraph(fail), list[float]()
    breaker = CircuitBreaker(graph, rest_s=0.3)

    def fail_again() -> None:
        tried.append(time.monotonic())
        fail()

    assert refused(breaker)
    graph.script = fail_again
    until(lambda: refused(breaker) and len(tried) == 3)
    assert all(later - earlier >= 0.3 for earlier, later in pairwise(tried))


def test_what_succeeds_after_the_function_was_frozen_closes_it() -> None:
    graph, back = ScriptedGraph(fail), threading.Event()
    breaker = CircuitBreaker(graph, deadline_s=0.05, rest_s=0)
    assert refused(breaker)
    graph.script = lambda: back.wait(PATIENCE_S)
    assert refused(breaker)
    until(breaker._is_busy)
    threading.Event().wait(0.2)  # as in Lambda, where the thread does not run between two invocations
    breaker.resume_after(0.2)
    back.set()
    until(lambda: not breaker._is_busy())
    assert not breaker.is_open


def test_what_succeeds_too_late_leaves_it_open() -> None:
    graph, back, tried = ScriptedGraph(fail), threading.Event(), threading.Event()
    breaker = CircuitBreaker(graph, deadline_s=0.05, rest_s=0)

    def succeed_slowly() -> None:
        back.wait(0.1)
        tried.set()

    assert refused(breaker)
    graph.script = succeed_slowly
    assert refused(breaker)
    assert tried.wait(PATIENCE_S)
    until(lambda: not breaker._is_busy())
    assert breaker.is_open


def test_several_steps_are_one_request_with_one_deadline() -> None:
    back = threading.Event()
    breaker = CircuitBreaker(ScriptedGraph(lambda: back.wait(0.04)), deadline_s=0.05)
    with pytest.raises(TypeGraphUnavailable, match="no answer"):
        breaker.call(lambda graph: [graph.types_of("1") for _ in range(100)])
    back.set()


def test_a_request_is_timed_as_long_as_it_is_waited_for_and_a_refused_one_is_not() -> None:
    timed, back = list[str](), threading.Event()

    @contextmanager
    def timer() -> Iterator[None]:
        timed.append("begun")
        try:
            yield
        finally:
            timed.append("done")

    graph = ScriptedGraph(lambda: back.wait(PATIENCE_S))
    breaker = CircuitBreaker(graph, deadline_s=0.01, timer=timer)
    assert refused(breaker)
    assert timed == ["begun", "done"]
    assert refused(breaker)
    assert timed == ["begun", "done"]
    back.set()
