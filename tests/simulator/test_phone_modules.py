"""The scripts of the phone know each other in one direction."""

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "viber_simulator" / "phone" / "js"
IMPORT = re.compile(r'^(?:import|export)\b[^;]*?from "\./([\w.]+)"', re.M)


def imports(source):
    """:return: names of the modules (set of str) that a script imports."""
    return set(IMPORT.findall(source))


def order(scripts):
    """:return: all modules, each after those that it imports (list of str).
    :raise CycleError: when they import each other in a circle
    """
    graph = {name: imports(source) for name, source in scripts.items()}
    return list(TopologicalSorter(graph).static_order())


def test_no_script_of_the_phone_imports_itself_by_way_of_others():
    scripts = {path.name: path.read_text() for path in SCRIPTS.glob("*.js")}
    found = order(scripts)
    assert set(found) == set(scripts), "an import leads nowhere"
    assert found[-1] == "app.js", "nothing imports what starts them all"


def test_a_circle_is_found():
    one = 'import { a } from "./two.js";'
    two = 'import {\n  b,\n  c,\n} from "./three.js";'
    with pytest.raises(CycleError):
        order({"one.js": one, "two.js": two, "three.js": 'export * from "./one.js";'})
    assert order({"one.js": one, "two.js": ""}) == ["two.js", "one.js"]
