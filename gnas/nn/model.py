"""From an architecture to a recommender: closed forms are fitted at once, candidates are ready to be trained."""

import copy

import torch
from torch import nn

from gnas.config.architecture import Architecture, ClosedForm, Trained
from gnas.errors import ConfigError
from gnas.features.blocks import FeatureSet
from gnas.graph.bipartite import Graph
from gnas.graph.sampling import Neighbourhood
from gnas.nn.bonus import Bonus, with_bonus
from gnas.nn.entry import FeatureEntry, result_dim
from gnas.nn.init import embeddings, zeros
from gnas.nn.linked import linked
from gnas.nn.prior import Prior
from gnas.nn.propagate import Propagated, Relates, Stack, dropout
from gnas.nn.ratings import RatingScale
from gnas.nn.recommender import Recommender
from gnas.nn.scorers import build_scorer
from gnas.nn.together import all_together, hiding
from gnas.registry import resolve
from gnas.rng import torch_rng


def build(
    architecture: Architecture,
    graph: Graph,
    seed: int,
    ratings: RatingScale | None = None,
    features: FeatureSet | None = None,
) -> Recommender:
    """The recommender of an architecture on the graph's device.

    Closed forms are fitted when built. What is trained is a `Candidate` with its parameters drawn from the stream
    `init` of `seed`; with `ratings` it predicts ratings. A blend is built of its members. `features` are those that
    the architecture reads.
    """
    recommender: Recommender = resolve(architecture.builder)(architecture, graph, seed, ratings, features)
    return recommender


def closed_form(
    architecture: ClosedForm, graph: Graph, _seed: int, _ratings: RatingScale | None, features: FeatureSet | None
) -> Recommender:
    """What is solved, follows links where it reads some, and knows behaviours where it takes some."""
    uses = architecture.behaviours
    together = all_together(uses, graph)
    solved: Recommender = architecture.propagation.build(together)
    if architecture.reads_features:
        solved = linked(solved, architecture, graph, _given(features))
    return with_bonus(solved, architecture, graph) if uses else solved


class Candidate(nn.Module):
    """An embedding of every node, propagated over the graph, and a scorer. Trained by `gnas.train`."""

    def __init__(
        self,
        architecture: Trained,
        graph: Graph,
        seed: int,
        ratings: RatingScale | None = None,
        features: FeatureSet | None = None,
    ) -> None:
        super().__init__()
        generator = torch_rng("cpu", seed, "init")
        self.architecture = architecture
        self.n_users, self.n_items = graph.n_users, graph.n_items
        self.graph = graph
        together = all_together(architecture.behaviours, graph, solved=False)
        self.relation: Relates = together.interactions
        hides = architecture.target_mask > 0 and together is not graph
        self._counted = hiding(together.interactions, graph, architecture.behaviours) if hides else None
        self.bonus = Bonus(architecture.behaviours, graph) if architecture.behaviours else None
        self._unit: torch.Tensor | None = None
        self.ratings = ratings if architecture.loss.needs_ratings else None
        self.embedding = embeddings(architecture, together, generator)
        self.stack = Stack(architecture.propagation, architecture.dim, generator)
        spec = self.stack.spec
        self.met = embeddings(architecture, graph, generator) if spec is not None and spec.frees else None
        self.bias = None if self.ratings is None else zeros(graph.n_nodes, 1)
        mean = None if self.ratings is None else self.ratings.mean
        self.scorer = build_scorer(architecture.scorer, result_dim(architecture), generator, mean)
        self.entry = (
            FeatureEntry(architecture, _given(features), graph, generator) if architecture.features.used else None
        )
        self.features_fingerprint = "" if self.entry is None else _given(features).fingerprint
        if self.entry is not None:
            self.stack.keep_lonely(together.interactions)
        self.prior = Prior(architecture.prior, graph) if architecture.has_prior else None
        self._part_SD: torch.Tensor | None = None
        self._layer0: torch.Tensor | None = None
        self._scored: tuple[tuple[int, ...], torch.Tensor, torch.Tensor] | None = None
        self.to(graph.device)

    @property
    def reads_items(self) -> bool:
        """Whether features say what items are, so that items without interactions mean something."""
        return self.entry is not None and self.entry.reads_items

    @property
    def n_parameters(self) -> int:
        """Number of trained values."""
        return sum(parameter.numel() for parameter in self.parameters())

    def free(self) -> torch.Tensor:
        """The free embeddings [N, D] on the graph's device; a copy where training moved them to host memory."""
        return self.embedding.to(self.graph.device) if self._part_SD is None else self._part_SD

    def on(self, near: Neighbourhood, x_SD: torch.Tensor, part: Graph) -> "Candidate":
        """This candidate on `near`, whose nodes have the embeddings `x_SD` [S, D]; `part` has the same users and items.

        Shares every parameter but the embeddings: gradients reach them, and `x_SD`.
        """
        local = copy.copy(self)
        local.graph, local.relation, local._part_SD = part, near, x_SD
        local.n_users, local.n_items = part.n_users, part.n_items
        return local

    def layer0(self) -> torch.Tensor:
        """The embeddings before any propagation or dropout [N, D]: what weight decay acts on.

        With features those of the latest `propagate`, so that nothing is projected twice a step; with a table of its
        own for what a node is met with, both [N, 2 D].
        """
        x_ND = self.free() if self._layer0 is None else self._layer0
        return x_ND if self.met is None else torch.cat([x_ND, self.met], dim=1)

    def propagate(
        self,
        training: bool,
        generator: torch.Generator | None = None,
        *,
        edge_dropout: float | None = None,
        noise: float | None = None,
        kept_E: torch.Tensor | None = None,
    ) -> Propagated:
        """All layers and the final embeddings; `edge_dropout` and `noise` make the views of contrastive terms.

        `kept_E` float32 [E] is what each interaction counts, 0 where it is hidden.
        Where ratings are predicted, the last column of the final embeddings is the bias of each user and item.
        """
        self.train(training)
        if training:
            self.refresh()
        if kept_E is not None and self._counted is not None:
            kept_E = self._counted(kept_E)
        x_ND = self.free()
        late_ND: torch.Tensor | None = None
        if self.entry is not None:
            x_ND, late_ND = self.entry(x_ND, generator)
            self._layer0 = x_ND
        if training:
            x_ND = dropout(x_ND, self.architecture.feature_dropout, generator)
        result: Propagated = self.stack(
            x_ND, self.relation, generator=generator, edge_dropout=edge_dropout, noise=noise, kept_E=kept_E
        )
        final_ND = result.final if late_ND is None else result.final + late_ND
        if self.entry is not None:
            final_ND = self.entry.smoothed(final_ND, "late")
        if self.stack.spec is not None and self.stack.spec.crosses:
            final_ND = self._crossed(final_ND, len(self.stack.layers) + 1)
        if self.bias is not None:
            final_ND = torch.cat([final_ND, self.bias], dim=1)
        return Propagated(result.layers, final_ND)

    def _crossed(self, x_ND: torch.Tensor, n_layers: int) -> torch.Tensor:
        """Joined layers, those of items in reverse order.

        Scores are then Σ_l x_l(u) · x_(L−l)(i): with one layer, what the user took against the item, and who took the
        item against the user. What a node is met with, x_0, may be a table of its own.
        """
        if self.met is not None:
            x_ND = torch.cat([self.met, x_ND[:, self.met.shape[1] :]], dim=1)
        user_UD, item_ID = self.split(x_ND)
        turned_ID = torch.cat(torch.chunk(item_ID, n_layers, dim=1)[::-1], dim=1)
        return torch.cat([user_UD, turned_ID])

    def embed(self, training: bool, generator: torch.Generator | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """The propagated embeddings, user_UD and item_ID; dropouts act while `training`, drawn from `generator`."""
        return self.split(self.propagate(training, generator).final)

    def split(self, x_ND: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Users and items of a tensor over all nodes."""
        user_UD, item_ID = torch.split(x_ND, [self.n_users, self.n_items])  # one gradient, not two padded ones
        return user_UD, item_ID

    def edge_scores(self, user_UD: torch.Tensor, item_ID: torch.Tensor) -> torch.Tensor:
        """Scores of all train interactions in the graph's order [E], without a gather per interaction."""
        return self.scorer.edges(user_UD, item_ID, self.graph.user_item)

    @torch.no_grad()
    def score(self, users_B: torch.Tensor) -> torch.Tensor:
        """Scores of all items for `users_B`: float32 [B, I]. Embeddings are propagated once per state of the model.

        Where ratings are predicted, within the scale of the ratings.
        """
        score_BI = self._plain_score(users_B)
        if self.bonus is not None:
            if self._unit is None:
                self._unit = self.bonus.unit(self._plain_score)
            score_BI = self.bonus.added(score_BI, users_B, self._unit)
        return score_BI if self.ratings is None else score_BI.clamp_(self.ratings.low, self.ratings.high)

    def _plain_score(self, users_B: torch.Tensor) -> torch.Tensor:
        user_UD, item_ID = self._embeddings()
        score_BI = self.scorer.all(user_UD[users_B], item_ID)
        return score_BI if self.prior is None else self.prior.added(score_BI, users_B)

    def refresh(self) -> None:
        """Forget the embeddings kept for scoring.

        Done by every propagation while training, since fused optimisers change parameters without counting it.
        """
        self._scored = None

    def _embeddings(self) -> tuple[torch.Tensor, torch.Tensor]:
        state = tuple(parameter._version for parameter in self.parameters())
        if self._scored is None or self._scored[0] != state:
            training = self.training
            self._unit = None
            self._scored = (state, *self.embed(training=False))
            self.train(training)
        return self._scored[1:]


def _given(features: FeatureSet | None) -> FeatureSet:
    if features is None:
        raise ConfigError("the architecture reads features, but none were given: name feature tables under data")
    return features
