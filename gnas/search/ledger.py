"""The record of all trials in Optuna's storage. A crash leaves no trial half-recorded."""

from collections.abc import Mapping

from optuna.storages import BaseStorage
from optuna.trial import TrialState, create_trial

from gnas.files import finite
from gnas.search.outcome import CURVE, RESULT, START, Outcome, outcome_of
from gnas.search.proposal import Proposal

ENDING = ("state", "values", "metrics", "best_epoch", "epochs", "wall_s", "reason", "excess")
"""What the end of a trial adds to its record, beside the architecture that was trained in the end."""


class Ledger:
    """Trials of one study. A trial is written in one record with all its parameters when it starts."""

    def __init__(self, storage: BaseStorage, study_id: int) -> None:
        self._storage = storage
        self._study_id = study_id
        self._finished: dict[int, Outcome] = {}

    def outcomes(self) -> list[Outcome]:
        """All trials in the order of their numbers, running ones included."""
        found = []
        for trial in self._storage.get_all_trials(self._study_id, deepcopy=False):
            if START not in trial.user_attrs:
                continue
            outcome = self._finished.get(trial.number) or outcome_of(trial)
            if outcome.finished:
                self._finished[trial.number] = outcome
            found.append(outcome)
        return found

    def start(self, proposal: Proposal, duplicates: int) -> int:
        """Record a trial as running and return its number."""
        candidate = proposal.candidate
        start = {
            "identity": candidate.identity,
            "origin": proposal.origin,
            "architecture": candidate.architecture.written(),
            "duplicates": duplicates,
            "attrs": dict(proposal.attrs),
        }
        trial = create_trial(
            state=TrialState.RUNNING,
            params=candidate.params,
            distributions=proposal.distributions,
            user_attrs={START: start},
        )
        return self._storage.get_trial_number_from_id(self._storage.create_new_trial(self._study_id, trial))

    def curve(self, number: int, curve: Mapping[int, tuple[float, ...]]) -> None:
        """Record the best values by each share of its training at which the trial was measured."""
        record = {str(percent): list(values) for percent, values in curve.items()}
        self._storage.set_trial_user_attr(self._id(number), CURVE, record)

    def finish(self, outcome: Outcome) -> Outcome:
        """Record the end of a trial; the last write makes it final."""
        trial_id = self._id(outcome.number)
        record = {name: getattr(outcome, name) for name in ENDING} | {"architecture": outcome.architecture.written()}
        if outcome.curve:
            self.curve(outcome.number, outcome.curve)
        self._storage.set_trial_user_attr(trial_id, RESULT, finite(record))
        for name, by in (outcome.excess or {}).items():
            self._storage.set_trial_system_attr(trial_id, f"constraints:{name}", by)
        self._storage.set_trial_state_values(trial_id, *_optuna_end(outcome))
        return outcome_of(self._storage.get_trial(trial_id))

    def _id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)


def _optuna_end(outcome: Outcome) -> tuple[TrialState, tuple[float, ...] | None]:
    if outcome.state == "complete":
        return TrialState.COMPLETE, outcome.values
    if outcome.state == "pruned":
        single = outcome.values is not None and len(outcome.values) == 1
        return TrialState.PRUNED, outcome.values if single else None
    return TrialState.FAIL, None
