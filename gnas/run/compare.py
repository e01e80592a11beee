"""Several runs on the same data: their best models on test, in one look that every run counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gnas.errors import RunError
from gnas.events import Begun, OnEvent, Part, Phase, Work, finish
from gnas.metrics import metric_of
from gnas.report.documents import Document, look_document
from gnas.report.results import group_parts, test_table
from gnas.report.shown import Shown
from gnas.report.tables import Table
from gnas.run.look import Beside, begun_look, looks_at, with_figures
from gnas.run.measures import WHOLE, ByGroup, measured, test_measures
from gnas.run.saved import Run, best_model, directory_of, ensemble_architecture, reopen
from gnas.rundir.beginning import read_config, read_data
from gnas.rundir.best import best_architecture
from gnas.rundir.layout import RunDirectory, require_writable
from gnas.rundir.look import Look, Rival, complete_look, record_look
from gnas.train.device import resolve_device


@dataclass(frozen=True, repr=False)
class Comparison(Shown):
    """The best of the runs, in words; the look whose rivals are the other runs; how often each run's test was seen."""

    best: Run
    words: str
    look: Look
    looks: dict[str, int]

    def summary(self) -> list[str | Table]:
        """The runs side by side on test."""
        counts = "; ".join(f"{name}: look {count} at test" for name, count in self.looks.items())
        return [test_table(self.look, self.words), "", *group_parts(self.look, self.words), f"{counts}."]

    def document(self) -> Document:
        """The same for a machine."""
        return {"best": str(self.best.path), "looks": self.looks, **look_document(self.look)}


def compare(
    runs: Sequence[Run | str | Path],
    *,
    ensemble: bool = False,
    device: str | None = None,
    on_event: OnEvent | None = None,
) -> Comparison:
    """Score the best model of each run on test, and compare the best with the others, user by user.

    With `ensemble`, runs that have one are compared by it.

    Raises:
        RunError: fewer than two runs, the same one twice, runs on different data, or one without a model.
    """
    return finish(compare_events([directory_of(run) for run in runs], device, ensemble=ensemble), on_event)


def compare_events(
    runs: Sequence[RunDirectory], device: str | None = None, *, ensemble: bool = False
) -> Work[Comparison]:
    """The work of `compare`, event by event."""
    require_comparable(runs)
    blended = {run.path for run in runs if ensemble and run.ensemble_architecture.is_file()}
    architectures = {
        str(run.path): ensemble_architecture(run) if run.path in blended else best_architecture(run) for run in runs
    }
    config = read_config(runs[0])
    metric = config.main_metric
    yield Begun(runs[0].path, metric)
    prepared = yield from reopen(runs[0], resolve_device(device or config.device))
    of_data = looks_at(prepared.split.fingerprint)
    begun = {name: begun_look(prepared, architecture, of_data) for name, architecture in architectures.items()}
    looks = {str(run.path): record_look(run, begun[str(run.path)]) for run in runs}
    measures = test_measures(prepared, prepared.split.train)
    found: dict[str, ByGroup] = {}
    for run in runs:
        name = str(run.path)
        model = yield from best_model(run, architectures[name], prepared, ensemble=run.path in blended)
        yield Phase(f"scoring {run.path.name} on test")
        found[name] = measured(measures, model)
        yield Part(name, found[name][WHOLE].metrics[metric])
    for run in runs:
        name = str(run.path)
        alone = with_figures(begun[name], found[name], [], config.seed)
        complete_look(run, looks[name], replace(alone, compared_with=tuple(other for other in found if other != name)))
    best = max(found, key=lambda name: metric_of(metric).gain(found[name][WHOLE].metrics[metric]))
    words = {name: f"{name}: {architecture.words}" for name, architecture in architectures.items()}
    beside = [Beside(Rival(words[name], {}), found[name]) for name in found if name != best]
    return Comparison(Run(Path(best)), words[best], with_figures(begun[best], found[best], beside, config.seed), looks)


def require_comparable(runs: Sequence[RunDirectory]) -> None:
    """Raise `RunError` unless these are several runs on equal data that can note a look."""
    places = [run.path.resolve() for run in runs]
    if len(places) < 2 or len(set(places)) < len(places):
        raise RunError("name two or more different runs to compare")
    prints = {str(run.path): read_data(run).fingerprint for run in runs}
    first, *rest = prints
    for name in rest:
        if prints[name] != prints[first]:
            raise RunError(
                f"{first} and {name} are about different data or splits (fingerprints {prints[first][:12]} and "
                f"{prints[name][:12]}), so their figures cannot be compared"
            )
    for run in runs:
        require_writable(run.path)
