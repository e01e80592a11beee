"""Metrics beside accuracy: coverage, concentration, novelty, popularity, diversity.

"Degree" is an item's number of train interactions.
"""

from typing import TYPE_CHECKING

from gnas.metrics.lists import Lists
from gnas.metrics.metric import METRICS, ListMetric, list_metric
from gnas.registry import lazily

if TYPE_CHECKING:
    from torch import Tensor


@list_metric("coverage", "maximize", "overall")
def coverage(lists: Lists) -> "Tensor":
    """Share of the catalogue that appears in at least one list (Ge et al., RecSys 2010)."""
    return (lists.count_I > 0).double().mean()


@list_metric("gini", "minimize", "overall")
def gini(lists: Lists) -> "Tensor":
    """Gini index of how often each item of the catalogue is recommended: 0 all alike, (n−1)/n one item for all.

    Σ_j (2j − n − 1) x_j / (n Σ x) over counts x in rising order (Fleder & Hosanagar, Management Science 2009).
    """
    n_items = lists.train.n_items
    count_I = lists.count_I.double().sort().values
    weight_I = 2.0 * count_I.new_ones(n_items).cumsum(0) - n_items - 1
    return (weight_I * count_I).sum() / (n_items * count_I.sum())


@list_metric("novelty", "maximize", "overall")
def novelty(lists: Lists) -> "Tensor":
    """Mean self-information log2(n_users / degree) of a list's items, per user (Zhou et al., PNAS 2010).

    An item without train interactions counts as one with a single one. NaN for an empty list.
    """
    return lists.mean((lists.train.n_users / lists.train.degree_I.double().clamp(min=1.0)).log2())


@list_metric("popularity", "minimize", "overall")
def popularity(lists: Lists) -> "Tensor":
    """Mean degree of a list's items, per user (Yin et al., VLDB 2012: average recommendation popularity)."""
    return lists.mean(lists.train.degree_I)


METRICS.add(
    "diversity",
    ListMetric(
        "maximize",
        lazily("gnas.evaluate.diversity:diversity"),
        about="1 − mean cosine of the pairs in a list, an item being the set of its users (Ziegler et al., WWW 2005).",
    ),
)
