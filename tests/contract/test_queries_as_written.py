"""The stand-in's answers beside a second reading of each query: clause by clause, as the query's own text has it.

The lines that begin with # > are the query's text; a test compares them with the file. What stands below a clause is
what the clause means. The readings are as literal as possible, and so neither short nor fast.
"""

import inspect
import json
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.tigergraph.graph import Graph
from infra.local.tigergraph.queries import ANSWERS
from photo_library.photo import TYPES
from photo_library.type_graph.provisioning import GSQL, QUERIES

Edges = list[tuple[str, str, float]]  # photo, type, probability; at most one of a photo and a type


def photos_by_types(
    photos: list[str],
    edges: Edges,
    *,
    type_names: str,
    match_all: bool,
    min_probability: float,
    unwanted: list[str],
    exclude_from: float,
    page_size: int = 20,
    after: str = "",
) -> list[dict[str, Any]]:
    # > STRING type_names, BOOL match_all, DOUBLE min_probability, SET<STRING> unwanted, DOUBLE exclude_from,
    # > INT page_size = 20, STRING after = ""
    # > ListAccum<STRING> @@wanted;
    at_wanted: list[str] = []
    # > OrAccum<BOOL> @excluded;
    excluded = dict.fromkeys(photos, False)
    # > MapAccum<STRING, DOUBLE> @shown;
    shown: dict[str, dict[str, float]] = {p: {} for p in photos}
    # > MaxAccum<DOUBLE> @highest;
    highest = dict.fromkeys(photos, float("-inf"))
    # > SumAccum<DOUBLE> @score;
    score = dict.fromkeys(photos, 0.0)
    # > JSONARRAY names; JSONOBJECT place; DOUBLE after_score = 2; STRING after_id = ""; INT needed = 1;
    after_score, after_id, needed = 2.0, "", 1
    # > IF after != "" THEN
    if after != "":
        # > place = parse_json_object(after);
        place = json.loads(after)
        # > after_score = place.getDouble("score");
        after_score = place["score"]
        # > after_id = place.getString("id");
        after_id = place["id"]
    # > END;
    # > names = parse_json_array(type_names);
    names = json.loads(type_names)
    # > FOREACH i IN RANGE[0, names.size() - 1] DO
    for i in range(0, len(names) - 1 + 1):  # both ends belong to a RANGE
        # > @@wanted += names.getString(i);
        at_wanted.append(names[i])
    # > END;
    # > IF match_all THEN
    if match_all:
        # > needed = names.size();
        needed = len(names)
    # > END;
    # > Unwanted = SELECT t FROM PhotoType:t WHERE t.name IN unwanted;
    unwanted_types = [t for t in TYPES if t in unwanted]
    # > Excluded = SELECT p FROM Unwanted:t -(PHOTO_HAS_TYPE:e)- Photo:p
    for p, t, probability in edges:
        # > WHERE e.probability >= exclude_from
        if t in unwanted_types and probability >= exclude_from:
            # > ACCUM p.@excluded += TRUE;
            excluded[p] = True
    # > Wanted = SELECT t FROM PhotoType:t WHERE t.name IN @@wanted;
    wanted_types = [t for t in TYPES if t in at_wanted]
    # > Matches = SELECT p FROM Wanted:t -(PHOTO_HAS_TYPE:e)- Photo:p
    matches = set()
    for p, t, probability in edges:
        # > WHERE e.probability >= min_probability AND p.@excluded == FALSE
        if t in wanted_types and probability >= min_probability and not excluded[p]:
            matches.add(p)
            # > ACCUM p.@shown += (t.name -> e.probability),
            shown[p][t] = probability
            # > p.@highest += e.probability
            highest[p] = max(highest[p], probability)
    # > POST-ACCUM (p)
    for p in matches:
        # > DOUBLE product = 1,
        product = 1.0
        # > FOREACH name IN @@wanted DO
        for name in at_wanted:
            # > product = product * p.@shown.get(name)
            product = product * shown[p].get(name, 0.0)  # of a missing key, a MapAccum gives its values' default
        # > END,
        # > IF match_all THEN p.@score = product
        if match_all:
            score[p] = product
        # > ELSE p.@score = p.@highest END
        else:
            score[p] = highest[p]
    # > HAVING p.@shown.size() >= needed
    # > AND (p.@score < after_score OR (p.@score == after_score AND p.id > after_id));
    matches = {
        p
        for p in matches
        if len(shown[p]) >= needed and (score[p] < after_score or (score[p] == after_score and p > after_id))
    }
    # > Page = SELECT p FROM Matches:p ORDER BY p.@score DESC, p.id ASC LIMIT page_size;
    page = sorted(matches, key=lambda p: (-score[p], p))[:page_size]
    # > PRINT Page[Page.id AS photo_id, Page.@shown AS shown] AS photos;
    return [{"photo_id": p, "shown": shown[p]} for p in page]


def type_counts(photos: list[str], edges: Edges, min_probability: float = 0.5) -> list[dict[str, Any]]:
    del photos
    # > DOUBLE min_probability = 0.5
    # > SumAccum<INT> @photos;
    count = dict.fromkeys(TYPES, 0)
    # > SumAccum<DOUBLE> @total;
    total = dict.fromkeys(TYPES, 0.0)
    # > AllTypes = {PhotoType.*};
    # > Shown = SELECT t FROM AllTypes:t -(PHOTO_HAS_TYPE:e)- Photo:p
    shown = set()
    for _, t, probability in edges:
        # > WHERE e.probability >= min_probability
        if probability >= min_probability:
            shown.add(t)
            # > ACCUM t.@photos += 1,
            count[t] += 1
            # > t.@total += e.probability;
            total[t] += probability
    # > PRINT Shown[Shown.name AS name, Shown.@photos AS photos, Shown.@total AS total] AS types;
    return [{"name": t, "photos": count[t], "total": pytest.approx(total[t])} for t in shown]


def photo_ids(photos: list[str], edges: Edges, last_id: str = "", page_size: int = 1000) -> list[dict[str, Any]]:
    del edges
    # > STRING last_id = "", INT page_size = 1000
    # > AllPhotos = {Photo.*};
    # > Page = SELECT p FROM AllPhotos:p WHERE p.id > last_id
    page = [p for p in photos if p > last_id]
    # > ORDER BY p.id ASC LIMIT page_size;
    page = sorted(page)[:page_size]
    # > PRINT Page[Page.id AS photo_id] AS photos;
    return [{"photo_id": p} for p in page]


READINGS: dict[str, Callable[..., list[dict[str, Any]]]] = {
    one.__name__: one for one in (photos_by_types, type_counts, photo_ids)
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_reading_has_all_clauses_of_its_query(name: str) -> None:
    text = re.sub(r"//[^\n]*", "", (GSQL / f"{name}.gsql").read_text())
    (parts,) = re.findall(rf"QUERY {name}\((.*?)\)\s*FOR GRAPH photos SYNTAX v2 \{{(.*)\}}", text, re.DOTALL)
    clauses = re.findall(r"^\s*# > (.*)$", inspect.getsource(READINGS[name]), re.MULTILINE)
    assert compact("".join(clauses)) == compact("".join(parts))


def compact(text: str) -> str:
    return re.sub(r"\s+", "", text)


def some_parameters(name: str, randomly: random.Random, photos: list[str]) -> dict[str, Any]:
    """Parameters as the adapter sends them; probabilities often lie on the bounds."""

    def probability() -> float:
        return randomly.choice((0.0, 0.1, 0.3, 0.5, 0.7))

    types = randomly.sample(TYPES[:4], randomly.randint(1, 3))
    if name == "type_counts":
        return {"min_probability": probability()}
    if name == "photo_ids":
        return {"last_id": randomly.choice(["", *photos]), "page_size": randomly.randint(1, 5)}
    place = {"score": probability(), "id": randomly.choice(photos)}
    return {
        "type_names": json.dumps(types),
        "match_all": randomly.random() < 0.5,
        "min_probability": probability(),
        "unwanted": randomly.sample(TYPES[4:6], randomly.randint(0, 2)),
        "exclude_from": probability(),
        "page_size": randomly.randint(1, 9),
        "after": randomly.choice(["", json.dumps(place)]),
    }


@pytest.mark.parametrize("name", QUERIES)
def test_the_stand_in_answers_as_the_query_reads(name: str) -> None:
    answered = 0
    for seed in range(200):
        randomly = random.Random(seed)
        photos = [f"{number:02}" for number in range(12)]
        graph = Graph()
        graph.vertices["Photo"] = {photo: {} for photo in photos}
        graph.vertices["PhotoType"] = {name: {} for name in TYPES}
        edges: Edges = []
        for photo in photos:
            for type_name in randomly.sample(TYPES[:6], randomly.randint(0, 5)):
                edges.append((photo, type_name, randomly.choice((0.1, 0.3, 0.5, 0.7))))
                graph.connect(
                    ("Photo", photo), "PHOTO_HAS_TYPE", ("PhotoType", type_name), {"probability": edges[-1][2]}
                )
        parameters = some_parameters(name, randomly, photos)
        (vertices,) = ANSWERS[name](graph, **parameters).values()
        found = [one["attributes"] for one in vertices]
        expected = READINGS[name](photos, edges, **parameters)
        key = "name" if name == "type_counts" else "photo_id"  # no order is promised
        assert sorted(found, key=lambda one: one[key]) == sorted(expected, key=lambda one: one[key]), (seed, parameters)
        answered += bool(found)
    assert answered > 50
