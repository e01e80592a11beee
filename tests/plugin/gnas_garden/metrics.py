"""A metric of lists."""

from typing import TYPE_CHECKING

from gnas.metrics import Lists, list_metric

if TYPE_CHECKING:
    from torch import Tensor


@list_metric("first", "maximize")
def first(lists: Lists) -> "Tensor":
    """Whether the first item is a hit, whatever K is."""
    return lists.hit_UK[:, 0].double()
