"""Unknown words of a phrase: the terms that a typing error, a missing space or a compound hides (decision 125)."""

import re
from enum import IntEnum
from typing import NamedTuple

from jellyfish import damerau_levenshtein_distance

from search.dictionary import dictionary, names_type_or_color

_DOUBLED = re.compile(r"(.)\1+")


class _Error(IntEnum):
    """Kinds of typing errors, from the surest sign of one to the least sure."""

    SWAPPED = 0  # letters have changed places
    DOUBLED = 1  # a letter is doubled, or a double letter is single
    MISSING = 2
    ADDED = 3
    WRONG = 4


class _Letters(NamedTuple):
    """How many letters the typed word and the term must have before one is taken for the other.

    The fewer letters there are, the more words differ from a term by one and mean something else.
    """

    english: int
    other_languages: int
    two_errors: int  # in an English term of one word; elsewhere only one error is corrected


_LETTERS_NEEDED = {
    _Error.SWAPPED: _Letters(3, 3, 6),
    _Error.DOUBLED: _Letters(4, 4, 6),
    _Error.MISSING: _Letters(4, 8, 7),
    _Error.ADDED: _Letters(4, 8, 7),
    _Error.WRONG: _Letters(5, 8, 9),
}


class _Distance(NamedTuple):
    """How far a typed word is from a term; the smaller, the more probably it was meant."""

    errors: int
    is_foreign: bool
    error: _Error


def compound_ending(key: str) -> str:
    """The term at the end of a compound, such as "jacke" in "winterjacke"; empty if the word isn't one."""
    for ending in dictionary().compound_endings:
        if key.endswith(ending) and len(key) - len(ending) >= 3:
            return ending
    return ""


def split_in_two(key: str) -> list[str]:
    """Two terms of three letters or more that were typed without a space; empty if the word isn't that."""
    meanings = dictionary().meanings
    for at in range(3, len(key) - 2):
        first, second = meanings.get(key[:at], ""), meanings.get(key[at:], "")
        if (names_type_or_color(first) or first == "shade") and names_type_or_color(second):
            return [key[:at], key[at:]]
    return []


def nearest_term(key: str) -> str:
    """The term that a word with one or two typing errors means.

    Empty if no term is near enough, or if terms of different meanings are equally near. The first letter must be right,
    or have changed places with the second: it is rarely mistyped, and most words that are near a term and mean
    something else begin with another letter ("boat", "house").
    """
    if len(key) < 3 or key.isdigit():
        return ""
    meanings, correctable = dictionary().meanings, dictionary().correctable
    near: dict[_Distance, set[str]] = {}
    for first in {key[0], key[1]}:
        for length in range(len(key) - 2, len(key) + 3):
            for term in correctable.get((first, length), ()):
                if distance := _distance(key, term):
                    near.setdefault(distance, set()).add(term)
    nearest = near[min(near)] if near else set()
    nearest = {term for term in nearest if names_type_or_color(meanings.get(term, ""))} or nearest
    return min(nearest) if len({meanings.get(term, term) for term in nearest}) == 1 else ""


def _distance(key: str, term: str) -> _Distance | None:
    """The distance of a typed word from a term; None if it is too far for the term to have been meant."""
    if (errors := damerau_levenshtein_distance(key, term)) > 2:
        return None
    error = _kind_of_error(key, term)
    letters = min(len(key), len(term))
    begins_swapped = error is _Error.SWAPPED and letters > 3 and key[:2] == term[1::-1]
    if key[0] != term[0] and not begins_swapped:
        return None
    needed = _LETTERS_NEEDED[error]
    is_foreign = dictionary().languages[term] != "English"
    if letters < (needed.other_languages if is_foreign else needed.english):
        return None
    if errors == 2 and (is_foreign or term in dictionary().several_words or letters < needed.two_errors):
        return None
    return _Distance(errors, is_foreign, error)


def _kind_of_error(key: str, term: str) -> _Error:
    if sorted(key) == sorted(term):
        return _Error.SWAPPED
    if _DOUBLED.sub(r"\1", key) == _DOUBLED.sub(r"\1", term):
        return _Error.DOUBLED
    if len(term) != len(key):
        return _Error.MISSING if len(term) > len(key) else _Error.ADDED
    return _Error.WRONG
