"""Searches as users type them, and how many photos they find."""

from typing import Any

import pytest

from photo_library.photo import COLORS, TYPES
from photo_library.search import Search, Total
from tests.support.api import Answer, Api
from tests.support.examples import a_photo

PHOTOS: dict[str, tuple[dict[str, float], tuple[str, ...]]] = {
    "red dress": ({"Dress": 0.9}, ("red",)),
    "red dress with coat": ({"Dress": 0.8, "Coat": 0.9}, ("red", "black")),
    "Berlin": ({"Shirt": 0.9, "Trouser": 0.7}, ("blue",)),
    "shirt": ({"Shirt": 0.6}, ("blue", "white")),
    "jeans": ({"Trouser": 0.95}, ("blue",)),
    "watch": ({}, ("black",)),
}


@pytest.fixture
def api() -> Api:
    api = Api()
    for title, (types, colors) in PHOTOS.items():
        api.add(a_photo(f"uploads/{title.replace(' ', '')}.jpg", title=title, types=types, colors=colors))
    return api


def titles(answer: Answer) -> set[str]:
    return {photo["title"] for photo in answer.body["photos"]}


@pytest.mark.parametrize(
    ("phrase", "understood", "found"),
    [
        (
            "red dress -coat",
            {"type": ["Dress"], "not": ["Coat"], "color": ["red"]},
            {"red dress"},
        ),
        ("a blue shirt", {"type": ["Shirt"], "color": ["blue"]}, {"Berlin", "shirt"}),
        ("shirt jeans", {"type": ["Trouser", "Shirt"], "match": "any"}, {"Berlin", "shirt", "jeans"}),
        ("shirt and jeans", {"type": ["Trouser", "Shirt"], "match": "all"}, {"Berlin"}),
        ("rotes Kleid", {"type": ["Dress"], "color": ["red"]}, {"red dress", "red dress with coat"}),
        ("red not black", {"color": ["red"], "not": ["black"]}, {"red dress"}),
        ("shrit", {"type": ["Shirt"], "corrected": {"shrit": "shirt"}}, {"Berlin", "shirt"}),
        ("blue shirt Berlin", {"type": ["Shirt"], "color": ["blue"], "q": "berlin"}, {"Berlin"}),
        ('"shirt"', {"type": [], "q": '"shirt"'}, {"shirt"}),
        ("shirt with a zeppelin", {"type": ["Shirt"], "ignored": ["zeppelin"]}, {"Berlin", "shirt"}),
        ("shirt zeppelin berlin", {"type": ["Shirt"], "q": "berlin", "ignored": ["zeppelin"]}, {"Berlin"}),
        ("zeppelin", {"type": [], "q": "zeppelin"}, set()),
        ("!!!", {"type": [], "not": []}, set(PHOTOS)),
        ("", {"type": [], "not": []}, set(PHOTOS)),
    ],
)
def test_a_phrase_is_understood_and_the_answer_says_how(
    api: Api, phrase: str, understood: dict[str, Any], found: set[str]
) -> None:
    answer = api.get(f"/search?q={phrase.replace(' ', '+')}")
    assert (answer.status, titles(answer)) == (200, found)
    assert {name: answer.body.get(name) for name in understood} == understood
    assert not {"q", "ignored", "corrected", "color"} & (answer.body.keys() - understood.keys())


@pytest.mark.parametrize("phrase", ["shirt and jeans", '"blue shirt"', "shirt berlin", "not black"])
def test_what_was_understood_asks_for_the_same_again(api: Api, phrase: str) -> None:
    first = api.get(f"/search?q={phrase.replace(' ', '+')}")
    parameters = {name: first.body[name] for name in ("type", "match", "not", "color", "q") if first.body.get(name)}
    url = "&".join(
        f"{name}={value if isinstance(value, str) else ','.join(value)}" for name, value in parameters.items()
    )
    again = api.get(f"/search?{url.replace(' ', '+')}")
    assert again.body == first.body


def test_parameters_are_added_to_what_the_phrase_says_and_exclusions_win(api: Api) -> None:
    assert titles(api.get("/search?type=Trouser&q=shirt")) == {"Berlin", "shirt", "jeans"}
    assert titles(api.get("/search?type=Trouser&q=shirt&match=all")) == {"Berlin"}
    assert titles(api.get("/search?q=shirt+and+jeans&match=any")) == {"Berlin", "shirt", "jeans"}
    answer = api.get("/search?type=Trouser,Shirt&q=-shirt")
    assert (answer.body["type"], answer.body["not"], titles(answer)) == (["Trouser"], ["Shirt"], {"jeans"})
    answer = api.get("/search?color=blue,red&not=white,Coat")
    assert (answer.body["not"], titles(answer)) == (["Coat", "white"], {"Berlin", "jeans", "red dress"})


def test_the_pages_of_a_search_without_its_words_belong_together(api: Api) -> None:
    first = api.get("/search?q=blue+zeppelin&limit=2")
    second = api.get(f"/search?q=blue+zeppelin&limit=2&cursor={first.body['next']}")
    assert titles(first) | titles(second) == {"Berlin", "shirt", "jeans"}
    assert [answer.body["ignored"] for answer in (first, second)] == [["zeppelin"]] * 2
    assert [answer.body["total"] for answer in (first, second)] == [{"photos": 3, "exact": True}] * 2
    assert "next" not in second.body


def test_other_names_of_types_and_colours_are_understood(api: Api) -> None:
    answer = api.get("/search?type=jeans,shoes&color=navy&not=hoodies")
    assert answer.body["type"] == ["Trouser", "Sandal", "Sneaker", "Ankle-boot"]
    assert (answer.body["color"], answer.body["not"]) == (["blue"], ["Pullover"])
    assert titles(answer) == {"Berlin", "jeans"}


@pytest.mark.parametrize(
    ("query", "meant"), [("type=trowser", "Trouser"), ("color=balck", "black"), ("not=caot", "Coat")]
)
def test_a_typing_error_in_a_name_is_answered_with_what_was_meant(api: Api, query: str, meant: str) -> None:
    answer = api.get(f"/search?{query}")
    assert (answer.status, answer.body["parameter"]) == (400, query.partition("=")[0])
    assert answer.body["detail"].endswith(f"Did you mean {meant!r}?")


@pytest.mark.parametrize("query", ["type=", "type=,", "color=", "not=", "q=", "q=%F0%9F%8E%89", "type=&color=&q=!!!"])
def test_an_empty_filter_is_none(api: Api, query: str) -> None:
    assert titles(api.get(f"/search?{query}")) == set(PHOTOS)


@pytest.mark.parametrize("graph_down", [False, True])
def test_every_page_says_how_many_photos_there_are(api: Api, graph_down: bool) -> None:
    api.graph.down = graph_down
    for query, total in (("type=Shirt,Trouser", 3), ("type=Shirt&color=white", 1), ("color=pink", 0)):
        answer = api.get(f"/search?{query}&limit=1")
        assert answer.body["total"] == {"photos": total, "exact": True}
    second = api.get(f"/search?type=Shirt&limit=1&cursor={api.get('/search?type=Shirt&limit=1').body['next']}")
    assert (second.body["total"]["photos"], len(second.body["photos"])) == (2, 1)


def test_a_total_that_takes_too_long_is_a_lower_bound(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def total(_search: Search, time_s: float) -> Total:
        assert time_s == pytest.approx(0.1)
        return Total(2, exact=False)

    monkeypatch.setattr(api.catalog, "total", total)
    assert api.get("/search?type=Shirt,Trouser&limit=1").body["total"] == {"photos": 2, "exact": False}


def test_a_lower_bound_is_never_less_than_what_the_answer_shows(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.catalog, "total", lambda *_: Total(0, exact=False))

    whole = api.get("/search?type=Shirt,Trouser").body
    first = api.get("/search?type=Shirt,Trouser&limit=1").body

    assert (whole["total"]["photos"], len(whole["photos"])) == (3, 3)
    assert (first["total"]["photos"], len(first["photos"])) == (2, 1)  # there is a next page


@pytest.mark.parametrize("match", ["any", "all"])
def test_the_count_of_a_facet_is_what_adding_it_finds_for_every_pair(api: Api, match: str) -> None:
    for name, values in (("type", TYPES), ("color", COLORS)):
        for position, one in enumerate(values):
            facet = api.get(f"/search?{name}={one}&match={match}&facets=true").body["facets"][name]
            assert facet["exact"]
            for other in values[position + 1 :]:
                both = api.get(f"/search?{name}={one},{other}&match={match}")
                assert facet["photos"][other] == both.body["total"]["photos"], (name, one, other)


def test_the_count_of_a_colour_is_what_adding_it_to_a_type_finds(api: Api) -> None:
    for type_ in TYPES:
        photos = api.get(f"/search?type={type_}&facets=true").body["facets"]["color"]["photos"]
        for color in COLORS:
            assert photos[color] == api.get(f"/search?type={type_}&color={color}").body["total"]["photos"]
