"""What typed phrases ask for: the benchmark in data/phrases.csv, and the rules behind it one by one."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photo_library.photo import COLORS, TYPES
from photo_library.search import words_in
from search.phrases import Understood, meant_by, quoted, read_names, understand
from search.vocabulary import REAL_WORDS, TERMS

PHRASES = Path(__file__).parent / "data" / "phrases.csv"
ASKED_SHARE = 0.95


def test_the_phrases_of_the_benchmark_are_understood() -> None:
    with PHRASES.open(newline="") as file:
        rows = list(csv.DictReader(file))
    failed = {row["phrase"]: understand(row["phrase"]) for row in rows if not _as_expected(row)}
    assert len(rows) >= 400
    assert len(failed) <= (1 - ASKED_SHARE) * len(rows), failed


def _as_expected(row: dict[str, str]) -> bool:
    understood = understand(row["phrase"])
    return (
        set(understood.types) == set(row["type"].split())
        and (understood.match == row["match"] or len(understood.types) < 2)
        and {*understood.unwanted, *understood.unwanted_colors} == set(row["not"].split())
        and set(understood.colors) == set(row["color"].split())
        and set(understood.words) == set(words_in(row["q"]))
    )


@pytest.mark.parametrize("name", [*TYPES, *COLORS])
def test_every_type_and_colour_has_a_term_in_every_language(name: str) -> None:
    for language, by_meaning in TERMS.items():
        assert any(name in meaning.split() for meaning in by_meaning), language


@pytest.mark.parametrize("name", [*TYPES, *COLORS])
def test_types_and_colours_are_understood_by_their_own_names(name: str) -> None:
    understood = understand(name)
    assert (*understood.types, *understood.colors) == (name,)


def test_corrections_are_told() -> None:
    assert understand("balck shrit in berln").corrections == {"balck": "black", "shrit": "shirt"}
    assert understand("black shirt, winterjacke, reddress").corrections == {}


@pytest.mark.parametrize("word", ["skirt", "skirts", "shorts", "boat", "house", "books", "plants", "while", "Berlin"])
def test_a_word_that_means_something_else_is_not_corrected(word: str) -> None:
    assert understand(word) == Understood(words=words_in(word))


def test_real_words_near_a_term_are_not_corrected() -> None:
    taken_for_terms = {word for word in REAL_WORDS.split() if understand(word).corrections}
    assert not taken_for_terms


def test_a_negation_before_words_is_looked_for_with_them() -> None:
    assert understand("dress without long sleeves") == Understood(
        types=("Dress",), words=("without", "long", "sleeves")
    )


@pytest.mark.parametrize(
    ("phrase", "types"),
    [
        ("shirt dress", ("Dress",)),
        ("dress shirt", ("Shirt",)),
        ("turtleneck dress", ("Dress",)),
        ("robe chemise", ("Dress",)),
        ("sneaker boots", ("Ankle-boot",)),
        ("sneaker shoes", ("Sneaker",)),
        ("shirts dresses", ("Dress", "Shirt")),
        ("shirt jeans", ("Trouser", "Shirt")),
        ("dress boots", ("Ankle-boot",)),
    ],
)
def test_two_garments_side_by_side_are_one_or_two(phrase: str, types: tuple[str, ...]) -> None:
    assert understand(phrase).types == types


@pytest.mark.parametrize(
    ("phrase", "types", "colors"),
    [
        ("not black coat", ("Coat",), ("black",)),
        ("coat, no black", ("Coat",), ("black",)),
        ("coat not black or white", ("Coat",), ("black", "white")),
    ],
)
def test_colours_are_excluded(phrase: str, types: tuple[str, ...], colors: tuple[str, ...]) -> None:
    assert understand(phrase) == Understood(types=types, unwanted_colors=colors)


@pytest.mark.parametrize(
    ("phrase", "types", "unwanted"),
    [
        ("dress without black bag", ("Dress",), ("Bag",)),
        ("robe sans sac noir", ("Dress",), ("Bag",)),
        ("no leather boots", (), ("Ankle-boot",)),
        ("no coats or dresses", (), ("Dress", "Coat")),
        ("-coat dress", ("Dress",), ("Coat",)),
        ("shoes but no boots, no heels", ("Sneaker",), ("Sandal", "Ankle-boot")),
    ],
)
def test_garments_are_excluded_with_what_describes_them(
    phrase: str, types: tuple[str, ...], unwanted: tuple[str, ...]
) -> None:
    assert understand(phrase) == Understood(types=types, unwanted=unwanted)


@pytest.mark.parametrize(
    ("text", "named"),
    [("jeans", {"Trouser"}), ("Shoes", {"Sandal", "Sneaker", "Ankle-boot"}), ("navy", {"blue"}), ("denim", {"blue"})],
)
def test_a_term_names_types_and_colours(text: str, named: set[str]) -> None:
    assert set(read_names(text)) == named


@pytest.mark.parametrize(("text", "meant"), [("jaens", ("Trouser",)), ("purpel", ("purple",)), ("Hat", ())])
def test_a_typing_error_is_meant_to_be_the_nearest_term(text: str, meant: tuple[str, ...]) -> None:
    assert read_names(text) == ()
    assert meant_by(text) == meant


def test_what_is_wanted_and_excluded_is_excluded() -> None:
    assert understand("coat -coat") == Understood(unwanted=("Coat",))


@settings(deadline=None)  # the first one builds the vocabulary
@given(st.text())
def test_no_phrase_is_an_error(phrase: str) -> None:
    understand(phrase)


@settings(deadline=None)
@given(st.lists(st.text("abcdefgiorstu", min_size=1), max_size=4))
def test_the_words_left_over_can_be_asked_for_again(words: list[str]) -> None:
    left = words_in(" ".join(words))
    assert understand(quoted(left)) == Understood(words=tuple(dict.fromkeys(left)))
