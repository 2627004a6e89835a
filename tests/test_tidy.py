"""The house rules, kept by reading the source; each rule is shown to fail on a snippet that breaks it."""

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import otelsim

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "otelsim"
MAX_LINES, MAX_FILE_LINES, MAX_ARGUMENTS, MAX_MEDIAN = 40, 300, 6, 8
CHANCE = {"random", "secrets", "uuid"}
TIME_FUNCTIONS = {"time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time"}
CLOCKS = {f"time.{name}" for name in TIME_FUNCTIONS} | {
    f"{module}{name}" for module in ("", "datetime.") for name in ("datetime.now", "datetime.utcnow", "date.today")
}
KEEPS_TIME = {"runner", "sinks", "cli"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A module's path below ``otelsim`` and its text."""

    path: str
    text: str

    @property
    def package(self) -> str:
        """The package or module directly below ``otelsim``."""
        return self.path.split("/")[0].removesuffix(".py")

    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree()) if isinstance(node, Function))


SOURCES = [Source(str(p.relative_to(PACKAGE)), p.read_text()) for p in sorted(PACKAGE.rglob("*.py"))]


def order_of_packages() -> list[str]:
    """The names in the map of ``otelsim/__init__.py``, in order."""
    return re.findall(r"^    (\w+) {2,}\S", otelsim.__doc__, re.MULTILINE)


def lines_of(function: Function) -> int:
    return function.end_lineno - function.lineno + 1


def long_functions(source: Source) -> list[str]:
    return [f"{f.name}: {lines_of(f)} lines" for f in source.functions() if lines_of(f) > MAX_LINES]


def long_file(source: Source) -> list[str]:
    count = len(source.text.splitlines())
    return [f"{count} lines"] if count > MAX_FILE_LINES else []


def many_arguments(source: Source) -> list[str]:
    """Functions of more than 6 arguments."""
    return [f"{f.name}: {_arguments(f)} arguments" for f in source.functions() if _arguments(f) > MAX_ARGUMENTS]


def _arguments(function: Function) -> int:
    a = function.args
    named = [x.arg for x in (*a.posonlyargs, *a.args, *a.kwonlyargs) if x.arg not in ("self", "cls")]
    return len(named) + (a.vararg is not None) + (a.kwarg is not None)


def imports_against_the_map(source: Source) -> list[str]:
    order = ["", *order_of_packages()]
    if source.package not in order:
        return (
            []
            if source.package in ("__init__", "__main__")
            else [f"{source.package} is not in the map of otelsim/__init__.py"]
        )
    mine = order.index(source.package)
    return [name for name in _imported(source) if name not in order or order.index(name) > mine]


def _imported(source: Source) -> Iterator[str]:
    """Packages of ours that a module imports, at any depth of its code."""
    for node in ast.walk(source.tree()):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield source.package
        elif isinstance(node, ast.ImportFrom) and node.module == "otelsim":
            yield from (alias.name for alias in node.names if not alias.name.startswith("__"))
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("otelsim."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("otelsim."))


def foreign_chance(source: Source) -> list[str]:
    """Chance from anywhere but draws.py."""
    if source.path == "draws.py":
        return []
    modules = [name for name in _modules(source) if name.split(".")[0] in CHANCE or name.startswith("numpy.random")]
    return modules + [name for name in _dotted(source) if re.match(r"(np|numpy)\.random\b", name)]


def clocks(source: Source) -> list[str]:
    """A look at a clock outside runner, sinks and cli."""
    if source.package in KEEPS_TIME:
        return []
    named = [n for n in _from_imports(source) if n in CLOCKS]
    return named + [name for name in _dotted(source) if name in CLOCKS]


def surroundings(source: Source) -> list[str]:
    """Environment and arguments are read in cli only; setting a variable to a constant reads nothing."""
    if source.package == "cli":
        return []
    looks = {"os.environ", "os.getenv", "os.environb", "sys.argv"}
    nodes = list(ast.walk(source.tree()))
    set_only = {node.value for node in nodes if _is_constant_setting(node)}
    found = [ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute) and node not in set_only]
    return [name for name in found + _from_imports(source) if name in looks]


def _is_constant_setting(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and isinstance(node.slice, ast.Constant)


def _modules(source: Source) -> list[str]:
    whole = [a.name for n in ast.walk(source.tree()) if isinstance(n, ast.Import) for a in n.names]
    return whole + _from_imports(source)


def _from_imports(source: Source) -> list[str]:
    nodes = [n for n in ast.walk(source.tree()) if isinstance(n, ast.ImportFrom) and n.module and not n.level]
    return [f"{n.module}.{alias.name}" for n in nodes for alias in n.names]


def _dotted(source: Source) -> list[str]:
    return [ast.unparse(n) for n in ast.walk(source.tree()) if isinstance(n, ast.Attribute)]


def without_docstring(source: Source) -> list[str]:
    tree = source.tree()
    missing = [] if ast.get_docstring(tree) else ["the module"]
    return missing + [node.name for node in _public(tree) if not ast.get_docstring(node)]


def _public(node: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    for child in node.body:
        if isinstance(child, Function | ast.ClassDef) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from _public(child)


def left_to_do(source: Source) -> list[str]:
    return re.findall(r"\b(?:TO" r"DO|FIX" r"ME)\b.*", source.text)


def traces_of_a_machine(text: str) -> list[str]:
    """Home directories, and hosts of package mirrors: what a lock file or a log carries along."""
    homes = re.findall(r"(?<![\w.])/(?:home|Users|root)/[\w.-]+", text)
    hosts = re.findall(r"https?://[\w.-]*(?:artifactory|nexus|mirror|pypi|registry)[\w.-]*(?::\d+)?[/\w.-]*", text)
    return homes + [host for host in hosts if not re.match(r"https://pypi\.org/(?:project/|p/)?", host)]


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def unmirrored(tests: list[str], packages: list[str]) -> list[str]:
    """Directories of tests that mirror no package and serve no purpose of their own."""
    own = {"reference", "statistics", "backends", "compose", "docs", "faults", "grafana", "hostile", "requirements"}
    return [name for name in tests if name not in packages and name not in own]


RULES = {
    "a function of 40 lines at most": (long_functions, "x.py", "def f():\n" + "    pass\n" * 40),
    "a file of 300 lines at most": (long_file, "x.py", "a = 1\n" * 301),
    "6 arguments at most": (many_arguments, "x.py", "def f(self, a, b, c, d, e, f, *g): ..."),
    "imports along the map": (imports_against_the_map, "world/x.py", "from otelsim.traffic import x"),
    "imports along the map, below": (imports_against_the_map, "draws.py", "def f():\n    import otelsim.cli.main"),
    "a place in the map": (imports_against_the_map, "elsewhere/x.py", ""),
    "no module of chance": (foreign_chance, "world/x.py", "import random"),
    "no uuid": (foreign_chance, "world/x.py", "from uuid import uuid4"),
    "no numpy.random": (foreign_chance, "world/x.py", "import numpy as np\nnp.random.default_rng(1)"),
    "no from numpy import random": (foreign_chance, "world/x.py", "from numpy import random"),
    "no clock": (clocks, "world/x.py", "import time\ntime.perf_counter()"),
    "no clock by name": (clocks, "world/x.py", "from time import monotonic"),
    "no today": (clocks, "check/x.py", "from datetime import datetime\ndatetime.now()"),
    "no environment": (surroundings, "world/x.py", "import os\nos.environ.get('A')"),
    "no reading of a variable": (surroundings, "world/x.py", "import os\na = os.environ['A']"),
    "no arguments": (surroundings, "world/x.py", "from sys import argv"),
    "docstrings": (without_docstring, "x.py", '"""M."""\nclass A:\n    """A."""\n    def b(self): ...'),
    "a docstring for the module": (without_docstring, "x.py", "a = 1"),
    "nothing left to do": (left_to_do, "x.py", "# TODO: later"),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_can_fail(rule):
    broken_by, path, snippet = RULES[rule]
    assert broken_by(Source(path, snippet))


@pytest.mark.parametrize("rule", list({check: name for name, (check, _, _) in reversed(RULES.items())}.values()))
def test_the_source_keeps_the_rule(rule):
    check = RULES[rule][0]
    assert {source.path: found for source in SOURCES if (found := check(source))} == {}


def test_what_is_allowed_is_allowed():
    assert foreign_chance(Source("draws.py", "import random")) == []
    assert clocks(Source("runner/x.py", "import time\ntime.time()")) == []
    assert surroundings(Source("cli/x.py", "import sys\nsys.argv")) == []
    assert surroundings(Source("check/x.py", "import os\nos.environ['A'] = '1'")) == []
    assert (
        imports_against_the_map(Source("traffic/x.py", "from otelsim.world import x\nfrom otelsim.traffic import y"))
        == []
    )


def test_functions_are_short():
    assert statistics.median(lines_of(f) for source in SOURCES for f in source.functions()) <= MAX_MEDIAN


def test_the_median_counts_every_line():
    function = next(Source("x.py", "def f(\n    a,\n):\n    pass\n").functions())
    assert lines_of(function) == 4


def test_the_map_lists_the_packages_in_order():
    order = order_of_packages()
    assert order[0] == "errors"
    assert order[-1] == "cli"
    assert len(order) == len(set(order)) >= 13


def test_tests_mirror_the_packages():
    mirrored = [p.name for p in (ROOT / "tests").iterdir() if p.is_dir() and p.name != "__pycache__"]
    packages = [p.name for p in PACKAGE.iterdir() if p.is_dir()]
    assert unmirrored(mirrored, packages) == []
    assert unmirrored(["nowhere", "world"], ["world"]) == ["nowhere"]


def test_no_tracked_file_tells_of_a_machine():
    found = {}
    for path in tracked_files():
        if path == Path(__file__):
            continue  # It holds the offending examples of its own self-tests.
        try:
            traces = traces_of_a_machine(path.read_text("utf-8"))
        except UnicodeDecodeError:
            continue
        if traces:
            found[str(path)] = traces
    assert found == {}


@pytest.mark.parametrize(
    "text",
    ["see /home/ann/x", "/root/.cache", "url = 'https://artifactory.acme.com/api/x'", "http://pypi.local:8080/a"],
)
def test_a_trace_of_a_machine_is_seen(text):
    assert traces_of_a_machine(text)


def test_a_project_page_is_no_trace():
    assert traces_of_a_machine("https://pypi.org/project/otelsim and 10.0.0.0/home") == []
