"""What a typed phrase asks for: types, colours, exclusions and words.

    "red dress -coat"  ─▶ tokens ─▶ typing errors corrected ─▶ the longest known terms ─▶ Understood

vocabulary.py lists the known terms of each language, dictionary.py looks them up, and spelling.py corrects typing
errors. Any other word is looked for in titles, and so is everything in quotation marks (decisions 119 and 125).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from photo_library.photo import COLORS, TYPES
from photo_library.search import Match, words_in
from search.dictionary import COLOR_TERMS, dictionary, key_of, names_type_or_color
from search.spelling import compound_ending, nearest_term, split_in_two

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
        return tuple(name for name in self.meaning.split() if name in COLOR_TERMS)


_JOINS = ("and", "or", ",")
_LAYERS = ({"T-shirt", "Pullover", "Dress", "Coat", "Shirt"}, {"Sandal", "Sneaker", "Ankle-boot"})
_ROMANCE = ("French", "Spanish", "Italian", "Portuguese", "Romanian")
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
    meaning = dictionary().meanings.get(key_of(term), "").replace("denim", "blue")
    return tuple(name for name in meaning.split() if name in TYPES or name in COLORS)


def meant_by(text: str) -> tuple[str, ...]:
    """The types and colours that a text with a typing error probably means; empty if that is none."""
    understood = understand(text)
    return (*understood.types, *understood.colors)


def quoted(words: Sequence[str]) -> str:
    """A phrase that asks for just these words: in quotation marks if they would be understood as anything else."""
    phrase = " ".join(words)
    return phrase if understand(phrase) == Understood(words=tuple(dict.fromkeys(words))) else f'"{phrase}"'


def _tokens(phrase: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(re.sub(r"\bw/o?\b", lambda match: {"w/": "with"}.get(match[0], "without"), phrase)):
        if quoted := found["quoted"]:
            yield _Token(quoted[1:-1], "", "quotation")
        elif word := found["word"]:
            yield from _words(word, bool(found["minus"]))
        elif found["other"] in dictionary().meanings:
            yield _Token(found["other"], found["other"], "sign")
        elif found["other"] in _SIGNS:
            yield _Token("", _SIGNS[found["other"]], "sign")


def _words(word: str, minus: bool) -> Iterator[_Token]:
    """A word with apostrophes is known as a whole ("isn't"), or it is several: "d'été", and "women's" without its s."""
    parts = re.split("['’`]", word)
    if len(parts) == 1 or key_of(word) in dictionary().meanings:
        parts = [word]
    elif parts[-1].lower() == "s":
        del parts[-1]
    for part in parts:
        yield _Token(part, key_of(part), minus=minus)


def _corrected(tokens: Iterable[_Token]) -> Iterator[_Token]:
    """The tokens with typing errors corrected and words that run together taken apart."""
    unknown = 0
    for token in tokens:
        if token.kind != "word" or token.key in dictionary().never_corrected or unknown == MOST_CORRECTIONS:
            yield token
            continue
        unknown += 1
        if ending := compound_ending(token.key):
            yield replace(token, key=ending)
        elif both := split_in_two(token.key):
            yield from (replace(token, key=key) for key in both)
        elif term := nearest_term(token.key):
            yield replace(token, key=term, corrected=True)
        else:
            yield token


def _terms(tokens: Sequence[_Token]) -> Iterator[_Term]:
    at = 0
    while at < len(tokens):
        term, length = _first_term(tokens[at : at + LONGEST_TERM])
        yield term
        at += length


def _first_term(tokens: Sequence[_Token]) -> tuple[_Term, int]:
    """The longest known term that the tokens begin with, or else their first word; and its number of tokens."""
    first = tokens[0]
    if first.kind == "quotation":
        return _Term("word", words_in(first.typed)), 1
    if first.kind == "sign":
        return _Term(dictionary().meanings.get(first.key, first.key), ()), 1
    for length in range(len(tokens), 1, -1):
        if term := _term_of_several(tokens[:length]):
            return term, length
    return _term(first.key, tokens[:1]), 1


def _term_of_several(tokens: Sequence[_Token]) -> _Term | None:
    """The term that several tokens are together; None if they aren't one."""
    meanings = dictionary().meanings
    key = "".join(token.key for token in tokens)
    if key not in meanings or any(token.kind != "word" for token in tokens) or any(token.minus for token in tokens[1:]):
        return None
    if key not in dictionary().several_words and any(meanings.get(token.key) in _JOINS for token in tokens):
        return None  # "trui en" joins something to a "trui"; it isn't "truien"
    return _term(key, tokens)


def _term(key: str, tokens: Sequence[_Token]) -> _Term:
    meaning = dictionary().meanings.get(key, "word")
    corrected = [token for token in tokens if token.corrected] if names_type_or_color(meaning) else []
    return _Term(
        meaning,
        words=tuple(word for token in tokens for word in words_in(token.typed)),
        minus=tokens[0].minus,
        corrections=tuple((token.typed, token.key) for token in corrected),
        language=dictionary().languages.get(key, ""),
    )


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
    return first.types if first.language in _ROMANCE else second.types


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
