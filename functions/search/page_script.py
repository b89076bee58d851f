"""The page's modules as one script, so that a visit takes one request for all of them (decision 139)."""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import (?:(\{[^}]*\}) from )?"\./([\w.-]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function\*?|const|class) (\w+)", re.MULTILINE)


def combine_modules(main: Path) -> str:
    """One module that does what `main` and all that it imports do.

    Each module becomes a function that returns what it exports, after those that it imports. What is imported while the
    page runs, by `import()`, stays a file of its own.

    Raises ValueError for an import or export in another form than the page's modules use.
    """
    parts: dict[Path, str] = {}

    def add(module: Path) -> None:
        if module in parts:
            return
        text = module.read_text()
        for _, name in _IMPORT.findall(text):
            add(module.with_name(name))
        parts[module] = _as_function(module, text)

    add(main)
    return "".join(parts.values())


def _as_function(module: Path, text: str) -> str:
    exports = ", ".join(name for _, name in _EXPORT.findall(text))
    body = _EXPORT.sub(r"\1 \2", _IMPORT.sub(_as_constant, text))
    if left := re.search(r"^(?:import|export)\b.*", body, re.MULTILINE):
        raise ValueError(f'{module.name}: "{left.group()}" can\'t be combined. Import names, and export declarations.')
    return f"const {_variable(module.name)} = await (async () => {{\n{body}return {{ {exports} }};\n}})();\n"


def _as_constant(found: re.Match[str]) -> str:
    names, module = found.groups()
    return f"const {names.replace(' as ', ': ')} = {_variable(module)};" if names else ""


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))
