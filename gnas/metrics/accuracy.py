"""Accuracy of rankings: how many held-out items are found, and how far up."""

from typing import TYPE_CHECKING

from gnas.metrics.lists import Lists
from gnas.metrics.metric import METRICS, ScoreMetric, list_metric, said

if TYPE_CHECKING:
    from torch import Tensor

# Sums over ranks are taken by `cumsum`, which adds from the first rank on whatever K is.


@list_metric("recall", "maximize", "always")
def recall(lists: Lists) -> "Tensor":
    """Recall@K = hits among the first K / number of held-out items (Herlocker et al., TOIS 2004), not min(K, n)."""
    return lists.found_UK[:, -1] / lists.n_target_U


@list_metric("ndcg", "maximize", "always")
def ndcg(lists: Lists) -> "Tensor":
    """NDCG@K = Σ hit_k / log2(k + 1), over the same sum with the first min(K, n) ranks hit.

    Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002, with binary gain.
    """
    discount_K = 1.0 / (lists.rank_K + 1.0).log2()
    ideal_K = discount_K.cumsum(0)
    return (lists.gain_UK * discount_K).cumsum(1)[:, -1] / ideal_K[lists.n_target_U.clamp(max=lists.k) - 1]


@list_metric("precision", "maximize", "always")
def precision(lists: Lists) -> "Tensor":
    """Precision@K = hits among the first K / K (Herlocker et al., TOIS 2004), even where fewer than K are left."""
    return lists.found_UK[:, -1] / lists.k


@list_metric("map", "maximize", "always")
def average_precision(lists: Lists) -> "Tensor":
    """AP@K = 1/min(K, n) · Σ_k hit_k · precision@k; MAP is its mean over users (Manning et al., 2008, chapter 8)."""
    precise_UK = lists.gain_UK * lists.found_UK / lists.rank_K
    return precise_UK.cumsum(1)[:, -1] / lists.n_target_U.clamp(max=lists.k)


@list_metric("mrr", "maximize", "always")
def reciprocal_rank(lists: Lists) -> "Tensor":
    """RR@K = 1/rank of the first hit, 0 where there is none within K; MRR is its mean (Voorhees, TREC-8, 1999)."""
    return (lists.gain_UK / lists.rank_K).amax(1)


@list_metric("hit", "maximize", "always")
def hit_rate(lists: Lists) -> "Tensor":
    """1 where any of the first K items is a hit, else 0."""
    return lists.hit_UK.any(1).double()


def auc(score_BI: "Tensor", target_BT: "Tensor", n_target_B: "Tensor") -> "Tensor":
    """AUC = share of pairs (held-out item, other unseen item) in which the held-out one scores higher; a tie is half.

    Exact: every unseen item counts. Rendle et al., UAI 2009, section 3; Hanley & McNeil, Radiology 1982.

    Args:
        score_BI: float [B, I], −inf at seen items.
        target_BT: int64 [B, T], held-out items in the first `n_target_B[b]` columns, anything valid in the rest.
        n_target_B: int [B].

    Returns:
        float64 [B]; NaN where a user has no held-out or no other unseen item.
    """
    import torch

    ordered_BI = score_BI.sort(1).values
    own_BT = score_BI.gather(1, target_BT)
    slot_T = torch.arange(target_BT.shape[1], device=score_BI.device)
    real_BT = (slot_T < n_target_B.unsqueeze(1)) & (own_BT > -torch.inf)
    below_BT = torch.searchsorted(ordered_BI, own_BT)
    upto_BT = torch.searchsorted(ordered_BI, own_BT, right=True)
    n_seen_B = (score_BI == -torch.inf).sum(1)
    half_wins_BT = (below_BT + upto_BT - 2 * n_seen_B.unsqueeze(1)).double()
    n_real_B = real_BT.sum(1).double()
    # Among themselves the held-out items win, and lose, n²/2 pairs (own pairing included, as a tie).
    wins_B = torch.where(real_BT, half_wins_BT, 0.0).sum(1) / 2 - n_real_B.square() / 2
    n_other_B = (score_BI.shape[1] - n_seen_B).double() - n_real_B
    return wins_B / (n_real_B * n_other_B)


METRICS.add("auc", ScoreMetric("maximize", auc, about=said(auc)))
