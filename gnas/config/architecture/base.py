"""The base of all architectures."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from pydantic import ModelWrapValidatorHandler, model_validator

from gnas.config.base import Strict
from gnas.config.features import Features
from gnas.config.words import rounded

if TYPE_CHECKING:
    from gnas.config.architecture.blend import BlendMember
    from gnas.config.architecture.trained import Trained

Family = Literal["graph network", "factorisation", "closed form", "blend"]
FAMILIES: tuple[Family, ...] = get_args(Family)
"""What candidates are told apart by in budgets and summaries: `Architecture.family`."""


class Architecture(Strict):
    """One candidate of any form: `Trained`, `ClosedForm` or `Blend`."""

    forms: ClassVar[tuple[type[Strict], ...]]
    """The models whose fields may be written."""
    of_tree: ClassVar[Callable[[Mapping[str, Any]], "Architecture"]]
    """Reads an architecture of whichever form a tree writes."""
    builder: ClassVar[str]
    """What makes the recommender, called with the architecture, graph, seed, rating scale and features."""

    @model_validator(mode="wrap")
    @classmethod
    def _of_its_form(cls, value: Any, handler: ModelWrapValidatorHandler["Architecture"]) -> "Architecture":
        if cls is not Architecture or not isinstance(value, Mapping):
            return handler(value)
        return cls.of_tree(value)

    @property
    def identity(self) -> str:
        """Twelve hexadecimal digits that name the candidate: the hash of its canonical form."""
        text = json.dumps(self.canonical(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def words(self) -> str:
        """The candidate in a line: `lightgcn×2 · dim 64 · softmax τ0.1 · lr 0.01`.

        Whatever matters and differs from the defaults is told, so that different candidates have different words; where
        a number has more digits than are shown, the first of the identity stand at the end.
        """
        mark = [f"#{self.identity[:6]}"] if rounded(self.canonical()) else []
        return " · ".join([*self.told(), *mark])

    @property
    def kind(self) -> str:
        """The name of what it is above all: of its propagation, or `blend`."""
        raise NotImplementedError

    @property
    def family(self) -> Family:
        """Trained with messages over a graph or on top of a closed form, trained without, solved, or a blend."""
        raise NotImplementedError

    @property
    def trained(self) -> bool:
        """Whether it, or any part of it, is trained by gradients, epoch by epoch."""
        return False

    @property
    def members(self) -> "tuple[BlendMember, ...]":
        """What it is put together from; nothing, unless it is a blend."""
        return ()

    def most_epochs(self, given: int | None = None, /) -> int:  # noqa: ARG002
        """Most epochs that its training may take, `given` in place of its own; one for what is not trained."""
        return 1

    @property
    def read(self) -> Features:
        """The features that matter."""
        raise NotImplementedError

    @property
    def reads_features(self) -> bool:
        """Whether features matter."""
        return self.read.used

    def told(self) -> list[str]:
        """The parts of `words`."""
        raise NotImplementedError

    def canonical(self) -> dict[str, Any]:
        """The YAML form without the parameters that cannot matter, so that equal candidates look equal."""
        raise NotImplementedError

    def shown(self) -> dict[str, Any]:
        """The YAML form for people to read: only what matters, parts that are left out not mentioned, weights pinned.

        Reading it back gives an architecture with an equal identity, whose model has the same tensors.
        """
        raise NotImplementedError

    def written(self) -> dict[str, Any]:
        """The YAML form with every parameter written out; reading it back gives an equal architecture."""
        return self.model_dump(mode="python")

    def with_features(self, features: Features) -> "Architecture":
        """The same candidate, reading `features`."""
        return self.model_copy(update={"features": features})

    def with_members(self, _members: "Sequence[BlendMember]", /) -> "Architecture":
        """The same blend of other members; what is no blend stays as it is."""
        return self

    def halved(self) -> "Trained | None":
        """The same candidate with half its batch; None where there is no batch to halve."""
        return None
