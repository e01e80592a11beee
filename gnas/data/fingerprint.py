"""The identity of a split: equal fingerprints mean equal data."""

import hashlib
from collections.abc import Mapping

import numpy as np
import polars as pl

from gnas.data.interactions import Behaviour, Interactions


def fingerprint(
    parts: tuple[Interactions, ...],
    user_ids: pl.Series,
    item_ids: pl.Series,
    behaviours: Mapping[str, Behaviour] | None = None,
) -> str:
    """The sha256, as hex, of all arrays, of both lists of ids, and of the behaviours; the same on every machine."""
    state = hashlib.sha256()

    def add(name: str, values: np.ndarray | None, dtype: str) -> None:
        if values is None:
            state.update(f"{name} none\n".encode())
        else:
            state.update(f"{name} {dtype} {len(values)}\n".encode())
            state.update(np.ascontiguousarray(values, dtype=dtype).view(np.uint8).data)

    for part in parts:
        add("user", part.user, "<i8")
        add("item", part.item, "<i8")
        add("rating", part.rating, "<f4")
        add("time", part.time, "<i8")
    for ids in (user_ids, item_ids):
        if ids.dtype == pl.String:
            add("bytes", ids.str.len_bytes().to_numpy(), "<i8")
            state.update("".join(ids.to_list()).encode())
        else:
            add("ids", ids.to_numpy(), "<i8")
    for name, behaviour in sorted((behaviours or {}).items()):
        state.update(f"behaviour {name!r} {behaviour.cut} {behaviour.drops_pairs}\n".encode())
        add("user", behaviour.log.user, "<i8")
        add("item", behaviour.log.item, "<i8")
        add("time", behaviour.log.time, "<i8")
    return state.hexdigest()
