"""What `--json` prints of a look at test."""

from collections.abc import Mapping
from dataclasses import asdict

from gnas.rundir.look import Look, Rival

Document = Mapping[str, object]
OPTIONAL = ("runner_up", "families", "ensemble", "groups", "seeds", "spread", "refit", "compared_with")


def look_document(look: Look) -> dict[str, object]:
    """A look at test; what it has not is left out."""
    document = {key: value for key, value in asdict(look).items() if value or key not in OPTIONAL}
    document["baselines"] = [_rival(one, "params") for one in look.baselines]
    if look.runner_up is not None:
        document["runner_up"] = _rival(look.runner_up, "trial", "architecture")
    if look.families:
        document["families"] = [_rival(one, "trial", "architecture") for one in look.families]
    if look.ensemble is not None:
        document["ensemble"] = _rival(look.ensemble, "members")
    return document


def _rival(rival: Rival, *facts: str) -> dict[str, object]:
    """Name, figures and lead, and what else is known of a recommender of its kind."""
    return {name: value for name, value in asdict(rival).items() if name in ("name", "metrics", "lead", *facts)}
