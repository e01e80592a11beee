"""One candidate: built, trained against validation, measured in cost, saved."""

import time
from collections.abc import Iterator
from pathlib import Path

import torch

from gnas.config.architecture import Architecture
from gnas.nn.model import build
from gnas.nn.recommender import Recommender
from gnas.rng import derive_seed
from gnas.run.prepared import Prepared, main_metric
from gnas.train.checkpoint import save_model
from gnas.train.evaluator import Evaluator
from gnas.train.loop import Epoch, train

LATENCY_USERS = 256


class CandidateTraining:
    """The training of one architecture with one seed; iterate to train, then save or ask for the costs."""

    def __init__(self, prepared: Prepared, evaluator: Evaluator, architecture: Architecture, seed: int) -> None:
        self.prepared = prepared
        self.evaluator = evaluator
        self.architecture = architecture
        self.seed = seed
        self.train_s = 0.0
        self._model: Recommender | None = None

    @property
    def model(self) -> Recommender:
        """The recommender; after training, in its best epoch's state."""
        if self._model is None:
            self._model = build(self.architecture, self.prepared.graph, derive_seed(self.seed, "init"))
        return self._model

    def __iter__(self) -> Iterator[Epoch]:
        config, split = self.prepared.config, self.prepared.split
        started = time.perf_counter()
        if self.prepared.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.prepared.device)
        for epoch in train(
            self.model,
            self.prepared.graph,
            split.train,
            self.evaluator,
            self.architecture,
            seed=self.seed,
            objective=main_metric(config),
            options=config.train,
        ):
            self.train_s = time.perf_counter() - started
            yield epoch

    def save(self, path: Path) -> None:
        """Write the model's tensors, bound to the data's fingerprint."""
        save_model(path, self.model, self.prepared.split.fingerprint)

    def costs(self) -> dict[str, float]:
        """What the candidate costs: `parameters`, `train_s`, `latency_ms` of a scored user, `peak_mib` on CUDA."""
        costs = {
            "parameters": float(getattr(self.model, "n_parameters", 0)),
            "train_s": self.train_s,
            "latency_ms": latency_ms(self.model, self.prepared.device),
        }
        if self.prepared.device.type == "cuda":
            costs["peak_mib"] = torch.cuda.max_memory_allocated(self.prepared.device) / 2**20
        return costs


@torch.no_grad()
def latency_ms(model: Recommender, device: torch.device) -> float:
    """Milliseconds to score all items for one user, as the share of a block of users; the best of three."""
    users_B = torch.arange(min(LATENCY_USERS, model.n_users), device=device)
    times = []
    for _ in range(3):
        started = time.perf_counter()
        model.score(users_B)[-1, -1].item()  # waits for the device
        times.append(time.perf_counter() - started)
    return 1000 * min(times) / len(users_B)
