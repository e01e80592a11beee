"""How much each parameter of the space mattered: PED-ANOVA (Watanabe et al., IJCAI 2023)."""

import warnings

import optuna
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

from gnas.config.run import SearchConfig
from gnas.errors import GnasError
from gnas.metrics import metric_of
from gnas.rundir.layout import RunDirectory
from gnas.rundir.session import IN_JOURNAL, read_study
from gnas.search.storage import opened_storage

FEWEST_TRIALS = 8
"""With fewer complete trials importances say nothing."""
SHOWN = 12


def importances(run: RunDirectory, config: SearchConfig) -> dict[str, float]:
    """Importance of each parameter that every complete trial has, summing to one, the largest first.

    Empty where there are too few trials, nothing varies, or the study is not to be had.
    """
    if config.storage is None and not run.journal.exists():
        return {}
    try:
        name = read_study(run) or IN_JOURNAL
        with opened_storage(config, run) as storage:
            study = optuna.load_study(study_name=name, storage=storage)
            complete = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
            if len(complete) < FEWEST_TRIALS:
                return {}
            several, gain = len(study.directions) > 1, metric_of(config.objectives[0]).gain
            with warnings.catch_warnings():
                # Parameters of branches that few trials took: the report shows importances as a rough guide anyway.
                warnings.filterwarnings("ignore", message="Some regimes for parameter", category=UserWarning)
                warnings.filterwarnings("ignore", message="PedAnovaImportanceEvaluator computes", category=UserWarning)
                found = get_param_importances(
                    study,
                    evaluator=PedAnovaImportanceEvaluator(),
                    target=(lambda trial: -gain(trial.values[0])) if several else None,  # it explains low values
                )
    except (KeyError, ValueError, RuntimeError, GnasError):
        return {}
    largest = sorted(found.items(), key=lambda item: -item[1])
    return {key: float(value) for key, value in largest[:SHOWN] if value > 0}
