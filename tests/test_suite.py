"""How tests are made: none leans on another or on what is private, and none is left out without a reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
OURS = ("synpain_hf", "tests", "examples")
LEFT_OUT = ("skip", "skipif", "xfail", "importorskip")


@pytest.fixture(scope="module")
def files() -> Mapping[str, ast.Module]:
    """Every file of the tests, parsed."""
    found = sorted(TESTS.rglob("*.py"))
    return {path.relative_to(TESTS).as_posix(): ast.parse(path.read_bytes()) for path in found}


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What a file imports of ours, each with the name that it has there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = [(alias.name, alias.asname or alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found = [(f"{node.module}.{alias.name}", alias.asname or alias.name) for alias in node.names]
        else:
            continue
        yield from (each for each in found if each[0].split(".")[0] in OURS)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def private_uses(tree: ast.Module) -> Iterator[str]:
    """What a file takes of ours that is not meant for others."""
    known = dict(imports(tree))
    yield from (name for name in known if any(map(is_private, name.split("."))))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and ast.unparse(node.value) in known.values():
            yield ast.unparse(node)


def is_skip(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in LEFT_OUT and ast.unparse(node).startswith("pytest.")


def skips_with_a_reason(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_skip(node.func):
            said = {keyword.arg for keyword in node.keywords}
            if "reason" in said or (ast.unparse(node.func) == "pytest.skip" and node.args):
                yield node.func


def test_no_test_module_and_no_conftest_is_imported(files: Mapping[str, ast.Module]) -> None:
    for file, tree in files.items():
        parts = {part for name, _ in imports(tree) for part in name.split(".")}
        assert not [part for part in parts if part == "conftest" or part.startswith("test_")], file


def test_nothing_private_of_ours_is_used(files: Mapping[str, ast.Module]) -> None:
    for file, tree in files.items():
        assert not list(private_uses(tree)), file


def test_every_test_that_is_left_out_has_a_reason(files: Mapping[str, ast.Module]) -> None:
    for file, tree in files.items():
        skips = {node for node in ast.walk(tree) if is_skip(node)}
        assert [ast.unparse(node) for node in skips - set(skips_with_a_reason(tree))] == [], file
