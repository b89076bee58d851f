"""The terms of vocabulary.py in all their forms, to look words up in.

A term is looked up by its key: lower case, no accents, and neither spaces nor signs ("Flip-Flops": "flipflops").
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from unicodedata import normalize

from photo_library.photo import COLORS, TYPES
from search.vocabulary import COMPOUNDS, EMOJI, ENDINGS, REAL_WORDS, TERMS

COLOR_TERMS = (*COLORS, "denim")  # denim is blue, unless the phrase has another colour
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ґ": "г", "æ": "ae", "œ": "oe"})
_ACCENTS = re.compile("[\u0300-\u036f]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True)
class Dictionary:
    """All terms by their keys."""

    meanings: Mapping[str, str]
    languages: Mapping[str, str]  # of each term, and of each word in a term of several words
    several_words: frozenset[str]  # terms of several words, such as "teeshirt"
    never_corrected: frozenset[str]
    # Terms that a word with a typing error may mean, by first letter and length.
    correctable: Mapping[tuple[str, int], Sequence[str]]
    compound_endings: Sequence[str]  # the longest first


def key_of(text: str) -> str:
    return re.sub(r"[\W_]", "", _plain(text))


@cache
def names_type_or_color(meaning: str) -> bool:
    """Whether a meaning names types or colours, rather than the part that a word plays in a phrase."""
    return any(name in TYPES or name in COLOR_TERMS for name in meaning.split())


@cache
def dictionary() -> Dictionary:
    """The dictionary, built by the first call."""
    meanings: dict[str, str] = {}
    languages: dict[str, str] = {}
    several_words: set[str] = set()
    for language, terms_by_meaning in TERMS.items():
        endings = {name: _plain(text).replace("-", "").split(" ") for name, text in ENDINGS.get(language, {}).items()}
        for meaning, terms in terms_by_meaning.items():
            for term in _spellings(terms, language):
                stem, _, name = term.partition("~")
                words = stem.replace("-", "_").split("_")
                for ending in endings[name] if name else ("",):
                    key = "".join(words) + ending
                    if key not in meanings:
                        meanings[key] = meaning
                        languages[key] = language
                        if len(words) > 1:
                            several_words.add(key)
                    if len(words) > 1:
                        languages.setdefault(words[-1] + ending, language)
                for word in words[:-1]:
                    languages.setdefault(word, language)
    for meaning, signs in EMOJI.items():
        meanings.update(dict.fromkeys(signs, meaning))
    correctable: dict[tuple[str, int], list[str]] = {}
    for key in languages:
        meaning = meanings.get(key, "word")
        if meaning == "word" or names_type_or_color(meaning) or (meaning == "without" and len(key) >= 6):
            correctable.setdefault((key[:1], len(key)), []).append(key)
    return Dictionary(
        meanings=meanings,
        languages=languages,
        several_words=frozenset(several_words),
        never_corrected=frozenset({*meanings, *languages, *_plain(REAL_WORDS).split()}),
        correctable=correctable,
        compound_endings=sorted(_plain(COMPOUNDS).split(), key=len, reverse=True),
    )


def _plain(text: str) -> str:
    """In lower case, without accents."""
    return _ACCENTS.sub("", normalize("NFKD", text)).casefold().translate(_LETTERS)


def _spellings(terms: str, language: str) -> list[str]:
    """The terms without accents; German ones also with umlauts written as two letters."""
    spellings = [_plain(terms)]
    if language == "German":
        spellings.append(_plain(terms.translate(_UMLAUTS)))
    return " ".join(spellings).replace("'", "").split()
