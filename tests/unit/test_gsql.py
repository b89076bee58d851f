"""Our GSQL, read with a grammar: there is no TigerGraph here, and a real one says late what is wrong."""

import re
from pathlib import Path

import pytest
from lark import Lark, LarkError, Token, Tree

from infra.local.template import ROOT
from photo_library.type_graph.provisioning import QUERIES

FILES = sorted((ROOT / "layers/photo_library/photo_library/type_graph/gsql").glob("*.gsql"))
# https://docs.tigergraph.com/gsql-ref/current/appendix: of the schema language, of the query language, and of C++.
RESERVED = """
accum add admin all allocate alter and any api as asc avg bag batch between bigint blob bool boolean both break by call
cascade case catch char character check clob coalesce compress const constraint continue cost count create current_date
current_time current_timestamp cursor datetime datetime_add datetime_diff datetime_format datetime_sub
datetime_to_epoch day decimal declare default delete desc distributed do double drop edge else elseif end
epoch_to_datetime escape exception exists false file filter fixed_binary float for foreach from function global grants
graph group groupbyaccum gsql_int_max gsql_int_min gsql_uint_max having header heapaccum hour if ignore in index
input_line_filter insert int int16 int32 int32_t int64_t int8 integer interpret intersect interval into is isempty job
join jsonarray jsonobject kafka key lasthop leading like limit list load load_accum log long map match max min minus
minute month not now null offset on or order path per pinned post_accum primary primary_id print proxy query quit raise
range reduce replace reset_collection_accum return returns run s3 sample schema_change second select select_vertex
selectvertex set src static string sum syntax tag tags target temp_table tgt then to to_csv to_datetime token tokenbank
trailing trim true try tuple type typedef uint undirected union update upsert using values vertex when where while with
year
alignas alignof and_eq asm auto bitand bitor char16_t char32_t class compl concept const_cast constexpr decltype
dynamic_cast enum explicit export extern friend goto inline mutable namespace new noexcept not_eq nullptr operator
or_eq private protected public register reinterpret_cast requires short signed sizeof static_assert static_cast struct
switch template this thread_local throw typeid typename union unsigned virtual void volatile wchar_t xor xor_eq
"""
GRAMMAR = (ROOT / "tests/support/gsql.lark").read_text()
NAME = rf"NAME: /(?!(?:{'|'.join(RESERVED.split())})\b)[A-Za-z_]\w*/i"
READER = Lark(f"{GRAMMAR}\n{NAME}\n", parser="earley")

QUERY = """
USE GRAPH photos
CREATE OR REPLACE QUERY example(STRING wanted, INT page_size = 20) FOR GRAPH photos SYNTAX v2 {
    SumAccum<DOUBLE> @score;
    Start = {Photo.*};
    Page = SELECT p FROM Start:p WHERE p.id > wanted ACCUM p.@score += 1 ORDER BY p.@score DESC LIMIT page_size;
    PRINT Page[Page.id AS photo_id] AS photos;
}
INSTALL QUERY example
"""


def read(text: str) -> Tree[Token]:
    """Raises LarkError where the text is no GSQL that we know, and ValueError for what is used undeclared."""
    tree = READER.parse(text)
    for query in tree.find_data("create_query"):
        _check_declared(query)
    return tree


def _check_declared(query: Tree[Token]) -> None:
    declared = {str(token) for part in query.find_data("accumulated") for token in _tokens(part, "GLOBAL", "LOCAL")}
    if unknown := {str(token) for token in _tokens(query, "GLOBAL", "LOCAL")} - declared:
        raise ValueError(f"accumulators that are not declared: {unknown}")
    sets = {str(part.children[0]) for part in query.find_data("vertices")} | {"Photo", "PhotoType", "PHOTO_HAS_TYPE"}
    if unknown := {str(part.children[0]) for part in query.find_data("end")} - sets:
        raise ValueError(f"vertex sets that are not there: {unknown}")


def _tokens(tree: Tree[Token], *kinds: str) -> list[Token]:
    return list(tree.scan_values(lambda value: isinstance(value, Token) and value.type in kinds))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_is_gsql(file: Path) -> None:
    tree = read(file.read_text())
    created = [str(signature.children[0]) for signature in tree.find_data("signature")]
    assert created == [str(one.children[0]) for one in tree.find_data("install")]
    assert created == ([] if file.stem == "schema" else [file.stem])


def test_all_files_are_provisioned() -> None:
    assert {file.stem for file in FILES} == {"schema", *QUERIES}


def test_the_example_is_read() -> None:
    assert read(QUERY)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("20)", "20"),
        ("STRING wanted,", "STRING wanted"),
        ("INT page_size", "INTEGER page_size"),
        ("INT page_size", "page_size"),
        ("SYNTAX v2", "SYNTAX v9"),
        ("SumAccum<DOUBLE>", "SumAcum<DOUBLE>"),
        ("SumAccum<DOUBLE>", "SumAccum"),
        ("@score;", "score;"),
        ("@score;", "@score"),
        ("@score += 1", "@total += 1"),
        ("@score += 1", "@score ++ 1"),
        ("{Photo.*}", "Photo.*"),
        ("Start:p", "Strat:p"),
        ("Start:p", "Start"),
        ("p.id > wanted", "p.id >> wanted"),
        ("WHERE", "WERE"),
        ("ACCUM p.", "WHERE p."),
        ("ORDER BY", "ORDER"),
        ("LIMIT page_size", "LIMIT"),
        ("AS photo_id]", "AS photo_id"),
        ("AS photos;", "photos;"),
        ("}\nINSTALL", "\nINSTALL"),
        ("INSTALL QUERY", "INSTAL QUERY"),
    ],
)
def test_what_is_wrong_is_refused(right: str, wrong: str) -> None:
    assert QUERY.count(right) == 1
    with pytest.raises((LarkError, ValueError)):
        read(QUERY.replace(right, wrong))


@pytest.mark.parametrize("word", ["type", "Limit", "COUNT", "max", "path", "class", "tag", "from", "filter", "order"])
def test_a_reserved_word_is_no_name(word: str) -> None:
    for name in ("example", "wanted", "Start", "photo_id"):
        with pytest.raises(LarkError):
            read(re.sub(rf"\b{name}\b", word, QUERY))
    assert read(re.sub(r"\bwanted\b", f"{word}_wanted", QUERY))


def test_a_vertex_type_with_a_reserved_name_is_refused() -> None:
    schema = (ROOT / "layers/photo_library/photo_library/type_graph/gsql" / "schema.gsql").read_text()
    for right, wrong in (("PhotoType", "Type"), ("UNDIRECTED", "UNDIRECTD"), ("probability DOUBLE", "probability")):
        with pytest.raises(LarkError):
            read(schema.replace(right, wrong))
