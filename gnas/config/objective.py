"""What a candidate is trained on: the loss, its negatives, the contrastive term, and the scorer."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from gnas.config.base import Choice, choice_reader
from gnas.registry import Registry

LOSSES: Registry[type["Loss"]] = Registry("loss")
SAMPLINGS: Registry[type["Sampling"]] = Registry("sampling")
CONTRASTIVES: Registry[type["Contrastive"]] = Registry("contrastive term")
SCORERS: Registry[type["Scorer"]] = Registry("scorer")

Temperature = Annotated[float, Field(gt=0, le=10)]


class Sampling(Choice):
    """Where negatives come from. A negative is never a known positive of its user."""


class UniformSampling(Sampling):
    """Every item alike."""

    kind: ClassVar[str] = "uniform"


class PopularitySampling(Sampling):
    """Items by their number of interactions to the power `exponent`."""

    kind: ClassVar[str] = "popularity"
    exponent: Annotated[float, Field(ge=0, le=2)] = 0.75


class InBatchSampling(Sampling):
    """The positive items of other users in the batch."""

    kind: ClassVar[str] = "in-batch"


class HardSampling(Sampling):
    """Of `candidates` uniform draws, the one that the model scores highest (Zhang et al., SIGIR 2013)."""

    kind: ClassVar[str] = "hard"
    candidates: Annotated[int, Field(ge=2, le=64)] = 4


for _sampling in (UniformSampling, PopularitySampling, InBatchSampling, HardSampling):
    SAMPLINGS.add(_sampling.kind, _sampling)

SamplingField = Annotated[
    Sampling,
    BeforeValidator(choice_reader(SAMPLINGS)),
    PlainSerializer(lambda value: value.written_in_full()),
]


class Loss(Choice):
    """Any loss. `full_batch`: one step sees every interaction; `needs_ratings`: it predicts the rating itself."""

    full_batch: ClassVar[bool] = False
    needs_ratings: ClassVar[bool] = False


class Sampled(Loss):
    """A loss that compares a positive with `negatives` drawn items."""

    negatives: Annotated[int, Field(ge=1, le=4096)] = 1
    sampling: SamplingField = UniformSampling()


class BPR(Sampled):
    """Rendle et al., UAI 2009: −log σ(s⁺ − s⁻)."""

    kind: ClassVar[str] = "bpr"


class BCE(Sampled):
    """Binary cross entropy: −log σ(s⁺) − mean log σ(−s⁻)."""

    kind: ClassVar[str] = "bce"


class SampledSoftmax(Sampled):
    """−log exp(s⁺/τ) / (exp(s⁺/τ) + Σ exp(s⁻/τ)); negatives are shared by the batch."""

    kind: ClassVar[str] = "softmax"
    negatives: Annotated[int, Field(ge=1, le=4096)] = 256
    temperature: Temperature = 0.1
    normalize: bool = True
    """Cosine similarity instead of the scorer's raw score inside the loss."""


class InBatchSoftmax(Loss):
    """Softmax over the items of the batch (InfoNCE), with the logQ correction for their popularity."""

    kind: ClassVar[str] = "in-batch-softmax"
    temperature: Temperature = 0.1
    normalize: bool = True
    correction: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Share of log popularity taken from the scores (Yi et al., RecSys 2019); 0 leaves the popularity bias in."""


class CosineContrastive(Sampled):
    """SimpleX (Mao et al., CIKM 2021): 1 − cos⁺ + weight · mean max(0, cos⁻ − margin)."""

    kind: ClassVar[str] = "ccl"
    negatives: Annotated[int, Field(ge=1, le=4096)] = 256
    margin: Annotated[float, Field(ge=-1, le=1)] = 0.4
    negative_weight: Annotated[float, Field(gt=0, le=1e4)] = 100.0


class DirectAU(Loss):
    """Wang et al., KDD 2022: alignment of positives + gamma · uniformity of users and items on the sphere."""

    kind: ClassVar[str] = "directau"
    gamma: Annotated[float, Field(gt=0, le=100)] = 1.0


class AllPairs(Loss):
    """The exact squared loss over all user-item pairs, without sampling (iALS; ENMF, Chen et al., TOIS 2020).

    Σ_pos (1 − s)² + negative_weight · Σ_all w_i s², the second sum as tr(UᵀU · Iᵀ diag(w) I).
    """

    kind: ClassVar[str] = "all-pairs"
    full_batch: ClassVar[bool] = True
    negative_weight: Annotated[float, Field(gt=0, le=1)] = 0.05
    popularity: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """Exponent of the item weights in the sum over all pairs: w_i ∝ degree_i^popularity, mean 1."""


class MSE(Loss):
    """Squared error of the rating; the scorer gets biases and the mean rating."""

    kind: ClassVar[str] = "mse"
    needs_ratings: ClassVar[bool] = True


for _loss in (BPR, BCE, SampledSoftmax, InBatchSoftmax, CosineContrastive, DirectAU, AllPairs, MSE):
    LOSSES.add(_loss.kind, _loss)

LossField = Annotated[
    Loss, BeforeValidator(choice_reader(LOSSES)), PlainSerializer(lambda value: value.written_in_full())
]


class Contrastive(Choice):
    """An InfoNCE term between two views of the same node, beside the loss."""


class NoContrastive(Contrastive):
    """No such term."""

    kind: ClassVar[str] = "none"


class ViewContrast(Contrastive):
    """What the contrastive terms share."""

    weight: Annotated[float, Field(gt=0, le=10)] = 0.1
    temperature: Temperature = 0.2


class SGL(ViewContrast):
    """Wu et al., SIGIR 2021: two views by edge dropout."""

    kind: ClassVar[str] = "sgl"
    edge_dropout: Annotated[float, Field(gt=0, lt=1)] = 0.1


class SimGCL(ViewContrast):
    """Yu et al., SIGIR 2022: two views by uniform noise of norm eps on every layer."""

    kind: ClassVar[str] = "simgcl"
    eps: Annotated[float, Field(gt=0, le=1)] = 0.1


class XSimGCL(ViewContrast):
    """Yu et al., TKDE 2023: one noisy pass; layer `layer` against the final output."""

    kind: ClassVar[str] = "xsimgcl"
    eps: Annotated[float, Field(gt=0, le=1)] = 0.1
    layer: Annotated[int, Field(ge=0, le=8)] = 1


for _contrastive in (NoContrastive, SGL, SimGCL, XSimGCL):
    CONTRASTIVES.add(_contrastive.kind, _contrastive)

ContrastiveField = Annotated[
    Contrastive,
    BeforeValidator(choice_reader(CONTRASTIVES)),
    PlainSerializer(lambda value: value.written_in_full()),
]


class Scorer(Choice):
    """How a user's and an item's embedding become a score."""


class Dot(Scorer):
    """Inner product."""

    kind: ClassVar[str] = "dot"


class Cosine(Scorer):
    """Inner product of unit vectors."""

    kind: ClassVar[str] = "cosine"


class MLP(Scorer):
    """A two-layer perceptron over [u, i, u∘i] (He et al., "Neural Collaborative Filtering", WWW 2017)."""

    kind: ClassVar[str] = "mlp"
    hidden: Annotated[int, Field(ge=1, le=1024)] = 32
    activation: Literal["relu", "leaky_relu", "gelu", "tanh"] = "relu"


for _scorer in (Dot, Cosine, MLP):
    SCORERS.add(_scorer.kind, _scorer)

ScorerField = Annotated[
    Scorer, BeforeValidator(choice_reader(SCORERS)), PlainSerializer(lambda value: value.written_in_full())
]
