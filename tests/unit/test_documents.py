"""The documents agree with the code: generated tables, links, named files and commands, numbered decisions."""

import importlib.util
import io
import re
from contextlib import redirect_stdout
from datetime import date
from pathlib import Path

import pytest
from cogapp import Cog

from infra.local.template import ROOT
from infra.reference import tables
from photo_library.photo import TYPES
from tests.bench.figures import FIGURES

DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "model/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
TEXTS = {document: document.read_text() for document in DOCUMENTS}
DECISIONS = TEXTS[ROOT / "docs" / "decisions.md"]
CODE = ("functions", "infra", "layers", "model", "tests")
PACKAGE = "layers/photo_library"
# Where a named path may start.
FOLDERS = ("", PACKAGE, f"{PACKAGE}/photo_library", "functions", "functions/search", "model", "docs")
# In the bucket, in the reader's home, or in a release before this one.
NOT_IN_THE_PROJECT = {"uploads/", "thumbnails/", "imports/", "stores.json", "docs/runbook.md"}
NOT_IN_THE_PROJECT |= {"keras/datasets/fashion-mnist/"}


def by_name(document: Path) -> str:
    return str(document.relative_to(ROOT))


documents = pytest.mark.parametrize("document", DOCUMENTS, ids=by_name)


@documents
def test_generated_tables_are_up_to_date(document: Path) -> None:
    prologue = "from infra.reference import tables"
    with redirect_stdout(io.StringIO()) as output:
        status = Cog().main(["cog", "--check", "--diff", "-p", prologue, str(document)])
    assert status == 0, f"run `make docs`\n{output.getvalue()}"


def test_every_table_is_in_a_document() -> None:
    used = {name for text in TEXTS.values() for name in re.findall(r"\[\[\[cog cog\.outl\(tables\.(\w+)", text)}
    public = {name for name, one in vars(tables).items() if getattr(one, "__module__", "") == tables.__name__}
    assert used == {name for name in public if not name.startswith("_")}


def test_the_readme_is_short_and_names_every_type() -> None:
    readme = TEXTS[ROOT / "README.md"]
    assert len(readme.splitlines()) <= 200
    assert all(name in readme for name in TYPES)


def test_the_performance_table_has_a_row_for_each_figure_of_the_benchmark() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", TEXTS[ROOT / "docs" / "performance.md"], re.MULTILINE)
    assert rows == list(FIGURES)


@documents
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXTS[document]):
        path, _, heading = target.partition("#")
        if target.startswith("http"):
            continue
        linked = document.parent / path if path else document
        assert linked.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.*)$", linked.read_text(), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, target


def test_every_page_is_linked_from_the_readme() -> None:
    pages = {by_name(page) for page in DOCUMENTS if page.parent.name == "docs"}
    assert pages <= {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", TEXTS[ROOT / "README.md"])}


@documents
def test_named_files_exist(document: Path) -> None:
    named = re.findall(r"`([a-z][\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|md|yaml|toml|lock|json|gsql|yml)))`", TEXTS[document])
    for path in {*named} - NOT_IN_THE_PROJECT:
        assert any((ROOT / folder / path).exists() for folder in FOLDERS), path


@documents
def test_make_targets_and_modules_exist(document: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {*re.findall(r"(?:^|`)make ([\w-]+)", TEXTS[document], re.MULTILINE)} <= {*targets}
    for module in re.findall(r"python -m ([\w.]*\w)", TEXTS[document]):
        assert importlib.util.find_spec(module), module
    for tool in re.findall(r"\.venv/bin/([\w-]+)", TEXTS[document]):
        assert (ROOT / ".venv" / "bin" / tool).exists(), tool


def test_decisions_are_numbered_without_gaps_ascending_within_each_topic_and_dated() -> None:
    numbers = []
    for topic in re.split(r"^## ", DECISIONS, flags=re.MULTILINE)[1:]:
        records = re.findall(r"^### (\d+)\. .+\n(.{10})", topic, flags=re.MULTILINE)
        in_topic = [int(number) for number, _ in records]
        assert in_topic == sorted(in_topic), topic.partition("\n")[0]
        assert all(date.fromisoformat(day) for _, day in records)
        numbers += in_topic
    assert sorted(numbers) == list(range(1, DECISIONS.count("\n### ") + 1))


def test_decisions_that_are_referred_to_exist() -> None:
    code = [
        file for folder in CODE for end in ("py", "js", "gsql", "css") for file in (ROOT / folder).rglob(f"*.{end}")
    ]
    for file in (*DOCUMENTS, *code, *(ROOT / name for name in ("template.yaml", "pyproject.toml", "Makefile"))):
        for number in re.findall(r"[Dd]ecisions? (\d+)", file.read_text()):
            assert f"\n### {number}. " in DECISIONS, f"{file}: decision {number}"
