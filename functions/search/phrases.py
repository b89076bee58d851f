"""What a typed phrase asks for: types, colours, exclusions and words.

    "red dress -coat"  ─▶ tokens ─▶ typing errors corrected ─▶ the longest known terms ─▶ Understood

Which terms are known, and in which languages, is in vocabulary.py. Whatever is not known is a word to look for in
titles, and so is everything in quotation marks (decisions 119 and 125).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from unicodedata import normalize

from jellyfish import damerau_levenshtein_distance

from photo_library.photo import COLORS, TYPES
from photo_library.search import Match, words_in
from search.vocabulary import COMPOUNDS, EMOJI, ENDINGS, REAL_WORDS, TERMS

LONGEST_TERM = 4  # tokens
MOST_CORRECTIONS = 10  # in one phrase: a long text is not a phrase with typing errors


@dataclass(frozen=True)
class Understood:
    """What a phrase asks for. Types and colours are in the order of TYPES and COLORS, words as they were typed."""

    types: tuple[str, ...] = ()
    match: Match = "any"
    unwanted: tuple[str, ...] = ()
    colors: tuple[str, ...] = ()
    unwanted_colors: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    corrections: Mapping[str, str] = field(default_factory=dict)  # what was typed, and what it was taken for


@dataclass(frozen=True)
class _Token:
    """A piece of the phrase: a word, an emoji, a quotation or a sign."""

    typed: str
    key: str  # as in the vocabulary; empty for a quotation
    kind: str = "word"  # or "quotation" or "sign"
    minus: bool = False
    corrected: bool = False  # the key is what the typed word was taken for


@dataclass(frozen=True)
class _Term:
    """One or several tokens with one meaning: names of types and colours, or the part they play."""

    meaning: str
    words: tuple[str, ...]
    minus: bool = False
    corrections: tuple[tuple[str, str], ...] = ()
    language: str = ""

    @property
    def is_plural(self) -> bool:
        return self.words[-1:] != () and self.words[-1].endswith("s") and not self.words[-1].endswith("ss")

    @property
    def kind(self) -> str:
        if self.meaning in _JOINS:
            return "join"
        if self.meaning in ("not", "without"):
            return "negation"
        if self.meaning in ("but", "filler", "shade"):
            return self.meaning
        return "type" if self.types else "color" if self.colors else "word"

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(name for name in self.meaning.split() if name in TYPES)

    @property
    def colors(self) -> tuple[str, ...]:
        return tuple(name for name in self.meaning.split() if name in _COLORS)


_COLORS = (*COLORS, "denim")
_JOINS = ("and", "or", ",")
_LAYERS = ({"T-shirt", "Pullover", "Dress", "Coat", "Shirt"}, {"Sandal", "Sneaker", "Ankle-boot"})
_JOINED = ", in several words"
_ROMANCE = ("French", "Spanish", "Italian", "Portuguese", "Romanian")
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ґ": "г", "æ": "ae", "œ": "oe"})
_ACCENTS = re.compile("[\u0300-\u036f]")
_DOUBLED = re.compile(r"(.)\1+")
_SIGNS = {"&": "and", "+": "and", "/": "or", "|": "or", ",": ",", ";": ",", "、": ","} | dict.fromkeys(".!?\n", "but")
_TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*"|“[^”]*”|„[^“”]*[“”]|«[^»]*»)
    |(?P<minus>(?<![^\s(,;/&+])[-−–](?=\w))?(?P<word>[^\W_]+(?:['’`][^\W_]+)*)
    |(?P<other>[^\s])""",
    re.VERBOSE,
)


def understand(phrase: str) -> Understood:
    """What a phrase in any of the known languages asks for; never an error."""
    terms = list(_terms(list(_corrected(_tokens(phrase)))))
    return replace(_interpret(terms), corrections={typed: read for term in terms for typed, read in term.corrections})


def read_names(term: str) -> tuple[str, ...]:
    """The types and colours that a term of the vocabulary names, "jeans" or "navy"; empty if it names none."""
    meaning = _vocabulary().meanings.get(_key(term), "").replace("denim", "blue")
    return tuple(name for name in meaning.split() if name in TYPES or name in COLORS)


def meant_by(text: str) -> tuple[str, ...]:
    """The types and colours that a text with a typing error probably means; empty if that is none."""
    understood = understand(text)
    return (*understood.types, *understood.colors)


def quoted(words: Sequence[str]) -> str:
    """A phrase that asks for just these words: in quotation marks if they would be understood as anything else."""
    phrase = " ".join(words)
    return phrase if understand(phrase) == Understood(words=tuple(dict.fromkeys(words))) else f'"{phrase}"'


def _plain(text: str) -> str:
    """In lower case, without accents."""
    return _ACCENTS.sub("", normalize("NFKD", text)).casefold().translate(_LETTERS)


def _key(text: str) -> str:
    return re.sub(r"[\W_]", "", _plain(text))


@dataclass(frozen=True)
class _Vocabulary:
    meanings: Mapping[str, str]
    known: frozenset[str]  # what is never corrected
    # What a typing error may have meant, with its language, by its first letter and its length.
    targets: Mapping[tuple[str, int], Sequence[tuple[str, str]]]
    compounds: Sequence[str]
    languages: Mapping[str, str]  # of terms and of words in them; those of several words have _JOINED as well


@cache
def _vocabulary() -> _Vocabulary:
    meanings: dict[str, str] = {}
    languages: dict[str, str] = {}
    for language, by_meaning in TERMS.items():
        endings = {name: _plain(text).replace("-", "").split(" ") for name, text in ENDINGS.get(language, {}).items()}
        for meaning, terms in by_meaning.items():
            variants = [_plain(terms)]
            if language == "German":
                variants.append(_plain(terms.translate({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue"})))
            for term in " ".join(variants).translate({ord("'"): None}).split():
                stem, _, name = term.partition("~")
                words = stem.replace("-", "_").split("_")
                joined = "".join(words)
                for ending in endings[name] if name else ("",):
                    if joined + ending not in meanings:
                        meanings[joined + ending] = meaning
                        languages[joined + ending] = language if len(words) == 1 else language + _JOINED
                    if len(words) > 1:
                        languages.setdefault(words[-1] + ending, language)
                for word in words[:-1]:
                    languages.setdefault(word, language)
    for meaning, signs in EMOJI.items():
        meanings.update(dict.fromkeys(signs, meaning))
    targets: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for term, language in languages.items():
        meaning = meanings.get(term, "word")
        if meaning == "word" or _says(meaning) or (meaning == "without" and len(term) >= 6):
            targets.setdefault((term[:1], len(term)), []).append((term, language))
    compounds = sorted(_plain(COMPOUNDS).split(), key=len, reverse=True)
    return _Vocabulary(
        meanings=meanings,
        known=frozenset({*meanings, *languages, *_plain(REAL_WORDS).split()}),
        targets=targets,
        compounds=compounds,
        languages=languages,
    )


def _tokens(phrase: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(re.sub(r"\bw/o?\b", lambda match: {"w/": "with"}.get(match[0], "without"), phrase)):
        if quoted := found["quoted"]:
            yield _Token(quoted[1:-1], "", "quotation")
        elif word := found["word"]:
            yield from _words(word, bool(found["minus"]))
        elif found["other"] in _vocabulary().meanings:
            yield _Token(found["other"], found["other"], "sign")
        elif found["other"] in _SIGNS:
            yield _Token("", _SIGNS[found["other"]], "sign")


def _words(word: str, minus: bool) -> Iterator[_Token]:
    """A word with apostrophes is known as a whole ("isn't"), or it is several: "d'été", and "women's" without its s."""
    parts = re.split("['’`]", word)
    if len(parts) == 1 or _key(word) in _vocabulary().meanings:
        parts = [word]
    elif parts[-1].lower() == "s":
        del parts[-1]
    for part in parts:
        yield _Token(part, _key(part), minus=minus)


def _corrected(tokens: Iterable[_Token]) -> Iterator[_Token]:
    """The tokens with typing errors corrected and words that run together taken apart."""
    unknown = 0
    for token in tokens:
        keys = [token.key]
        if token.kind == "word" and token.key not in _vocabulary().known and unknown < MOST_CORRECTIONS:
            unknown += 1
            keys = _compound(token.key) or _apart(token.key)
            if not keys and (nearest_term := _nearest_term(token.key)):
                yield replace(token, key=nearest_term, corrected=True)
                continue
        for key in keys or [token.key]:
            yield replace(token, key=key)


def _compound(key: str) -> list[str]:
    for end in _vocabulary().compounds:
        if key.endswith(end) and len(key) - len(end) >= 3:
            return [end]
    return []


def _apart(key: str) -> list[str]:
    """Two terms that were typed without a space, of which the first has three letters or more, and so the second."""
    meanings = _vocabulary().meanings
    for at in range(3, len(key) - 2):
        first, second = meanings.get(key[:at], ""), meanings.get(key[at:], "")
        if (_says(first) or first == "shade") and _says(second):
            return [key[:at], key[at:]]
    return []


@cache
def _says(meaning: str) -> bool:
    """Whether a meaning names types or colours."""
    return any(name in TYPES or name in _COLORS for name in meaning.split())


def _nearest_term(key: str) -> str:
    """The term that was meant by a word with a typing error or two; empty if none is near, or terms that differ are.

    The first letter is right, or has changed places with the second: hardly anybody mistypes it otherwise, and most
    words that are near a term and mean something else begin with another letter ("boat", "house").
    """
    if len(key) < 3 or key.isdigit():
        return ""
    vocabulary = _vocabulary()
    near: dict[tuple[int, int, int], set[str]] = {}
    for first in {key[0], key[1]}:
        for length in range(len(key) - 2, len(key) + 3):
            for term, language in vocabulary.targets.get((first, length), ()):
                if rank := _rank(key, term, language):
                    near.setdefault(rank, set()).add(term)
    nearest_terms = near[min(near)] if near else set()
    spoken = {term for term in nearest_terms if _says(vocabulary.meanings.get(term, ""))} or nearest_terms
    return min(spoken) if len({vocabulary.meanings.get(term, term) for term in spoken}) == 1 else ""


def _rank(key: str, term: str, language: str) -> tuple[int, int, int] | None:
    """How near a term is to a word with typing errors, the nearest first; None if it is too far to have been meant.

    The fewer letters there are, the more words differ from a term by one and mean something else. Letters that changed
    places or were doubled are always a typing error; a wrong letter is the least sure to be.
    """
    if (errors := damerau_levenshtein_distance(key, term)) > 2:
        return None
    moved, doubled = sorted(key) == sorted(term), re.sub(_DOUBLED, r"\1", key) == re.sub(_DOUBLED, r"\1", term)
    kind = 0 if moved else 1 if doubled else 2 if len(term) > len(key) else 3 if len(term) < len(key) else 4
    short, foreign = min(len(key), len(term)), "English" not in language
    if key[0] != term[0] and not (moved and short > 3 and key[:2] == term[1::-1]):
        return None
    if short < ((3, 4, 8, 8, 8) if foreign else (3, 4, 4, 4, 5))[kind]:
        return None
    if errors > (1 if language != "English" or short < (6, 6, 7, 7, 9)[kind] else 2):
        return None
    return errors, foreign, kind


def _terms(tokens: list[_Token]) -> Iterator[_Term]:
    meanings, languages = _vocabulary().meanings, _vocabulary().languages
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "quotation":
            yield _Term("word", words_in(token.typed))
            at += 1
            continue
        if token.kind == "sign":
            yield _Term(meanings.get(token.key, token.key), ())
            at += 1
            continue
        for end in range(min(at + LONGEST_TERM, len(tokens)), at, -1):
            some = tokens[at:end]
            if any(one.kind != "word" or (one.minus and one is not token) for one in some):
                continue
            key = "".join(one.key for one in some)
            meaning = meanings.get(key)
            if (
                end > at + 1
                and _JOINED not in languages.get(key, "")
                and any(meanings.get(one.key) in _JOINS for one in some)
            ):
                continue  # "trui en" joins something to a "trui"; it isn't "truien"
            if meaning or end == at + 1:
                words = tuple(word for one in some for word in words_in(one.typed))
                corrections = (
                    tuple((one.typed, one.key) for one in some if one.corrected) if _says(meaning or "") else ()
                )
                yield _Term(meaning or "word", words, token.minus, corrections, languages.get(key, ""))
                at = end
                break


def _interpret(terms: Iterable[_Term]) -> Understood:
    """What the terms of a phrase ask for together."""
    wanted, excluded = _exclusions(_settled(list(terms)))
    types, match = _wanted_types(wanted)
    colors = {name for term in wanted for name in term.colors}
    unwanted = {name for term in excluded for name in term.types}
    unwanted_colors = {name for term in excluded if not term.types for name in term.colors}
    if "denim" in colors and len(colors) == 1:
        colors.add("blue")
    if "denim" in unwanted_colors:
        unwanted_colors.add("blue")
    left = tuple(name for name in TYPES if name in types and name not in unwanted)
    return Understood(
        types=left,
        match=match if len(left) > 1 else "any",
        unwanted=tuple(name for name in TYPES if name in unwanted),
        colors=tuple(name for name in COLORS if name in colors and name not in unwanted_colors),
        unwanted_colors=tuple(name for name in COLORS if name in unwanted_colors),
        words=tuple(dict.fromkeys(word for term in wanted if term.kind == "word" for word in term.words)),
    )


def _settled(terms: Sequence[_Term]) -> list[_Term]:
    """The terms without fillers, and without shades beside a colour; elsewhere a shade is a word like any other."""
    settled: list[_Term] = []
    for index, term in enumerate(terms):
        beside = (*terms[max(0, index - 1) : index], *terms[index + 1 : index + 2])
        if term.meaning == "shade" and not any(one.colors or one.meaning == "shade" for one in beside):
            settled.append(replace(term, meaning="word"))
        elif term.meaning not in ("filler", "shade"):
            settled.append(term)
    return settled


def _exclusions(terms: Sequence[_Term]) -> tuple[list[_Term], list[_Term]]:
    """The terms that are wanted, with what joins them, and those that are excluded.

    "not" excludes the next term ("not black coat" is a coat), "without" the next garment ("without black coat"), each
    with others of its kind that are joined to it ("no coats or jackets"). Before mere words they are words, too:
    "dress without sleeves" looks for both.
    """
    wanted: list[_Term] = []
    excluded: list[_Term] = []
    negation: _Term | None = None
    last: _Term | None = None  # what it excluded
    joined = False
    for index, term in enumerate(terms):
        if term.kind == "negation":
            negation, last, joined = term, None, False
        elif term.kind == "join":
            joined = True
            wanted.append(term)
        elif term.meaning == "but":
            negation = None
        elif term.minus:
            excluded.append(term)
        elif negation and (not last or (joined and term.kind == last.kind)):
            garment_follows = _garment_follows(terms[index + 1 :])
            if term.kind == "word" and not garment_follows:
                wanted += [replace(negation, meaning="word"), term]
                negation = None
            elif term.kind == "type" or (
                term.kind == "color" and not (negation.meaning == "without" and garment_follows)
            ):
                excluded.append(term)
                last, joined = term, False
        elif (
            negation
            and last
            and not joined
            and _describes(term, last, negation)
            and not _garment_follows(terms[index + 1 :])
        ):
            continue
        else:
            negation, joined = None, False
            wanted.append(term)
    return wanted, excluded


def _describes(term: _Term, last: _Term, negation: _Term) -> bool:
    """Whether a colour belongs to the excluded garment before it, as in "sans robe noire"."""
    return negation.meaning == "without" and last.kind == "type" and term.kind == "color"


def _garment_follows(terms: Sequence[_Term]) -> bool:
    """Whether a garment comes next, after nothing but what describes it."""
    for term in terms:
        if term.kind == "type" and not term.minus:
            return True
        if term.minus or term.kind not in ("color", "word"):
            break
    return False


def _head(first: _Term, second: _Term) -> tuple[str, ...]:
    """What two garments side by side are together, if they are one; empty if they are two.

    "Sneaker shoes" are sneakers. A "shirt dress" is a dress, and so is a "robe chemise": Romance languages begin with
    what it is. But "shirt jeans" are both, and so are "shirts dresses".
    """
    if set(first.types) & set(second.types):
        return min(first.types, second.types, key=len)
    if not any({*first.types, *second.types} <= layer for layer in _LAYERS) or first.is_plural:
        return ()
    return first.types if first.language.removesuffix(_JOINED) in _ROMANCE else second.types


def _wanted_types(terms: Sequence[_Term]) -> tuple[set[str], Match]:
    """The types: all of them if "and" or "with" joins them, any of them otherwise or if a term has several types."""
    types: set[str] = set()
    joins: set[str] = set()  # since the last type
    together = apart = False
    before: _Term | None = None
    for term in terms:
        if term.kind == "join":
            joins.add(term.meaning)
        elif term.kind == "type":
            if before and before.kind == "type" and (head := _head(before, term)):
                types = types.difference(before.types).union(head)
            else:
                if types.difference(term.types):
                    together |= "and" in joins
                    apart |= "or" in joins
                types.update(term.types)
            apart |= len(term.types) > 1
            joins = set()
        before = term
    return types, "all" if together and not apart else "any"
