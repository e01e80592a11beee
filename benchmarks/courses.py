"""The course of a search on a table: the proposals of a real search, each answered at once."""

from benchmarks.tables import Problem
from gnas.metrics import METRICS, Metric
from gnas.search.objectives import Objectives
from gnas.search.outcome import Outcome
from gnas.search.propose import Queue, propose
from gnas.search.view import Sampler, View

METRICS.add("accuracy", Metric("maximize"))
AIM = Objectives(("accuracy",))
NOTHING_FIRST = Queue((), ())


def course(problem: Problem, sampler: Sampler, trials: int, seed: int) -> list[float]:
    """The best value so far after each trial."""
    outcomes: list[Outcome] = []
    found: list[float] = []
    for number in range(trials):
        view = View(problem.space, tuple(outcomes), AIM, number, seed, trials=trials)
        answer = propose(NOTHING_FIRST, sampler, view)
        if answer is None:
            break
        proposal, duplicates = answer
        candidate = proposal.candidate
        value = problem.value(candidate.params)
        outcomes.append(
            Outcome(
                number=number,
                identity=candidate.identity,
                state="complete",
                origin=proposal.origin,
                params=candidate.params,
                architecture=candidate.architecture,
                distributions=proposal.distributions,
                values=(value,),
                metrics={"accuracy": value},
                epochs=1,
                duplicates=duplicates,
                attrs=proposal.attrs,
            )
        )
        found.append(max([value, *found[-1:]]))
    return found
