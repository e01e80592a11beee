"""Losses as formulas: functions of scores or embeddings to one number. The other files here feed them.

Where a negative may be a known positive of its user, `known` marks it and it plays no part. Where many pairs share
the negatives of their user, the negatives stand once per row R and `row_B` says which row each of the B pairs reads.
"""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, logsigmoid, normalize, softplus

ABSENT = -1e30
"""The logit of what plays no part: finite, so that no gradient becomes NaN."""


def bpr(positive_B: Tensor, negative_BK: Tensor, known_BK: Tensor | None = None) -> Tensor:
    """Bayesian personalised ranking: mean of −log σ(s⁺ − s⁻) over pairs and negatives (Rendle et al., UAI 2009)."""
    return -_mean(logsigmoid(positive_B.unsqueeze(1) - negative_BK), known_BK)


def bce(positive_B: Tensor, negative_BK: Tensor, known_BK: Tensor | None = None) -> Tensor:
    """Binary cross entropy: mean of −log σ(s⁺) − mean over negatives of log σ(−s⁻) (He et al., WWW 2017)."""
    positive = binary_cross_entropy_with_logits(positive_B, torch.ones_like(positive_B))
    return positive + _mean(softplus(negative_BK), known_BK)


def softmax(positive_B: Tensor, negative_RK: Tensor, known_RK: Tensor, row_B: Tensor | None = None) -> Tensor:
    """Mean of −log exp(z⁺) / (exp(z⁺) + Σ exp(z⁻)) over logits z = s/τ (Wu et al., TOIS 2024: sampled softmax)."""
    against = negative_RK.masked_fill(known_RK, ABSENT).float().logsumexp(1)
    against = against if row_B is None else against[row_B]
    return softplus(against - positive_B).mean()


def ccl(
    positive_B: Tensor,
    negative_RK: Tensor,
    margin: float,
    negative_weight: float,
    known_RK: Tensor,
    row_B: Tensor | None = None,
) -> Tensor:
    """Cosine contrastive loss: mean of 1 − c⁺ + weight · mean over negatives of max(0, c⁻ − margin).

    Mao et al., "SimpleX", CIKM 2021.
    """
    excess_RK = (negative_RK - margin).relu().masked_fill(known_RK, 0.0)
    against = excess_RK.sum(1) / (~known_RK).sum(1).clamp(min=1)
    against = against if row_B is None else against[row_B]
    return (1.0 - positive_B).mean() + negative_weight * against.mean()


def alignment(cosine_B: Tensor) -> Tensor:
    """Mean of ‖u − i‖² = 2 − 2 cos(u, i) over positive pairs of unit vectors (Wang et al., "DirectAU", KDD 2022)."""
    return 2.0 - 2.0 * cosine_B.mean()


def uniformity(x_BD: Tensor, node_B: Tensor) -> Tensor:
    """Log of the mean of exp(−2 ‖x − y‖²) over pairs of unit vectors (Wang et al., KDD 2022).

    Pairs of a node with itself, which arise where a batch holds it twice, are left out: they cannot be moved apart.
    """
    nearness_BB = (4.0 * (x_BD @ x_BD.t()).float() - 4.0).exp()
    same_BB = node_B.unsqueeze(1) == node_B
    n_pairs = (~same_BB).sum()
    total = nearness_BB.masked_fill(same_BB, 0.0).sum()
    return torch.where(n_pairs > 0, total / n_pairs.clamp(min=1), 1.0).log()


def square_sum(user_UD: Tensor, item_ID: Tensor, weight_I: Tensor | None = None) -> Tensor:
    """Σ over all pairs w_i s², s = u · i, as tr(UᵀU · Iᵀ diag(w) I): no pair is visited.

    Chen et al., TOIS 2020 (ENMF); item weights as in He et al., SIGIR 2016.
    """
    weighted_ID = item_ID if weight_I is None else item_ID * weight_I.unsqueeze(1)
    return ((user_UD.t() @ user_UD) * (item_ID.t() @ weighted_ID)).sum()


def all_pairs(positive_E: Tensor, every: Tensor, negative_weight: Tensor | float) -> Tensor:
    """(Σ over positives (1 − s)² + negative_weight · `every`) / number of positives (Hu et al., ICDM 2008).

    `every` is Σ w_i s² over all pairs, positives among them.
    """
    return ((1.0 - positive_E).square().sum() + negative_weight * every) / max(len(positive_E), 1)


def masked_pairs(positive_E: Tensor, hidden_E: Tensor, unknown: Tensor, negative_weight: Tensor | float) -> Tensor:
    """(Σ over hidden positives (1 − s)² + negative_weight · `unknown`) / number of hidden positives.

    `hidden_E` bool [E]; `unknown` is Σ w_i s² over the pairs that are no positives. The others teach nothing: the
    propagation has seen them (Steck, "Autoencoders that don't overfit towards the identity", NeurIPS 2020).
    """
    missed = ((1.0 - positive_E).square() * hidden_E).sum()
    return (missed + negative_weight * unknown) / hidden_E.sum().clamp(min=1)


def mse(score_B: Tensor, rating_B: Tensor) -> Tensor:
    """Mean of (s − rating)² (Koren et al., IEEE Computer 2009)."""
    return (score_B - rating_B).square().mean()


def info_nce(a_BD: Tensor, b_BD: Tensor, temperature: float, repeated_B: Tensor | None = None) -> Tensor:
    """Mean over nodes of −log exp(cos(a_v, b_v)/τ) / Σ_w exp(cos(a_v, b_w)/τ) (van den Oord et al., 2018).

    `repeated_B` marks rows whose node stands in an earlier row; they count neither as nodes nor as others.
    """
    a_BD, b_BD = normalize(a_BD, dim=1) / temperature, normalize(b_BD, dim=1)
    logit_BB, own_B = (a_BD @ b_BD.t()).float(), torch.arange(len(a_BD), device=a_BD.device)
    if repeated_B is None:
        return cross_entropy(logit_BB, own_B)
    loss_B = cross_entropy(logit_BB.masked_fill(repeated_B, ABSENT), own_B, reduction="none")
    return loss_B.masked_fill(repeated_B, 0.0).sum() / (~repeated_B).sum()


def _mean(value_BK: Tensor, known_BK: Tensor | None) -> Tensor:
    if known_BK is None:
        return value_BK.mean()
    return value_BK.masked_fill(known_BK, 0.0).sum() / (~known_BK).sum().clamp(min=1)
