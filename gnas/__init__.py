"""Neural architecture search for graph neural recommenders.

    import gnas

    run = gnas.search(frame, timeout="10m")
    run.best.architecture
    gnas.evaluate(run)
    gnas.recommend(run, k=10)

Nothing heavy is imported before it is used.
"""

import sys
from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

_HOMES = {
    "search": "gnas.run.search",
    "evaluate": "gnas.run.evaluate",
    "train": "gnas.run.train",
    "finetune": "gnas.run.finetune",
    "recommend": "gnas.run.recommend",
    "compare": "gnas.run.compare",
    "open_run": "gnas.run.saved",
    "Run": "gnas.run.saved",
    "Architecture": "gnas.config.architecture",
    "SearchSpace": "gnas.space.search_space",
    "load_space": "gnas.space.load",
    "load_code": "gnas.plugins",
}
__all__ = ["__version__", *_HOMES]


class _Package(ModuleType):
    """The package `gnas`, whose public names are imported on first use.

    Some are also names of subpackages: `gnas.search` is the function, also after `import gnas.search.events`.
    """

    def __getattr__(self, name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'gnas' has no attribute {name!r}")
        found = getattr(import_module(_HOMES[name]), name)
        self.__dict__[name] = found
        import_module("gnas.plugins").load_plugins()
        return found

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*self.__dict__, *_HOMES})


sys.modules[__name__].__class__ = _Package
