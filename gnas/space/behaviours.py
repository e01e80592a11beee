"""`behaviours: {each: …}` in a space: the same for every behaviour that the data name."""

import copy
from collections.abc import Sequence
from typing import Any

from gnas.config.document import Document
from gnas.errors import ConfigError
from gnas.space.search_space import SearchSpace, parse_space

EACH = "each"
"""The name that stands for all others; one that is named beside it has its own."""


def for_behaviours(space: SearchSpace, names: Sequence[str]) -> SearchSpace:
    """The space with what it says of `each` behaviour written out for `names`, in its anchors too.

    Raises:
        ConfigError: there are no names to write it out for.
    """
    places = [space.tree, *(one for one in space.tree.get("anchors") or [] if isinstance(one, dict))]
    if not any(EACH in (place.get("behaviours") or {}) for place in places):
        return space
    if not names:
        raise ConfigError(
            f"{space.source}: the space searches what `each` behaviour is worth, but data.behaviours names none; name "
            "them there, as in `data: {behaviours: {cart: cart.csv}}`, or take another space"
        )
    tree = copy.deepcopy(space.tree)
    for place in [tree, *(one for one in tree.get("anchors") or [] if isinstance(one, dict))]:
        if isinstance(place.get("behaviours"), dict):
            place["behaviours"] = _written_out(place["behaviours"], names)
    return parse_space(Document(tree, space.source))


def _written_out(behaviours: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    own = {name: value for name, value in behaviours.items() if name != EACH}
    if EACH not in behaviours:
        return own
    return {**{name: copy.deepcopy(behaviours[EACH]) for name in names if name not in own}, **own}
