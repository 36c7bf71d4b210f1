"""Breaks the product on purpose, in the processes of a rig and nowhere else.

Python imports this module at start wherever it lies on ``PYTHONPATH``. ``CHAOS_MUTANT`` holds JSON:
``[[module, old text, new text], …]``; each module is compiled from its changed source. The product
has no hook for it.
"""

import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

EDITS: dict[str, list[tuple[str, str]]] = {}
for _module, _old, _new in json.loads(os.environ.get("CHAOS_MUTANT", "[]")):
    EDITS.setdefault(_module, []).append((_old, _new))


class Mutated(SourceFileLoader):
    """Past the cache of compiled files, in both directions."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        source = self.get_data(path).decode()
        for old, new in EDITS[fullname]:
            if source.count(old) != 1:
                raise ImportError(f"mutant: {source.count(old)} times in {path}: {old!r}")
            source = source.replace(old, new)
        return compile(source, path, "exec", dont_inherit=True)


class Finder:
    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in EDITS:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = Mutated(name, spec.origin)
        return spec


if EDITS:
    sys.meta_path.insert(0, Finder)
