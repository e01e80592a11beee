"""Accuracy of rankings and of predicted ratings, one value a user, many users at once.

Every function takes tensors on any device and returns float64. `hit_UK[u, k]` says whether the item that user u is
shown at rank k + 1 is among the user's held-out items; `n_target_U` counts those items and is at least 1.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def ranking_metrics(hit_UK: Tensor, n_target_U: Tensor, cutoffs: Sequence[int]) -> dict[str, Tensor]:
    """Recall, NDCG, precision, MAP, MRR and hit rate at every cut-off, named `recall@10` and so on.

    The running sums over the ranks are formed once; each cut-off reads one column of them.

    Args:
        hit_UK: bool [U, K], K at least the largest cut-off.
        n_target_U: int [U], number of held-out items, at least 1.
        cutoffs: positive numbers.
    """
    n_ranks = hit_UK.shape[1]
    rank_K = torch.arange(1, n_ranks + 1, device=hit_UK.device, dtype=torch.float64)
    gain_UK = hit_UK.double()
    found_UK = gain_UK.cumsum(1)
    discount_K = 1.0 / torch.log2(rank_K + 1.0)
    dcg_UK = (gain_UK * discount_K).cumsum(1)
    ideal_K = discount_K.cumsum(0)
    precise_UK = (gain_UK * found_UK / rank_K).cumsum(1)
    first_UK = torch.where(hit_UK, 1.0 / rank_K, 0.0).cummax(1).values

    values = {}
    for cutoff in cutoffs:
        at, best_U = cutoff - 1, n_target_U.clamp(max=cutoff)
        values[f"recall@{cutoff}"] = recall(found_UK[:, at], n_target_U)
        values[f"ndcg@{cutoff}"] = ndcg(dcg_UK[:, at], ideal_K[best_U - 1])
        values[f"precision@{cutoff}"] = precision(found_UK[:, at], cutoff)
        values[f"map@{cutoff}"] = average_precision(precise_UK[:, at], best_U)
        values[f"mrr@{cutoff}"] = first_UK[:, at]
        values[f"hit@{cutoff}"] = (found_UK[:, at] > 0).double()
    return values


def recall(found_U: Tensor, n_target_U: Tensor) -> Tensor:
    """Recall@K = hits among the first K / number of held-out items (Herlocker et al., TOIS 2004), not min(K, n)."""
    return found_U / n_target_U


def precision(found_U: Tensor, cutoff: int) -> Tensor:
    """Precision@K = hits among the first K / K (Herlocker et al., TOIS 2004), even where fewer than K are left."""
    return found_U / cutoff


def ndcg(dcg_U: Tensor, ideal_U: Tensor) -> Tensor:
    """NDCG@K = Σ hit_k / log2(k + 1), over the same sum with the first min(K, n) ranks hit.

    Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002, with binary gain.
    """
    return dcg_U / ideal_U


def average_precision(precise_U: Tensor, best_U: Tensor) -> Tensor:
    """AP@K = 1/min(K, n) · Σ_k hit_k · precision@k; MAP is its mean over users (Manning et al., 2008, chapter 8).

    MRR@K, beside it, is 1/rank of the first hit, 0 where there is none within K (Voorhees, TREC-8, 1999).
    """
    return precise_U / best_U


def auc(score_BI: Tensor, target_BT: Tensor, n_target_B: Tensor) -> Tensor:
    """AUC = share of pairs (held-out item, other unseen item) in which the held-out one scores higher; a tie is half.

    Exact: every unseen item counts. Rendle et al., UAI 2009, section 3; Hanley & McNeil, Radiology 1982.

    Args:
        score_BI: float [B, I], −inf at seen items.
        target_BT: int64 [B, T], held-out items in the first `n_target_B[b]` columns, anything valid in the rest.
        n_target_B: int [B].

    Returns:
        float64 [B]; NaN where a user has no held-out or no other unseen item.
    """
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


def rmse(error_E: Tensor) -> Tensor:
    """Root mean squared error, sqrt(mean (predicted − given)²), over user-item pairs."""
    return error_E.double().square().mean().sqrt()


def mae(error_E: Tensor) -> Tensor:
    """Mean absolute error, mean |predicted − given|, over user-item pairs (Herlocker et al., TOIS 2004)."""
    return error_E.double().abs().mean()
