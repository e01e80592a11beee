from gnas.config.architecture import Architecture as Architecture
from gnas.plugins import load_code as load_code
from gnas.run.compare import compare as compare
from gnas.run.evaluate import evaluate as evaluate
from gnas.run.finetune import finetune as finetune
from gnas.run.recommend import recommend as recommend
from gnas.run.saved import Run as Run
from gnas.run.saved import open_run as open_run
from gnas.run.search import search as search
from gnas.run.train import train as train
from gnas.space.load import load_space as load_space
from gnas.space.search_space import SearchSpace as SearchSpace

__version__: str
__all__: list[str]
