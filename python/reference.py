"""Writes docs/reference/python.md from the docstrings of the package; with --check, fails where it is not up to date."""

import ast
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
PACKAGE = HERE / "src-py" / "plait"
PAGE = HERE.parent / "docs" / "reference" / "python.md"

HEAD = """# The Python package

Made from the docstrings by `python python/reference.py`; the tests run the examples. [python.md](../python.md) is the guide.
"""


def main():
    page = HEAD + "".join(sections())
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        sys.exit(f"{PAGE.relative_to(HERE.parent)} is out of date; run: python python/reference.py")


def sections():
    said = definitions()
    names = public(PACKAGE / "__init__.py")
    functions = [name for name in names if isinstance(said.get(name), ast.FunctionDef)]
    classes = [name for name in names if isinstance(said.get(name), ast.ClassDef)]
    yield "\n## Functions\n"
    for name in functions:
        yield function(f"plait.{name}", said[name], "###")
    yield "\n## Classes\n"
    for name in classes:
        yield class_section(f"plait.{name}", said[name])
    for name in ("similarity", "spark"):
        module = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
        yield f"\n## plait.{name}\n\n{markdown(ast.get_docstring(module))}"
        for node in module.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield class_section(f"plait.{name}.{node.name}", node)
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield function(f"plait.{name}.{node.name}", node, "###")


def definitions():
    """Functions and classes of the modules, by name."""
    said = {}
    for path in sorted(PACKAGE.glob("_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                said[node.name] = node
    return said


def public(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return ast.literal_eval(node.value)
    raise SystemExit(f"{path} has no __all__")


def class_section(called, node):
    text = f"\n### `{called}`\n\n" + markdown(ast.get_docstring(node))
    methods = {of.name: of for of in node.body if isinstance(of, ast.FunctionDef)}
    attributes = dict(attributes_of(methods.get("__init__")))
    for name, of in methods.items():
        if is_property(of):
            attributes[name] = ast.get_docstring(of)
    if attributes:
        rows = "".join(f"| `.{name}` | {one_line(said)} |\n" for name, said in attributes.items())
        text += f"\n| | |\n|---|---|\n{rows}"
    if "__init__" in methods and f"{node.name}(" in ast.get_docstring(node):
        text += f"\n```python\n{called}({arguments(methods['__init__'])})\n```\n"
    for name, of in methods.items():
        if not name.startswith("_") and not is_property(of):
            text += function(f"{called}.{name}", of, "####")
    return text


def attributes_of(init):
    """What is assigned to ``self`` with a docstring after it."""
    body = [] if init is None else init.body
    for assigned, said in zip(body, body[1:]):
        targets = getattr(assigned, "targets", [getattr(assigned, "target", None)])
        if isinstance(targets[0], ast.Attribute) and isinstance(said, ast.Expr):
            if isinstance(said.value, ast.Constant):
                yield targets[0].attr, said.value.value


def is_property(node):
    return any(isinstance(of, ast.Name) and of.id == "property" for of in node.decorator_list)


def function(called, node, heading):
    said = ast.get_docstring(node)
    if said is None:
        raise SystemExit(f"{called} has no docstring")
    return f"\n{heading} `{called}`\n\n```python\n{node.name}({arguments(node)})\n```\n\n{markdown(said)}"


def arguments(node):
    """As they are written, but for ``self`` and ``cls``; one to a line where there are many."""
    given = ast.unparse(node.args)
    given = re.sub(r"^(self|cls)(, )?", "", given)
    if len(given) < 90:
        return given
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(given):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(given[start:at].strip())
            start = at + 1
    parts.append(given[start:].strip())
    return "\n" + "".join(f"    {part},\n" for part in parts)


def one_line(said):
    return markdown(said.split("\n\n")[0]).strip().replace("\n", " ").replace("|", "\\|")


def markdown(said):
    lines, example = [], False
    for line in said.splitlines():
        if line.startswith(">>>") and not example:
            lines.append("```python")
            example = True
        elif example and not line:
            lines.append("```")
            example = False
        if not example:
            line = re.sub(r":(?:class|func|meth|attr):`([^`]*)`", r"`\1`", line).replace("``", "`")
        lines.append(re.sub(r"\s*# doctest:.*", "", line))
    if example:
        lines.append("```")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
