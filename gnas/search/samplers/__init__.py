"""Ways to choose the next candidate, imported when one is asked.

`@SAMPLERS.register("mine")` adds another: a function from a `View` to the proposals for one trial.
"""

from typing import TYPE_CHECKING

from gnas.registry import Registry, lazily

if TYPE_CHECKING:
    from gnas.search.view import Sampler

SAMPLERS: "Registry[Sampler]" = Registry("sampler")

for _name, _place in {
    "evolution": "local:evolution",
    "gp": "model_based:gp",
    "grid": "uniform:grid",
    "local": "local:local",
    "nsga2": "model_based:nsga2",
    "nsga3": "model_based:nsga3",
    "portfolio": "portfolio:portfolio",
    "predictor": "predictor:predictor",
    "qmc": "uniform:qmc",
    "random": "uniform:uniform",
    "tpe": "model_based:tpe",
}.items():
    SAMPLERS.add(_name, lazily(f"{__name__}.{_place}"))
