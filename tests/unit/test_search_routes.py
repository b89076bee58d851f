import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from photo_library.catalog.port import Alike
from photo_library.likeness import Look, joined, to_text
from photo_library.photo import COLORS, REASONS, TYPES, Photo, photo_id
from photo_library.search import Facet, Place, Search
from tests.support.api import Answer, Api
from tests.support.examples import BUCKET, NOON, a_photo


@pytest.fixture
def api() -> Api:
    api = Api()
    api.add(
        a_photo("uploads/a.jpg", types={"Shirt": 0.6, "T-shirt": 0.4}),
        a_photo("uploads/b.jpg", types={"Shirt": 0.9}),
        a_photo("uploads/c.jpg", types={"Bag": 0.7, "Shirt": 0.3}),
        a_photo("uploads/bad.jpg", status="rejected", reason="damaged", types={}),
        a_photo("uploads/gone.jpg", status="deleted", types={}),
    )
    return api


def titles(answer: Answer) -> list[str]:
    return [photo["title"] for photo in answer.body["photos"]]


@pytest.mark.parametrize("graph_down", [False, True])
def test_search_finds_photos_of_the_type_best_first(api: Api, graph_down: bool) -> None:
    api.graph.down = graph_down
    answer = api.get("/search?type=shirt")
    assert (answer.status, titles(answer)) == (200, ["b.jpg", "a.jpg"])
    assert answer.body["backend"] == ("mongodb" if graph_down else "tigergraph")
    assert (answer.body["type"], answer.body["min_probability"], answer.body["limit"]) == (["Shirt"], 0.5, 20)


def test_min_probability_and_limit_are_kept(api: Api) -> None:
    assert titles(api.get("/search?type=Shirt&min_probability=0.3")) == ["b.jpg", "a.jpg", "c.jpg"]
    assert titles(api.get("/search?type=Shirt&min_probability=0.3&limit=1")) == ["b.jpg"]
    assert titles(api.get("/search?type=Shirt&min_probability=0.6")) == ["b.jpg", "a.jpg"]
    assert titles(api.get("/search?type=Shirt&min_probability=0.6001")) == ["b.jpg"]


def test_ties_are_ordered_by_id(api: Api) -> None:
    photos = [a_photo(f"uploads/tie{number}.jpg", types={"Coat": 0.8}) for number in range(5)]
    api.add(*photos)
    answer = api.get("/search?type=Coat")
    assert [photo["id"] for photo in answer.body["photos"]] == sorted(photo.id for photo in photos)


@pytest.mark.parametrize("graph_down", [False, True])
def test_several_types_are_all_shown_or_any_of_them(api: Api, graph_down: bool) -> None:
    api.add(
        a_photo("uploads/outfit.jpg", types={"Shirt": 0.95, "Trouser": 0.9, "Sneaker": 0.8, "Bag": 0.5}),
        a_photo("uploads/less.jpg", types={"Shirt": 0.99, "Trouser": 0.4999}),
        a_photo("uploads/two.jpg", types={"Shirt": 0.5, "Trouser": 0.5}),
    )
    api.graph.down = graph_down
    answer = api.get("/search?type=shirt,trouser&match=all")
    assert (titles(answer), answer.body["min_probability"]) == (["outfit.jpg", "two.jpg"], 0.5)
    assert [photo["score"] for photo in answer.body["photos"]] == [0.855, 0.25]  # the product
    assert titles(api.get("/search?type=Shirt,Trouser,Sneaker,Bag&match=all")) == ["outfit.jpg"]
    assert titles(api.get("/search?type=Shirt,Trouser&match=all&min_probability=0.4")) == [
        "outfit.jpg",
        "less.jpg",
        "two.jpg",
    ]
    answer = api.get("/search?type=trouser&type=BAG&type=t-shirt/top&match=any")
    assert (titles(answer), answer.body["type"]) == (["outfit.jpg", "c.jpg", "two.jpg"], ["T-shirt", "Trouser", "Bag"])
    assert [photo["score"] for photo in answer.body["photos"]] == [0.9, 0.7, 0.5]  # the maximum
    assert answer.body["min_probability"] == 0.5


@pytest.mark.parametrize("graph_down", [False, True])
def test_every_photo_says_its_score_and_what_it_was_found_for(api: Api, graph_down: bool) -> None:
    api.graph.down = graph_down
    (photo,) = api.get("/search?type=Shirt,T-shirt&match=all&min_probability=0.4").body["photos"]
    assert (photo["score"], photo["matched"]) == (0.24, {"T-shirt": 0.4, "Shirt": 0.6})
    photo = api.get("/search?type=Shirt,Bag,Coat&match=any&min_probability=0.3").body["photos"][1]
    assert (photo["score"], photo["matched"]) == (0.7, {"Shirt": 0.3, "Bag": 0.7})


@pytest.mark.parametrize("graph_down", [False, True])
def test_photos_that_show_an_unwanted_type_are_left_out(api: Api, graph_down: bool) -> None:
    api.add(
        a_photo("uploads/d.jpg", types={"Shirt": 0.95, "Bag": 0.5}),
        a_photo("uploads/e.jpg", types={"Shirt": 0.92, "Bag": 0.4999}),
    )
    api.graph.down = graph_down
    assert titles(api.get("/search?type=Shirt&not=t-shirt,bag")) == ["e.jpg", "b.jpg", "a.jpg"]
    # Photos that certainly show a shirt, without what they show: still from 0.5 on.
    assert titles(api.get("/search?type=Shirt&not=Bag&min_probability=0.9")) == ["e.jpg", "b.jpg"]
    # Less certain types are included, and exclude as well.
    assert titles(api.get("/search?type=Shirt&not=T-shirt&not=Bag&min_probability=0.3")) == ["b.jpg"]


def test_the_newest_come_first_when_asked_for_and_their_pages_hold_each_once(api: Api) -> None:
    times = [0, 1, 1, 1, 2, 3]
    photos = [
        a_photo(f"uploads/{number}.jpg", types={"Coat": 0.9}, uploaded_at=NOON + timedelta(milliseconds=time))
        for number, time in enumerate(times)
    ]
    api.add(*photos)
    answer = api.get("/search?type=Coat&sort=newest")
    ordered = sorted(photos, key=lambda photo: (-photo.uploaded_at.timestamp(), photo.id))
    assert titles(answer) == [photo.title for photo in ordered]
    assert answer.body["backend"] == "mongodb"
    assert [id_ for page in pages(api, "type=Coat&sort=newest&limit=2") for id_ in page] == [one.id for one in ordered]


def test_the_oldest_come_first_in_exactly_the_reverse_order_of_the_newest(api: Api) -> None:
    times = [0, 1, 1, 1, 2, 3]
    api.add(
        *(
            a_photo(f"uploads/{number}.jpg", types={"Coat": 0.9}, uploaded_at=NOON + timedelta(milliseconds=time))
            for number, time in enumerate(times)
        )
    )
    newest = titles(api.get("/search?type=Coat&sort=newest"))
    answer = api.get("/search?type=Coat&sort=oldest")
    assert (titles(answer), answer.body["sort"], answer.body["backend"]) == (newest[::-1], "oldest", "mongodb")
    for limit in (1, 2, 5):
        found = all_pages(api, f"/search?type=Coat&sort=oldest&limit={limit}")
        assert [photo["title"] for photo in found] == newest[::-1]


def test_photos_are_sorted_by_the_camera_s_clock_and_without_one_by_their_upload(api: Api) -> None:
    """NOON is the first of March 2026, 12:00 UTC."""
    taken = {
        "before 1970": "1931-05-01T10:00:00",
        "last year": "2025-12-31T23:59:59-08:00",  # already this year in UTC
        "an hour before": "2026-03-01T11:00:00+09:00",
        "at the same time": "2026-03-01T12:00:00+02:00",
        "an hour later": "2026-03-01T13:00:00",
        "unknown": None,
    }
    api.add(*(a_photo(f"uploads/{name}", types={"Coat": 0.9}, taken_at=moment) for name, moment in taken.items()))
    same = sorted(("at the same time", "unknown"), key=lambda name: photo_id(BUCKET, f"uploads/{name}"))
    expected = ["an hour later", *same, "an hour before", "last year", "before 1970"]
    answer = api.get("/search?type=Coat&sort=taken")
    assert (titles(answer), answer.body["sort"], answer.body["backend"]) == (expected, "taken", "mongodb")
    assert [photo.get("taken_at") for photo in answer.body["photos"]] == [taken[name] for name in expected]
    for limit in (1, 2, 4):
        found = all_pages(api, f"/search?type=Coat&sort=taken&limit={limit}")
        assert [photo["title"] for photo in found] == expected


@pytest.mark.parametrize("sort", ["newest", "oldest", "taken"])
def test_a_sort_by_date_needs_no_filter(api: Api, sort: str) -> None:
    answer = api.get(f"/search?sort={sort}")
    assert (answer.status, answer.body["sort"]) == (200, sort)
    assert sorted(titles(answer)) == ["a.jpg", "b.jpg", "c.jpg"]
    assert api.get("/search").body["parameter"] == "type"


@pytest.fixture
def rejected(api: Api) -> list[str]:
    """The names of rejected photos, the newest first; one was there before, at noon."""
    names = ["Blue Shirt.jpg", "notes.txt", "shirt and coat.heic"]
    for number, name in enumerate(names):
        api.add(
            a_photo(
                f"uploads/{name}",
                status="rejected",
                reason=list(REASONS)[number],
                types={},
                uploaded_at=NOON + timedelta(days=3 - number),
            )
        )
    return [*names, "bad.jpg"]


def test_rejected_photos_are_listed_with_their_reasons(api: Api, rejected: list[str]) -> None:
    answer = api.get("/search?status=rejected")
    assert titles(answer) == rejected
    assert answer.body | {"photos": []} == {
        "type": [],
        "match": "any",
        "not": [],
        "min_probability": 0.5,
        "status": "rejected",
        "sort": "newest",
        "limit": 20,
        "backend": "mongodb",
        "total": {"photos": 4, "exact": True},
        "photos": [],
    }
    reasons = [*list(REASONS)[:3], "damaged"]
    assert [(one["status"], one["reason"], one["detail"]) for one in answer.body["photos"]] == [
        ("rejected", reason, REASONS[reason]) for reason in reasons
    ]
    assert all("types" not in one for one in answer.body["photos"])


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", [0, 1, 2, 3]),
        ("&sort=oldest", [3, 2, 1, 0]),
        ("&q=shirt", [0, 2]),  # a word, not a type
        ("&q=blue+SHI&sort=newest", [0]),
        ("&q=-shirt", [0, 2]),  # no exclusion
        ("&q=dress", []),
        ("&from=2026-03-03", [0, 1]),
        ("&to=2026-03-02&q=jpg", [3]),
    ],
)
@pytest.mark.parametrize("limit", [1, 3, 20])
def test_rejected_photos_are_found_by_name_and_date_page_by_page(
    api: Api, rejected: list[str], query: str, wanted: list[int], limit: int
) -> None:
    found = all_pages(api, f"/search?status=rejected{query}&limit={limit}")
    assert [one["title"] for one in found] == [rejected[number] for number in wanted]
    assert api.get(f"/search?status=rejected{query}").body["total"]["photos"] == len(wanted)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("type=Shirt", "type"),
        ("not=Shirt", "not"),
        ("color=blue", "color"),
        ("match=all", "match"),
        ("min_probability=0.3", "min_probability"),
        ("untyped=true", "untyped"),
        ("duplicates=hide", "duplicates"),
        ("facets=true", "facets"),
        (f"like={'0' * 24}", "like"),
        ("sort=taken", "sort"),
        ("sort=relevance", "sort"),
        ("from=2026-03-02&to=2026-03-01", "to"),
    ],
)
def test_conditions_that_rejected_photos_cannot_meet_are_refused(api: Api, query: str, parameter: str) -> None:
    assert_problem(api.get(f"/search?status=rejected&{query}"), 400, parameter)


def test_searches_find_rejected_photos_only_where_they_are_asked_for(api: Api, rejected: list[str]) -> None:
    for query in (
        "sort=newest",
        "q=%22shirt%22",
        "q=%22bad%22",
        "from=2026-01-01",
        "not=bag",
        "status=classified&sort=oldest",
    ):
        assert not set(titles(api.get(f"/search?{query}"))) & set(rejected)


@pytest.fixture
def dated(api: Api) -> Api:
    """Photos of three days with titles, besides those of noon on March 1."""
    api.add(
        a_photo("uploads/1.jpg", title="Grünes Hemd", types={"Shirt": 0.8}, uploaded_at=NOON + timedelta(days=1)),
        a_photo(
            "uploads/holiday_2.jpg", title="Blue Shirt", types={"Shirt": 0.4}, uploaded_at=NOON + timedelta(days=2)
        ),
        a_photo("uploads/3.jpg", title="blue bag", types={"Bag": 0.9}, uploaded_at=NOON + timedelta(days=3)),
        a_photo("uploads/4.jpg", title="blue nothing", status="rejected", reason="empty", types={}),
    )
    return api


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=%22blue%22", ["blue bag", "Blue Shirt"]),
        ("q=%22BLU%22", ["blue bag", "Blue Shirt"]),
        ("q=%22shirt+blue%22", ["Blue Shirt"]),
        ("q=%22lue%22", []),
        ("q=%22gruenes%22", []),
        ("q=%22GRÜNES,hemd%22", ["Grünes Hemd"]),
        ("q=holiday", ["Blue Shirt"]),
        ("q=%22blue%22&type=bag", ["blue bag"]),
        ("q=%22blue%22&not=bag", ["Blue Shirt"]),
        ("not=Shirt,Coat", ["blue bag", "Blue Shirt", "c.jpg"]),
        ("not=Shirt,Coat&min_probability=0.3", ["blue bag"]),
        ("q=%22blue%22&sort=relevance", ["blue bag", "Blue Shirt"]),
        ("from=2026-03-03", ["blue bag", "Blue Shirt"]),
        ("from=2026-03-02&to=2026-03-03", ["Blue Shirt", "Grünes Hemd"]),
        ("from=2026-03-03T12:00:00Z&to=2026-03-03T12:00:00Z", ["Blue Shirt"]),
        ("from=2026-03-03T12:00:00.001Z", ["blue bag"]),
        ("from=2026-03-03T14:00:00%2B02:00&to=2026-03-03T11:59:59-00:01", ["Blue Shirt"]),
        ("from=2026-03-03T14:00:00+02:00&to=2026-03-03T11:59:59-00:01", ["Blue Shirt"]),  # a plus is a space
        ("untyped=true", ["Blue Shirt"]),
        ("type=Shirt&min_probability=4e-1&from=2026-03-03", ["Blue Shirt"]),
        ("untyped=true&type=Shirt&min_probability=0.4", ["Blue Shirt"]),
        ("untyped=true&type=Shirt", []),
        ("untyped=true&type=Bag&min_probability=0.1", []),
        ("type=Shirt&untyped=false&from=2026-03-02", ["Grünes Hemd"]),
        ("type=Shirt&min_probability=0.3&from=2026-03-02", ["Grünes Hemd", "Blue Shirt"]),
        ("type=Shirt&min_probability=0.3&from=2026-03-02&sort=newest", ["Blue Shirt", "Grünes Hemd"]),
        (
            "q=%22blue%22&from=2026-03-03&to=2026-03-03&untyped=true&type=shirt&not=bag&min_probability=0.2",
            ["Blue Shirt"],
        ),
    ],
)
def test_words_dates_and_untyped_narrow_a_search_and_combine(dated: Api, query: str, found: list[str]) -> None:
    answer = dated.get(f"/search?{query}")
    assert (answer.status, titles(answer), answer.body["backend"]) == (200, found, "mongodb")


def test_filters_are_answered_as_they_were_understood(dated: Api) -> None:
    body = dated.get("/search?q=%22Shirt,+Bl%C3%BCe%22&from=2026-03-01&to=2026-03-03&untyped=true").body
    assert (body["q"], body["untyped"], body["sort"]) == ('"blue shirt"', True, "newest")
    assert (body["from"], body["before"]) == ("2026-03-01T00:00:00+00:00", "2026-03-04T00:00:00+00:00")
    assert not {"q", "from", "before", "untyped"} & dated.get("/search?type=Shirt").body.keys()


@pytest.fixture
def colorful(api: Api) -> Api:
    """Photos of which three of four have the colour pink, from the most probable shirt on."""
    colors = [("pink",), ("white", "pink"), ("black",), ("black", "pink")]
    for number, names in enumerate(colors):
        types = {"Shirt": 0.9 - number / 10} if number < 3 else {"Bag": 0.9}
        api.add(a_photo(f"uploads/{number}", title=" ".join(names), types=types, colors=names))
    return api


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("type=shirt&color=pink", ["pink", "white pink"]),
        ("type=shirt&color=PINK", ["pink", "white pink"]),
        ("type=shirt&color=black,white", ["white pink", "black"]),
        ("type=shirt&color=black&color=white", ["white pink", "black"]),
        ("type=shirt,bag&match=any&color=black", ["black pink", "black"]),
        ("type=shirt&color=pink&not=bag&q=%22white%22&from=2026-01-01", ["white pink"]),
        ("color=gray", []),
        ("color=white", ["white pink"]),
    ],
)
def test_photos_of_a_color_are_found_and_of_several_those_of_any(colorful: Api, query: str, found: list[str]) -> None:
    answer = colorful.get(f"/search?{query}")
    assert (answer.status, titles(answer), answer.body["backend"]) == (200, found, "mongodb")


def test_colors_are_answered_as_they_were_understood(colorful: Api) -> None:
    assert colorful.get("/search?type=Shirt&color=White,gray").body["color"] == ["white", "grey"]
    assert "color" not in colorful.get("/search?type=Shirt").body


def test_an_unknown_name_is_answered_with_the_nearest(api: Api) -> None:
    answer = api.get("/search?type=Shirt&color=purpel")
    assert answer.body["detail"].startswith("'purpel' is not a colour. Choose from black, white, ")
    assert answer.body["detail"].endswith(" Did you mean 'purple'?")
    assert answer.body["allowed"] == list(COLORS)
    assert api.get("/search?type=tshrit").body["detail"].endswith("Did you mean 'T-shirt'?")


def test_a_photo_says_which_colours_and_words_it_was_found_by(colorful: Api) -> None:
    photo = colorful.get("/search?color=pink,red&q=%22whi%22").body["photos"][0]
    assert (photo["matched"], photo["matched_colors"], photo["matched_words"]) == ({}, ["pink"], ["white"])
    assert not {"matched_colors", "matched_words"} & colorful.get("/search?type=Shirt").body["photos"][0].keys()


def test_facets_are_there_when_asked_for(colorful: Api) -> None:
    facets = colorful.get("/search?type=Shirt&color=pink&limit=1&facets=true").body["facets"]
    assert facets["type"] == {"exact": True, "photos": dict.fromkeys(TYPES, 2) | {"Bag": 3}}
    assert facets["color"] == {"exact": True, "photos": dict.fromkeys(COLORS, 2) | {"black": 3}}
    facets = colorful.get("/search?sort=newest&facets=true").body["facets"]
    assert facets["type"]["photos"] == dict.fromkeys(TYPES, 0) | {"Shirt": 5, "Bag": 2}
    assert facets["color"]["photos"] == dict.fromkeys(COLORS, 0) | {"pink": 3, "white": 1, "black": 2}
    assert "facets" not in colorful.get("/search?type=Shirt&facets=false").body


def test_facets_take_no_longer_than_they_may(colorful: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    times = {}

    def facet(_search: Search, name: str, time_s: float) -> Facet:
        times[name] = time_s
        return Facet({}, exact=False)

    monkeypatch.setattr(colorful.catalog, "facet", facet)
    answer = colorful.get("/search?type=Shirt&facets=true")
    assert answer.body["facets"] == {name: {"exact": False, "photos": {}} for name in ("type", "color")}
    assert times["color"] == pytest.approx(0.1)
    assert times["color"] / 2 <= times["type"] <= 0.2  # what is left


def test_a_cursor_belongs_to_its_filters_too(dated: Api) -> None:
    cursor = dated.get("/search?q=%22blue%22&limit=1").body["next"]
    assert titles(dated.get(f"/search?q=%22Blue%22&limit=1&cursor={cursor}")) == ["Blue Shirt"]
    for other in (
        "q=%22shirt%22",
        "q=%22blue%22&color=blue",
        "q=%22blue%22&from=2026-03-01",
        "q=%22blue%22&untyped=true",
        "q=%22blue%22&to=2026-03-05",
    ):
        assert_problem(dated.get(f"/search?{other}&cursor={cursor}"), 400, "cursor")


def test_any_number_of_types_may_be_wanted_with_any_probability(api: Api) -> None:
    certain = dict.fromkeys(TYPES, 1.0)
    api.add(a_photo("uploads/everything.jpg", types=certain))
    answer = api.get(f"/search?type={','.join(TYPES)}&match=all&min_probability=1")
    assert (titles(answer), answer.body["photos"][0]["matched"]) == (["everything.jpg"], certain)
    assert titles(api.get("/search?type=Shirt,Bag,Coat&match=all&min_probability=0.4")) == ["everything.jpg"]


def test_a_photo_that_shows_no_type_is_untyped(api: Api) -> None:
    api.add(a_photo("uploads/watch.jpg", types={}), a_photo("uploads/maybe.jpg", types={"Coat": 0.4999, "Bag": 0.4}))
    assert sorted(titles(api.get("/search?untyped=true"))) == ["maybe.jpg", "watch.jpg"]
    assert titles(api.get("/search?untyped=true&not=Bag&min_probability=0.3")) == ["watch.jpg"]


@pytest.mark.parametrize(
    ("name", "nearest"), [("tpye", "type"), ("Match", "match"), ("UNTYPED", "untyped"), ("min_prob", "min_probability")]
)
def test_an_unknown_parameter_is_answered_with_the_nearest(api: Api, name: str, nearest: str) -> None:
    answer = api.get(f"/search?type=Shirt&{name}=1")
    assert answer.body["detail"] == f"Unknown parameter {name!r}. Did you mean {nearest!r}?"
    assert api.get("/search?type=Shirt&xyz=1").body["detail"] == "Unknown parameter 'xyz'."


def pages(api: Api, query: str) -> list[list[str]]:
    """The ids on each page, up to the last."""
    answer = api.get(f"/search?{query}")
    found = [[photo["id"] for photo in answer.body["photos"]]]
    while cursor := answer.body.get("next"):
        answer = api.get(f"/search?{query}&cursor={cursor}")
        found.append([photo["id"] for photo in answer.body["photos"]])
    return found


@pytest.mark.parametrize("graph_down", [False, True])
@pytest.mark.parametrize("limit", [1, 7, 20, 40, 41])
def test_the_pages_together_hold_every_photo_once_and_in_order(api: Api, limit: int, graph_down: bool) -> None:
    photos = [a_photo(f"uploads/{number}.jpg", types={"Coat": 0.5 + number // 8 / 10}) for number in range(40)]
    api.add(*photos)
    api.graph.down = graph_down
    found = pages(api, f"type=coat&limit={limit}")
    ordered = sorted(photos, key=lambda photo: (-photo.types["Coat"], photo.id))
    assert [id_ for page in found for id_ in page] == [photo.id for photo in ordered]
    assert len(found) == -(-len(photos) // limit)


def test_a_search_goes_on_while_photos_come_and_go_and_from_the_other_store(api: Api) -> None:
    photos = [a_photo(f"uploads/{number}.jpg", types={"Coat": 0.9 - number / 100}) for number in range(6)]
    api.add(*photos)
    first = api.get("/search?type=Coat&limit=2")
    api.add(a_photo("uploads/better.jpg", types={"Coat": 1.0}))
    api.catalog.write([a_photo("uploads/1.jpg", sequencer="06", status="deleted", types={})])  # ended the first page
    api.graph.down = True
    second = api.get(f"/search?type=Coat&limit=3&cursor={first.body['next']}")
    assert titles(first) + titles(second) == [f"{number}.jpg" for number in range(5)]


def test_a_page_goes_on_after_what_the_graph_said_though_the_catalog_has_none_of_it(api: Api) -> None:
    api.catalog.write([a_photo("uploads/b.jpg", sequencer="06", types={"Dress": 1.0})])
    first = api.get("/search?type=Shirt&limit=1")
    assert titles(first) == []
    assert titles(api.get(f"/search?type=Shirt&limit=1&cursor={first.body['next']}")) == ["a.jpg"]


def test_a_cursor_belongs_to_its_search(api: Api) -> None:
    cursor = api.get("/search?type=Shirt&limit=1").body["next"]
    assert api.get(f"/search?type=SHIRT&min_probability=0.50&limit=5&cursor={cursor}").status == 200
    for other in (
        "type=T-shirt",
        "type=Shirt,Bag",
        "type=Shirt&min_probability=0.4",
        "type=Shirt&match=all",
        "type=Shirt&not=Bag",
        "type=Shirt&sort=newest",
    ):
        answer = api.get(f"/search?{other}&cursor={cursor}")
        assert_problem(answer, 400, "cursor")
        assert "another search" in answer.body["detail"]


def test_a_cursor_that_was_changed_is_a_problem(api: Api) -> None:
    cursor = api.get("/search?type=Shirt&limit=1").body["next"]
    rank, id_, digest = json.loads(urlsafe_b64decode(cursor))
    for changed in ([rank / 2, id_, digest], [rank, "0" * 24, digest], [rank, id_, "0" * 8]):
        text = urlsafe_b64encode(json.dumps(changed).encode()).decode()
        assert_problem(api.get(f"/search?type=Shirt&limit=1&cursor={text}"), 400, "cursor")


@pytest.mark.parametrize(
    "content",
    [
        5,
        {},
        [],
        [0.5, "f" * 24],
        [1, "f" * 24, ""],
        [1.1, "f" * 24, ""],
        ["0.5", "f" * 24, ""],
        [float("nan"), "f" * 24, ""],
        [0.5, "g" * 24, ""],
        [0.5, {"$gt": ""}, ""],
        [0.5, "f" * 24, None],
    ],
)
def test_a_cursor_that_holds_something_else_is_a_problem(api: Api, content: Any) -> None:
    text = urlsafe_b64encode(json.dumps(content).encode()).decode()
    assert_problem(api.get(f"/search?type=Shirt&cursor={text}"), 400, "cursor")


@pytest.mark.parametrize("rank", [-1e300, 1e300])
def test_a_cursor_of_a_time_that_there_is_not_is_a_problem(api: Api, rank: float) -> None:
    text = urlsafe_b64encode(json.dumps([rank, "f" * 24, ""]).encode()).decode()
    assert_problem(api.get(f"/search?type=Shirt&sort=newest&cursor={text}"), 400, "cursor")


@pytest.mark.parametrize("text", ["", "next", "grün", "=", "[" * 4000, urlsafe_b64encode(b"[" * 3000).decode()])
def test_a_malformed_cursor_is_a_problem(api: Api, text: str) -> None:
    assert_problem(api.get(f"/search?type=Shirt&cursor={text}"), 400, "cursor")


def test_what_the_catalog_no_longer_says_is_not_found_though_the_graph_still_has_it(api: Api) -> None:
    api.catalog.write([a_photo("uploads/b.jpg", sequencer="06", types={"Dress": 1.0})])
    assert titles(api.get("/search?type=Shirt")) == ["a.jpg"]
    assert titles(api.get("/search?type=Shirt&min_probability=0")) == ["a.jpg", "c.jpg"]


def test_a_photo_is_shown_with_all_that_a_reader_needs(api: Api) -> None:
    about: dict[str, Any] = {"width": 3, "height": 4, "format": "PNG", "taken_at": "2024-05-06T07:08:09"}
    photo = a_photo("uploads/d.jpg", colors=("white", "blue"), embedding=(0.6, 0.8), **about)
    api.add(photo)
    answer = api.get(f"/photos/{photo.id}")
    assert answer.status == 200
    assert answer.body == {
        "id": photo.id,
        "title": "d.jpg",
        "status": "classified",
        "types": {"Shirt": 0.9, "T-shirt": 0.1},
        "colors": ["white", "blue"],
        "size": 1000,
        "width": 3,
        "height": 4,
        "format": "PNG",
        "uploaded_at": "2026-03-01T12:00:00+00:00",
        "taken_at": "2024-05-06T07:08:09",
        "types_source": "model",
        "url": "https://signed/uploads/d.jpg",
        "download_url": "https://download/uploads/d.jpg",
        "updated_at": "2026-03-01T12:00:00+00:00",
    }


def test_an_incomplete_photo_is_said_to_be_truncated(api: Api) -> None:
    cut, whole = a_photo("uploads/cut.jpg", truncated=True), a_photo("uploads/a.jpg")
    api.add(cut)
    assert api.get(f"/photos/{cut.id}").body["truncated"] is True
    assert "truncated" not in api.get(f"/photos/{whole.id}").body


def test_a_rejected_photo_says_why(api: Api) -> None:
    answer = api.get(f"/photos/{a_photo('uploads/bad.jpg').id}")
    assert (answer.status, answer.body["status"], answer.body["reason"]) == (200, "rejected", "damaged")
    assert answer.body["detail"]
    assert "types" not in answer.body


@pytest.mark.parametrize("id_", ["f" * 24, "nonsense", a_photo("uploads/gone.jpg").id])
def test_a_photo_that_is_not_there_is_404_and_names_the_id(api: Api, id_: str) -> None:
    answer = api.get(f"/photos/{id_}")
    assert_problem(answer, 404, "id")
    assert id_ in answer.body["detail"]


@pytest.mark.parametrize("graph_down", [False, True])
def test_types_are_the_ten_with_their_counts(api: Api, graph_down: bool) -> None:
    api.graph.down = graph_down
    answer = api.get("/types?min_probability=0.4")
    assert [one["type"] for one in answer.body["types"]] == list(TYPES)
    counts = {one["type"]: one["photos"] for one in answer.body["types"]}
    assert counts == dict.fromkeys(TYPES, 0) | {"Shirt": 2, "T-shirt": 1, "Bag": 1}
    means = {one["type"]: one["mean_probability"] for one in answer.body["types"] if one["photos"]}
    assert means == {"Shirt": 0.75, "T-shirt": 0.4, "Bag": 0.7}
    assert answer.body["types"][-1] == {"type": "Ankle-boot", "photos": 0, "mean_probability": None}


@pytest.mark.parametrize(
    ("url", "parameter"),
    [
        ("/search", "type"),
        ("/search?type=Hat", "type"),
        ("/search?type=Shirt,Hat", "type"),
        ("/search?type=Shirt&not=Hat", "not"),
        ("/search?type=Shirt,Coat&not=coat", "not"),
        ("/search?type=Shirt&match=some", "match"),
        ("/search?type=Shirt&match=all&match=any", "match"),
        ("/search?type=Shirt&sort=best", "sort"),
        ("/search?type=Shirt&min_probability=high", "min_probability"),
        ("/search?type=Shirt&min_probability=1.1", "min_probability"),
        ("/search?type=Shirt&min_probability=-0.1", "min_probability"),
        ("/search?type=Shirt&min_probability=nan", "min_probability"),
        ("/search?min_probability=0.2", "type"),
        ("/search?type=Shirt&min_probability=1e1", "min_probability"),
        ("/search?type=Shirt&min_probability=e-1", "min_probability"),
        (f"/search?q={'+'.join(f'zz{number}' for number in range(11))}", "q"),
        (f"/search?q={'a' * 1001}", "q"),
        ("/search?from=yesterday", "from"),
        ("/search?to=2026-02-30", "to"),
        ("/search?to=9999-12-31", "to"),
        ("/search?from=0001-01-01T00:00:00%2B05:00", "from"),
        ("/search?from=2026-03-02&to=2026-03-01", "to"),
        ("/search?untyped=yes", "untyped"),
        ("/search?color=plaid", "color"),
        ("/search?type=Shirt&facets=yes", "facets"),
        ("/search?q=%22blue%22&sort=best", "sort"),
        ("/search?type=Shirt&limit=0", "limit"),
        ("/search?type=Shirt&limit=101", "limit"),
        ("/search?type=Shirt&limit=1.5", "limit"),
        ("/search?type=Shirt&limit=²", "limit"),
        (f"/search?type=Shirt&limit={'9' * 5000}", "limit"),
        ("/search?type=Shirt&min_probability=0_0", "min_probability"),
        ("/search?type=Shirt&min_probability=-0.0", "min_probability"),
        ("/search?type=Shirt&min_probability=", "min_probability"),
        ("/search?type=Shirt&colour=red", "colour"),
        ("/types?type=Shirt", "type"),
        (f"/photos/{'f' * 24}/related?limit=0", "limit"),
        (f"/photos/{'f' * 24}/related?min=1", "min"),
        ("/health?full=1", "full"),
        ("/photos/" + "f" * 24 + "?full=1", "full"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_is_allowed(api: Api, url: str, parameter: str) -> None:
    assert_problem(api.get(url), 400, parameter)


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        (
            "/search",
            "Give at least one of type, not, color, q, from, to, like, untyped=true, status=rejected or a sort by "
            "date.",
        ),
        (f"/search?q={'a' * 1001}", "q must be at most 1000 characters."),
        (
            f"/search?q={'+'.join(f'zz{number}' for number in range(11))}",
            "q must contain at most 10 words besides types and colours.",
        ),
        ("/search?type=Shirt&not=shirt", "Shirt is in both type and not."),
        ("/search?type=Shirt&sort=newest&sort=newest", "sort may be given only once."),
        ("/search?type=Shirt&cursor=x", "cursor is invalid."),
        ("/search?status=rejected&type=Bag", "type can't be combined with status=rejected."),
        ("/search?status=rejected&sort=taken", "With status=rejected, sort must be newest or oldest."),
        ("/search?status=deleted", "status must be classified or rejected, not 'deleted'."),
        ("/search?type=Shirt&limit=0", "limit must be an integer from 1 to 100, not '0'."),
        (f"/photos/{'f' * 24}", f"No photo has the id '{'f' * 24}'. It may have been deleted."),
    ],
)
def test_a_problem_says_what_is_wrong_and_what_would_be_right(api: Api, url: str, detail: str) -> None:
    assert api.get(url).body["detail"] == detail


def test_an_unknown_type_is_answered_with_the_ten(api: Api) -> None:
    assert api.get("/search?type=Hat").body["allowed"] == list(TYPES)


def test_an_unknown_path_is_a_problem_too(api: Api) -> None:
    answer = api.get("/photo")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/search", "GET"),
        ("HEAD", "/search", "GET"),
        ("TRACE", "/openapi.json", "GET"),
        ("PROPFIND", "/photos/x", "GET, DELETE"),
        ("PATCH", "/photos/x/types", "PUT"),
        ("get", "/types", "GET"),
        ("PUT", "/", "GET"),
        ("DELETE", "/page/main.js", "GET"),
    ],
)
def test_a_method_that_a_path_does_not_take_is_answered_with_those_it_does(
    api: Api, method: str, path: str, allow: str
) -> None:
    answer = api.send(method, path, route="$default")
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, allow)
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    body = json.loads(answer["body"])
    assert (body["status"], body["allowed"]) == (405, allow.split(", "))
    assert body["detail"] == f"{path} supports only {allow.replace(', ', ' and ')}."


@pytest.mark.parametrize("path", ["/nothing", "/search/", "/photos/x/", "/photos/x/y", "/openapi_json", "/page", "*"])
def test_a_path_that_there_is_not_is_404_with_those_that_there_are(api: Api, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS", "TRACE"):
        answer = api.send(method, path, route="$default")
        assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (404, "application/problem+json")
        assert "Allow" not in answer["headers"]
        assert "/photos/{id}" in json.loads(answer["body"])["allowed"]


@pytest.mark.parametrize("route", ["$default", "OPTIONS /{proxy+}"])
def test_options_says_the_methods(api: Api, route: str) -> None:
    answer = api.send("OPTIONS", "/photos/x", route=route)
    assert (answer["statusCode"], answer["headers"]["Allow"], answer["body"]) == (204, "GET, DELETE", "")


@pytest.mark.parametrize("method", ["delete", "DELETE"])
def test_what_the_gateway_took_for_no_route_changes_nothing(api: Api, method: str) -> None:
    """There it may be that only those who may read were let in."""
    photo = a_photo("uploads/a.jpg")
    assert api.send(method, f"/photos/{photo.id}", route="$default")["statusCode"] in (404, 405)
    assert api.bucket.deleted == []


def test_with_the_catalog_down_the_answer_is_try_again(api: Api) -> None:
    api.catalog.down = api.graph.down = True
    photo = f"/photos/{'f' * 24}"
    for url in ("/search?type=Shirt", "/search?color=red&facets=true", "/types", photo, f"{photo}/related"):
        answer = api.get(url)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert answer.body["status"] == 503


def test_health_says_how_each_store_is_and_who_answers(api: Api) -> None:
    answer = api.get("/health")
    stores = answer.body.pop("stores")
    assert (answer.status, answer.body) == (200, {"status": "ok", "backend": "tigergraph"})
    assert {name: one["state"] for name, one in stores.items()} == {"mongodb": "up", "tigergraph": "up"}
    assert all(0 <= one["latency_ms"] < 5000 for one in stores.values())


def test_health_is_degraded_while_searches_do_without_the_graph(api: Api) -> None:
    api.graph.down = True
    answer = api.get("/health")
    assert (answer.status, answer.body["status"], answer.body["backend"]) == (200, "degraded", "mongodb")
    assert answer.body["stores"]["tigergraph"]["state"] == "down"
    api.get("/search?type=Shirt")
    api.graph.down = False  # it gives a sign of life; that its queries work again, no search has seen yet
    answer = api.get("/health")
    assert (answer.body["status"], answer.body["stores"]["tigergraph"]["state"]) == ("degraded", "up")


def test_health_is_503_with_the_catalog_down_and_says_of_each_store(api: Api) -> None:
    api.catalog.down = True
    answer = api.get("/health")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert {name: one["state"] for name, one in answer.body["stores"].items()} == {
        "mongodb": "down",
        "tigergraph": "up",
    }


def assert_problem(answer: Answer, status: int, parameter: str) -> None:
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert (answer.body["status"], answer.body["parameter"]) == (status, parameter)
    assert answer.body["title"]
    assert answer.body["detail"]
    assert "allowed" in answer.body


RED, BLUE = ([float(one == name) for one in COLORS] for name in ("red", "blue"))


def an_alike(number: int, cosine: float, colors: list[float] = RED, model: str = "m1", **changes: Any) -> Photo:
    """A photo whose embedding has this cosine to number 0's, and whose look has no type."""
    look = joined([cosine / 2] * 4 + [(1 - cosine**2) ** 0.5 / 2] * 4, colors, {})
    return a_photo(f"uploads/alike{number}.jpg", **{"look": look, "model": model, "colors": ("red",)} | changes)


@pytest.fixture
def alike() -> Api:
    """An API with a photo and some that are more or less like it; the titles tell their order."""
    api = Api()
    api.add(
        an_alike(0, 1.0),
        an_alike(1, 0.9, types={"Bag": 1.0}),
        an_alike(2, 0.4),
        an_alike(3, 0.9, colors=BLUE, types={"Shirt": 0.9, "Bag": 0.8}),
        an_alike(4, -0.5, uploaded_at=NOON + timedelta(days=1), types={}),
        an_alike(5, 0.9, status="rejected", types={}, look=b""),
        an_alike(6, 0.9, status="deleted", types={}),
        an_alike(7, 0.9, model="m0"),
        an_alike(8, 0.9, look=b""),
    )
    return api


LIKED = an_alike(0, 1.0)
RELATED = f"/photos/{LIKED.id}/related"


@pytest.mark.parametrize("graph_down", [False, True])
def test_the_photos_most_like_one_come_first_whatever_types_they_show(alike: Api, graph_down: bool) -> None:
    alike.graph.down = graph_down
    answer = alike.get(f"/search?like={LIKED.id}")
    related = alike.get(RELATED)
    assert (answer.body["like"], answer.body["sort"], answer.body["backend"]) == (LIKED.id, "likeness", "mongodb")
    for found in (answer, related):
        assert titles(found) == ["alike1.jpg", "alike2.jpg", "alike3.jpg", "alike4.jpg"]
        # Embedding, colour and type count 0.49, 0.36 and 0.15. The cosines are 0.9, 0.4, 0.9 with another colour, -0.5.
        assert [one["likeness"] for one in found.body["photos"]] == pytest.approx(
            [0.951, 0.706, 0.591, 0.265], abs=0.01
        )
        assert found.body["compared"] == {"by": "all", "photos": 4}
        assert found.body["backend"] == "mongodb"
    assert answer.body["total"] == {"photos": 4, "exact": True}
    assert titles(alike.get(f"{RELATED}?limit=1")) == ["alike1.jpg"]


def test_a_look_finds_the_same_as_the_photo_and_the_photo_itself(alike: Api) -> None:
    text = to_text(Look("m1", LIKED.look))
    answer = alike.get(f"/search?like={text}")
    assert titles(answer) == ["alike0.jpg", "alike1.jpg", "alike2.jpg", "alike3.jpg", "alike4.jpg"]
    assert (answer.body["like"], answer.body["photos"][0]["likeness"]) == (text, pytest.approx(1, abs=0.01))


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("type=Shirt", [2, 3]),
        ("type=Shirt,Bag&match=all", [3]),
        ("not=Bag", [2, 4]),
        ("color=red", [1, 2, 3, 4]),
        ("color=blue", []),
        ("q=bags", [1, 3]),
        ("q=alike4", [4]),
        ("q=bag nowhere", [1, 3]),
        ("from=2026-03-02", [4]),
        ("to=2026-03-01", [1, 2, 3]),
        ("untyped=true", [4]),
        ("type=Bag&min_probability=0.9", [1]),
    ],
)
def test_likeness_combines_with_every_filter(alike: Api, filters: str, found: list[int]) -> None:
    answer = alike.get(f"/search?like={LIKED.id}&{filters.replace(' ', '+')}&facets=true")
    assert titles(answer) == [f"alike{number}.jpg" for number in found]
    assert answer.body["total"] == {"photos": len(found), "exact": True}
    assert answer.body["facets"]["type"]["exact"]


def test_pages_by_likeness_hold_every_photo_once_while_others_come_and_go(alike: Api) -> None:
    url = f"/search?like={LIKED.id}&limit=1"
    first = alike.get(url)
    assert titles(first) == ["alike1.jpg"]
    alike.catalog.write([an_alike(1, 0.9, sequencer="06", status="deleted", types={})])
    alike.add(an_alike(9, 0.95), an_alike(10, 0.0))
    rest, cursor = [], first.body["next"]
    while cursor:
        page = alike.get(f"{url}&cursor={cursor}")
        rest += titles(page)
        cursor = page.body.get("next")
    assert rest == ["alike2.jpg", "alike3.jpg", "alike10.jpg", "alike4.jpg"]


def test_of_equally_alike_photos_the_lowest_id_comes_first_on_every_page() -> None:
    api = Api()
    photos = [an_alike(number, 0.5) for number in range(30)]
    api.add(*photos)
    ids = sorted(photo.id for photo in photos[1:])
    answer = api.get(f"/search?like={photos[0].id}")
    assert ([one["id"] for one in answer.body["photos"]], answer.body["limit"]) == (ids[:20], 20)
    second = api.get(f"/search?like={photos[0].id}&cursor={answer.body['next']}")
    assert [one["id"] for one in second.body["photos"]] == ids[20:]


def test_of_alike_photos_with_the_same_bytes_the_oldest_is_shown() -> None:
    api = Api()
    api.add(
        an_alike(0, 1.0),
        an_alike(1, 0.9, digest="a", uploaded_at=NOON + timedelta(days=1)),
        an_alike(2, 0.9, digest="a"),
        an_alike(3, 0.5, digest="b"),
    )
    answer = api.get(f"/search?like={LIKED.id}&duplicates=hide&limit=2")
    assert [(one["title"], one["copies"]) for one in answer.body["photos"]] == [("alike2.jpg", 2), ("alike3.jpg", 1)]
    assert answer.body["compared"]["by"] == "all"
    assert "next" not in answer.body


def test_pages_of_alike_photos_with_hidden_copies_are_compared_for_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api()
    api.add(an_alike(0, 1.0))
    for number in range(1, 13):
        later = NOON + timedelta(days=number % 2)
        api.add(an_alike(number, 1 - (number + 1) // 2 / 10, digest=f"{(number + 1) // 2}", uploaded_at=later))
    compared: list[int] = []
    most_alike = api.catalog.most_alike

    def counted(search: Search, limit: int, after: Place | None, time_s: float) -> Alike:
        compared.append(limit)
        return most_alike(search, limit, after, time_s)

    monkeypatch.setattr(api.catalog, "most_alike", counted)
    found = all_pages(api, f"/search?like={LIKED.id}&duplicates=hide&limit=2")
    assert [one["title"] for one in found] == [f"alike{number}.jpg" for number in (2, 4, 6, 8, 10, 12)]
    assert [one["copies"] for one in found] == [2] * 6
    assert len(compared) <= 4  # of three pages; a copy may follow the last photo of the page before


@pytest.mark.parametrize("number", [5, 8])
def test_a_photo_without_a_look_is_like_nothing(alike: Api, number: int) -> None:
    id_ = an_alike(number, 0).id
    for url in (f"/search?like={id_}", f"/photos/{id_}/related"):
        answer = alike.get(url)
        assert (answer.status, answer.body["photos"]) == (200, [])
        assert answer.body["compared"] == {"by": "nothing", "photos": 0}


@pytest.mark.parametrize(
    ("query", "parameter", "detail"),
    [
        (f"like={'f' * 24}", "like", f"No photo has the id '{'f' * 24}'. It may have been deleted."),
        (f"like={an_alike(6, 0).id}", "like", f"No photo has the id '{an_alike(6, 0).id}'. It may have been deleted."),
        ("like=shirt", "like", 'like is neither a photo\'s id nor an embedding: it begins with "v".'),
        ("like=", "like", 'like is neither a photo\'s id nor an embedding: it begins with "v".'),
        (f"like={LIKED.id}&like={LIKED.id}", "like", "like may be given only once."),
        (f"like={LIKED.id}&sort=newest", "sort", "sort can't be combined with like: the most alike photos come first."),
    ],
)
def test_a_like_that_cannot_be_answered_is_refused(alike: Api, query: str, parameter: str, detail: str) -> None:
    answer = alike.get(f"/search?{query}")
    assert_problem(answer, 400, parameter)
    assert answer.body["detail"] == detail


def test_a_look_of_another_length_or_model_is_like_nothing(alike: Api) -> None:
    for look in (Look("m1", LIKED.look + b"\x01"), Look("m2", LIKED.look)):
        assert alike.get(f"/search?like={to_text(look)}").body["photos"] == []


@pytest.fixture
def with_copies(api: Api) -> list[Photo]:
    """Forty pictures, every second one three times."""
    photos = [
        a_photo(
            f"uploads/{number:02}-{copy}.jpg",
            types={"Sneaker": round(0.5 + number / 100, 2)},
            digest=f"{number:02}",
            uploaded_at=NOON + timedelta(minutes=(7 * number + 11 * copy) % 50),
        )
        for number in range(40)
        for copy in range(3 if number % 2 else 1)
    ]
    api.add(*photos)
    return photos


def oldest(photos: list[Photo]) -> dict[str, Photo]:
    by_content: dict[str, Photo] = {}
    for photo in sorted(photos, key=lambda one: (one.uploaded_at, one.id)):
        by_content.setdefault(str(photo.digest), photo)
    return by_content


def all_pages(api: Api, url: str, cursor: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        body = api.get(f"{url}{cursor}").body
        found += body["photos"]
        if "next" not in body:
            return found
        assert len(body["photos"]) == body["limit"]
        cursor = f"&cursor={body['next']}"


@pytest.mark.parametrize("graph_down", [False, True])
@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest", "taken"])
@pytest.mark.parametrize("limit", [1, 7, 40])
def test_hidden_duplicates_leave_the_oldest_with_how_many_there_are(
    api: Api, with_copies: list[Photo], graph_down: bool, sort: str, limit: int
) -> None:
    api.graph.down = graph_down
    url = f"/search?type=sneaker&sort={sort}&duplicates=hide&limit={limit}"
    found = all_pages(api, url)
    expected = oldest(with_copies)
    assert {one["id"] for one in found} == {photo.id for photo in expected.values()}
    assert len(found) == len(expected) == 40
    assert [one["copies"] for one in found] == [3 if int(one["title"][:2]) % 2 else 1 for one in found]
    everything = all_pages(api, f"/search?type=sneaker&sort={sort}&limit=40")
    shown = [one for one in everything if one["id"] in {each["id"] for each in found}]
    assert [one["id"] for one in found] == [one["id"] for one in shown]
    body = api.get(url + "&facets=true").body
    assert (body["duplicates"], body["total"]) == ("hide", {"photos": 40, "exact": True})
    assert body["facets"]["type"]["photos"]["Sneaker"] == 40


def test_all_photos_are_shown_unless_duplicates_are_hidden(api: Api, with_copies: list[Photo]) -> None:
    body = api.get("/search?type=sneaker&limit=100").body
    assert len(body["photos"]) == body["total"]["photos"] == len(with_copies) == 80
    assert not any("copies" in one for one in body["photos"])
    assert "duplicates" not in body
    assert api.get("/search?type=sneaker&duplicates=maybe").body["parameter"] == "duplicates"


def test_hidden_duplicates_follow_what_comes_and_goes(api: Api, with_copies: list[Photo]) -> None:
    url = "/search?type=sneaker&duplicates=hide&limit=10"
    first = api.get(url).body
    left = list(with_copies)
    for photo in [one for one in with_copies if int(one.digest or 0) < 20 and one in oldest(with_copies).values()]:
        left.remove(photo)  # of some pictures the oldest is deleted
        gone = replace(photo, status="deleted", types={}, sequencer="9" * 32)
        api.catalog.write([gone])
        api.graph.remove([gone.id])
    found = first["photos"] + all_pages(api, url, f"&cursor={first['next']}")
    assert {one["id"] for one in found} == {photo.id for photo in oldest(left).values()}
    assert len({one["id"] for one in found}) == len(found)


def test_a_photo_names_its_duplicates(api: Api, with_copies: list[Photo]) -> None:
    several = [one for one in with_copies if one.digest == "01"]
    body = api.get(f"/photos/{several[0].id}").body
    others = sorted(several[1:], key=lambda one: (one.uploaded_at, one.id))
    assert body["duplicates"] == [one.id for one in others]
    alone = next(one for one in with_copies if one.digest == "02")
    assert "duplicates" not in api.get(f"/photos/{alone.id}").body
