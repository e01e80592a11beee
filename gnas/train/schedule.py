"""When a training is validated: so seldom that validation takes at most a fifth of its time.

The clock has no say, or two runs with one seed would differ. What a step and a validation cost is counted from the
architecture and the shape of the data: products and values touched, each at the time that it takes on one CPU thread.
Their ratio is all that matters, and it need not be exact.

Shapes: N nodes, E interactions, B pairs of a step, W length of a propagated embedding.
"""

from math import ceil

from gnas.config.architecture import Trained
from gnas.evaluate.evaluator import Evaluator, Measure
from gnas.graph.bipartite import Graph
from gnas.train.batches import epoch_size

SPARSE_NS = 0.2, 1.0
"""Of one product with an entry of a sparse matrix: where the embeddings lie in the cache, and where in memory."""
TABLE_NS = 0.3, 1.0
"""Of one value of the embeddings that is read or written, likewise."""
CACHE_MIB = 16
"""Embeddings of this size lie in memory."""
DENSE_NS = 0.06
"""Of one product of a dense matrix product."""
STEP_NS = 1e6
"""Of what a step does beside."""
SCORE_NS = 2.5
"""Of one score, to be ranked."""
USER_NS = 6e3
"""Of one user's metrics."""
UPDATE_TABLES = 15
"""Passes over the parameters in a step: gradient, decay, two moments, update."""

TRAINED_FOR_EACH = 4
"""Time trained for each time validated: a fifth for validation."""
TRAINED_FOR_EACH_DRAW = 8
"""The same where epochs are validated on a draw: measuring the outcome on everyone needs some of the fifth, too."""


def validation_gap(architecture: Trained, graph: Graph, n_pairs: int, evaluator: Measure) -> int:
    """Epochs from one validation to the next.

    Args:
        architecture: what is trained.
        graph: its graph.
        n_pairs: interactions that an epoch goes through.
        evaluator: of the epochs.
    """
    if not isinstance(evaluator, Evaluator):
        return 1
    times = TRAINED_FOR_EACH_DRAW if evaluator.drawn else TRAINED_FOR_EACH
    n_steps, size = epoch_size(architecture, graph, n_pairs)
    epoch_ns = n_steps * step_ns(architecture, graph, size)
    return max(1, ceil(times * validation_ns(architecture, graph, len(evaluator.users)) / epoch_ns))


def step_ns(architecture: Trained, graph: Graph, n_pairs: int) -> float:
    """About how long a step on `n_pairs` takes: propagation forward and back, loss, update."""
    loss, views, width = architecture.loss, architecture.contrastive.views, _width(architecture)
    stack = architecture.propagation.stack()
    layer_tables = 0 if stack is None else stack.depth * stack.step_tables
    n_values = (UPDATE_TABLES + (1 + views) * layer_tables) * graph.n_nodes * architecture.dim
    touched = n_values * _near_or_far(TABLE_NS, architecture, graph)
    spread = 2 * (1 + views) * _propagation_ns(architecture, graph)
    found = 3 * n_pairs * width * _near_or_far(SPARSE_NS, architecture, graph)
    if loss.full_batch:
        compared = 3 * graph.n_nodes * width**2 * DENSE_NS  # Gram matrices, and their gradient
    else:
        n_others = loss.compared(n_pairs) + (2 * n_pairs if views else 0)
        compared = 3 * n_pairs * n_others * width * DENSE_NS
    return STEP_NS + spread + touched + found + compared


def validation_ns(architecture: Trained, graph: Graph, n_users: int) -> float:
    """About how long it takes to validate on `n_users`: one propagation, all their scores, ranked."""
    per_score = SCORE_NS + _width(architecture) * DENSE_NS
    ranked = n_users * (USER_NS + graph.n_items * per_score * (2 if architecture.has_prior else 1))
    return _propagation_ns(architecture, graph) + ranked


def _propagation_ns(architecture: Trained, graph: Graph) -> float:
    """Of all layers, both directions."""
    stack = architecture.propagation.stack()
    product_ns = _near_or_far(SPARSE_NS, architecture, graph)
    return (stack.depth if stack else 0) * 2 * graph.n_interactions * architecture.dim * product_ns


def _near_or_far(costs: tuple[float, float], architecture: Trained, graph: Graph) -> float:
    """Between the cost in the cache and that in memory, by the size of the embeddings."""
    near, far = costs
    return near + (far - near) * min(1.0, graph.n_nodes * architecture.dim * 4 / 2**20 / CACHE_MIB)


def _width(architecture: Trained) -> int:
    return architecture.propagation.width(architecture.dim)
