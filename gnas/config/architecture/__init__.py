"""Architectures: everything that defines a candidate, enough to make it again.

An architecture is trained by gradients, solved in closed form, or a blend of others. All three are read by
`Architecture.model_validate`, are named by their `identity`, and told in `words`.
"""

from collections.abc import Mapping
from typing import Any

from gnas.config.architecture.base import FAMILIES, Architecture, Family
from gnas.config.architecture.blend import Blend, BlendMember
from gnas.config.architecture.closed_form import ClosedForm
from gnas.config.architecture.trained import Trained, Written

__all__ = ["FAMILIES", "Architecture", "Blend", "BlendMember", "ClosedForm", "Family", "Trained", "Written"]


def _of_tree(tree: Mapping[str, Any]) -> Architecture:
    return Blend.model_validate(tree) if "blend" in tree else Written.model_validate(tree).architecture()


Architecture.forms, Architecture.of_tree = (Written, Blend), staticmethod(_of_tree)
