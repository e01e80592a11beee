"""Implicit ALS: Hu, Koren & Volinsky, ICDM 2008, with the loss and regularisation of Rendle et al., RecSys 2022.

    Σ_taken (1 − s)² + unobserved · Σ_all s² + Σ_u reg_u ‖w_u‖² + Σ_i reg_i ‖h_i‖²,   s = w_u · h_i,
    reg_u ∝ n_u + unobserved · I, reg_i ∝ n_i + unobserved · U, the mean of each being l2.

A sweep solves for all users, then for all items. All rows of a side are solved at once by conjugate gradients from
where they stand (Takács et al., RecSys 2011): the product with every row's own matrix is one sampled product, one
sparse product and one product with the other side's Gram matrix, so that no [D, D] matrix per user is ever made.

Shapes: S rows of the side solved for, O rows of the other side, D dim, E interactions.
"""

import torch

from gnas.config.architecture import ClosedForm
from gnas.config.closed_forms import ALS
from gnas.graph.bipartite import Graph
from gnas.graph.sparse import SparseMatrix
from gnas.nn.recommender import Scored
from gnas.rng import torch_rng

STEPS = 4
"""Conjugate gradient steps a solve: each starts where the last sweep ended."""
OWN_SOLVES = 2
"""Solves for users whose history is another than what the factors were learned from."""


def fit_als(spec: ALS, graph: Graph, *, steps: int = STEPS, seed: int = 0) -> Scored:
    """`sweeps` times users then items, from one random start: equal specs give equal recommenders."""
    with torch.no_grad():
        start = torch.randn(graph.n_nodes, spec.rank, generator=torch_rng("cpu", seed, "ials")) * (0.1 / spec.rank**0.5)
        user_UD, item_ID = (part.contiguous() for part in start.to(graph.device).tensor_split([graph.n_users]))
        unobserved, l2 = absolute(spec, graph)
        reg_U = graph.degree_U + unobserved * graph.n_items
        reg_I = graph.degree_I + unobserved * graph.n_users
        reg_U, reg_I = l2 * reg_U / reg_U.mean(), l2 * reg_I / reg_I.mean()
        for _ in range(spec.sweeps):
            user_UD = solve(graph.user_item, user_UD, item_ID, unobserved, reg_U, steps)
            item_ID = solve(graph.user_item.transposed, item_ID, user_UD, unobserved, reg_I, steps)
        if graph.history is not graph.user_item:
            for _ in range(OWN_SOLVES):
                user_UD = solve(graph.history, user_UD, item_ID, unobserved, reg_U, steps)
        return Scored(graph, lambda users: user_UD[users] @ item_ID.t(), ClosedForm(propagation=spec))


def absolute(spec: ALS, graph: Graph) -> tuple[float, float]:
    """The weight of an unobserved pair and the mean ridge of a row that `spec` means on these data."""
    density = graph.mass / max(graph.n_users * graph.n_items, 1)
    unobserved = spec.unobserved if spec.mass is None else min(max(spec.mass * density, 1e-9), 1.0)
    return unobserved, spec.l2 if spec.ridge is None else max(spec.ridge * graph.chance**0.5, 1e-6)


def solve(
    taken: SparseMatrix,
    own_SD: torch.Tensor,
    other_OD: torch.Tensor,
    unobserved: float,
    reg_S: torch.Tensor,
    steps: int,
) -> torch.Tensor:
    """Better rows [S, D]: (Σ_taken c h hᵀ + unobserved · HᵀH + reg) w = Σ_taken c h, preconditioned by its diagonal.

    The values c of `taken` are the confidences of its pairs: 1, or less for lighter behaviours.
    """
    gram_DD = unobserved * other_OD.t() @ other_OD
    diagonal_SD = taken.matmul(other_OD.square()) + gram_DD.diagonal() + reg_S[:, None]
    inverse_SD = 1 / diagonal_SD.clamp_(min=1e-12)

    def product(x_SD: torch.Tensor) -> torch.Tensor:
        scored = SparseMatrix(taken.pattern, taken.sampled_dot(x_SD, other_OD) * taken.value)
        return scored.matmul(other_OD).addmm_(x_SD, gram_DD).addcmul_(x_SD, reg_S[:, None])

    rest_SD = taken.matmul(other_OD) - product(own_SD)
    own_SD = own_SD.clone()
    step_SD = inverse_SD * rest_SD
    descent_S = (rest_SD * step_SD).sum(1, keepdim=True)
    for _ in range(steps):
        image_SD = product(step_SD)
        length_S = descent_S / (step_SD * image_SD).sum(1, keepdim=True).clamp_(min=1e-20)
        own_SD.addcmul_(step_SD, length_S)
        rest_SD.addcmul_(image_SD, length_S, value=-1)
        conditioned_SD = inverse_SD * rest_SD
        before_S, descent_S = descent_S, (rest_SD * conditioned_SD).sum(1, keepdim=True)
        step_SD = conditioned_SD.addcmul_(step_SD, descent_S / before_S.clamp_(min=1e-20))
    return own_SD
