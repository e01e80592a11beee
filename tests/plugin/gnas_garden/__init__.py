"""A package as a stranger would write it: one of each kind of thing that gnas can be given."""

from gnas.config.formats import FORMATS, Format
from gnas.features.links import LINKS
from gnas.registry import lazily
from gnas.run.frames import WRITERS
from gnas.search.samplers import SAMPLERS
from gnas_garden import choices, metrics

__all__ = ["choices", "metrics"]

FORMATS.add("arrows", Format((".arrows",), lazily("gnas_garden.arrows:open_arrows")))
LINKS.add("same-users", lazily("gnas_garden.links:same_users"))
SAMPLERS.add("backwards", lazily("gnas_garden.sampler:backwards"))
WRITERS.add(".arrows", lazily("gnas_garden.arrows:write_arrows"))
