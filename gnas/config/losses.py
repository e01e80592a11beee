"""Losses: what a training minimises."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from gnas.config.base import Choice, ChoiceReader, register
from gnas.config.samplings import SamplingField, UniformSampling
from gnas.config.scorers import Scorer
from gnas.registry import Registry

LOSSES: Registry[type["Loss"]] = Registry("loss")

Temperature = Annotated[float, Field(gt=0, le=10, description="τ: scores are divided by it.")]


class Loss(Choice):
    """Any loss. Built with the known positives; gives a `gnas.nn.losses.step.StepLoss`.

    Attributes:
        full_batch: one step sees every interaction.
        needs_ratings: it predicts the rating itself.
        takes_prior: it can learn a correction of a closed form's scores.
    """

    full_batch: ClassVar[bool] = False
    needs_ratings: ClassVar[bool] = False
    takes_prior: ClassVar[bool] = False
    signs: ClassVar[dict[str, str]] = {
        "temperature": "τ", "negatives": "k", "gamma": "γ", "negative_weight": "w", "mass": "w×", "margin": "m",
    }  # fmt: skip
    always: ClassVar[tuple[str, ...]] = ("temperature", "gamma")

    def refuses(self, _scorer: Scorer, /) -> str | None:
        """Why it cannot train `scorer`, or None."""
        return None

    def compared(self, _n_pairs: int, /) -> int:
        """Items that each pair is compared with in a step of `n_pairs`, where not with all."""
        return 0


class Sampled(Loss):
    """A loss that compares a positive with `negatives` drawn items."""

    negatives: Annotated[int, Field(ge=1, le=4096)] = 1
    """Items that each positive is compared with."""
    sampling: SamplingField = UniformSampling()
    """Where they come from."""

    def compared(self, _n_pairs: int, /) -> int:
        """The drawn ones."""
        return self.negatives


@register(LOSSES)
class BPR(Sampled):
    """Rendle et al., UAI 2009: −log σ(s⁺ − s⁻)."""

    kind: ClassVar[str] = "bpr"
    builder: ClassVar[str] = "gnas.nn.losses.drawn:bpr"


@register(LOSSES)
class BCE(Sampled):
    """Binary cross entropy: −log σ(s⁺) − mean log σ(−s⁻)."""

    kind: ClassVar[str] = "bce"
    builder: ClassVar[str] = "gnas.nn.losses.drawn:bce"


@register(LOSSES)
class SampledSoftmax(Sampled):
    """−log exp(s⁺/τ) / (exp(s⁺/τ) + Σ exp(s⁻/τ)); negatives are shared by the batch."""

    kind: ClassVar[str] = "softmax"
    builder: ClassVar[str] = "gnas.nn.losses.drawn:softmax"
    negatives: Annotated[int, Field(ge=1, le=4096)] = 256
    """Items that all positives are compared with."""
    temperature: Temperature = 0.1
    normalize: bool = True
    """Whether the loss compares cosines instead of scores."""


@register(LOSSES)
class InBatchSoftmax(Loss):
    """Softmax over the items of the batch (InfoNCE), with the logQ correction for their popularity."""

    kind: ClassVar[str] = "in-batch-softmax"
    builder: ClassVar[str] = "gnas.nn.losses.undrawn:in_batch_softmax"
    temperature: Temperature = 0.1
    normalize: bool = True
    """Whether the loss compares cosines instead of scores."""
    correction: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of log popularity that is taken from the scores (Yi et al., RecSys 2019); 0: none."""

    def compared(self, n_pairs: int, /) -> int:
        """The other pairs of the step."""
        return n_pairs


@register(LOSSES)
class CosineContrastive(Sampled):
    """SimpleX (Mao et al., CIKM 2021): 1 − cos⁺ + weight · mean max(0, cos⁻ − margin)."""

    kind: ClassVar[str] = "ccl"
    builder: ClassVar[str] = "gnas.nn.losses.drawn:ccl"
    negatives: Annotated[int, Field(ge=1, le=4096)] = 256
    """Items that all positives are compared with."""
    margin: Annotated[float, Field(ge=-1, le=1)] = 0.4
    """Negatives with a lower cosine do not count."""
    negative_weight: Annotated[float, Field(gt=0, le=1e4)] = 100.0
    """Weight of the negatives."""


@register(LOSSES)
class DirectAU(Loss):
    """Wang et al., KDD 2022: alignment of positives + gamma · uniformity of users and items on the sphere."""

    kind: ClassVar[str] = "directau"
    builder: ClassVar[str] = "gnas.nn.losses.undrawn:directau"
    gamma: Annotated[float, Field(gt=0, le=100)] = 1.0
    """Weight of uniformity."""

    def compared(self, n_pairs: int, /) -> int:
        """The other pairs of the step."""
        return n_pairs

    def refuses(self, scorer: Scorer, /) -> str | None:
        """It has no use for a scorer with parameters."""
        if not scorer.learned:
            return None
        return (
            f"loss directau moves embeddings alone and would leave scorer {scorer.kind} untrained; take dot or cosine"
        )


@register(LOSSES)
class AllPairs(Loss):
    """The exact squared loss over all user-item pairs, without sampling (iALS; ENMF, Chen et al., TOIS 2020).

    Σ_pos (1 − s)² + negative_weight · Σ_all w_i s², the second sum as tr(UᵀU · Iᵀ diag(w) I). With a `target_mask` only
    hidden interactions stand in the first sum, and only pairs that are no interactions in the second. With `mass` it is
    the mean over the first pairs and `mass` times the mean over the second.
    """

    kind: ClassVar[str] = "all-pairs"
    builder: ClassVar[str] = "gnas.nn.losses.undrawn:all_pairs"
    full_batch: ClassVar[bool] = True
    takes_prior: ClassVar[bool] = True
    negative_weight: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Weight of a pair that is not an interaction."""
    mass: Annotated[float, Field(gt=0, le=1000)] | None = None
    """Weight of all pairs of the second sum together over that of all of the first, in place of `negative_weight`: data
    of any density ask for about the same, 5 to 60."""
    popularity: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """Exponent of the item weights in the sum over all pairs: w_i ∝ degree_i^popularity, mean 1."""

    def mattering(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """One of the two weights."""
        unused = "mass" if self.mass is None else "negative_weight"
        return {name: value for name, value in parameters.items() if name != unused}

    def refuses(self, scorer: Scorer, /) -> str | None:
        """Only inner products can be summed over all pairs."""
        if scorer.bilinear:
            return None
        return (
            "loss all-pairs needs scorer dot, whose sum over all pairs is a product of Gram "
            f"matrices, not {scorer.kind}"
        )


@register(LOSSES)
class MSE(Loss):
    """Squared error of the rating; the scorer gets biases and the mean rating."""

    kind: ClassVar[str] = "mse"
    builder: ClassVar[str] = "gnas.nn.losses.undrawn:mse"
    needs_ratings: ClassVar[bool] = True


LossField = Annotated[Loss, ChoiceReader(LOSSES)]
