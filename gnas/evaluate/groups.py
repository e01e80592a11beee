"""Held-out interactions of known and of new items and users, apart."""

from gnas.data.interactions import Interactions

KNOWN_ITEMS, NEW_ITEMS = "known items", "new items"
KNOWN_USERS, NEW_USERS = "known users", "new users"


def known_and_new(target: Interactions, train: Interactions) -> dict[str, Interactions]:
    """The interactions of `target` by whether their item, and by whether their user, occurs in `train`.

    A side without anything new has no groups, and no group is empty. An evaluator of a group counts the users who have
    something in it, and takes nothing but the group's items as relevant; it ranks all items as before.
    """
    groups: dict[str, Interactions] = {}
    for known, number_E, names in (
        (train.counts("items"), target.item, (KNOWN_ITEMS, NEW_ITEMS)),
        (train.counts("users"), target.user, (KNOWN_USERS, NEW_USERS)),
    ):
        new_E = (known == 0)[number_E]
        if new_E.any():
            groups |= {name: target.take(rows) for name, rows in zip(names, (~new_E, new_E), strict=True) if rows.any()}
    return groups
