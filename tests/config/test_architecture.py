import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from gnas.config.anchors import ANCHORS
from gnas.config.architecture import Architecture
from gnas.config.shipped import names
from gnas.errors import ConfigError
from gnas.metrics import METRICS, metric_of, parse_metric
from gnas.rng import numpy_rng
from gnas.space.load import load_space


def read(**tree: Any) -> Architecture:
    return Architecture.model_validate(tree)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"propagation": "none"}, {"propagation": {"lightgcn": {"depth": 0, "norm": "left"}}}),
        ({"propagation": "lightgcn"}, {"propagation": {"lightgcn": {"norm": 0.5}}}),
        ({"propagation": "lightgcn"}, {"propagation": {"mixed": {"ops": ["lightgcn", "lightgcn"]}}}),
        ({"propagation": "spectral"}, {"propagation": "spectral", "dim": 8, "lr": 0.5, "loss": "bce", "epochs": 3}),
        ({"propagation": "spectral"}, {"propagation": {"spectral": {"order": 3, "sharpness": 2}}}),
        ({"propagation": {"spectral": {"ideal": 0}}}, {"propagation": {"spectral": {"ideal": 0, "rank": 7}}}),
        ({"loss": "all-pairs", "batch_size": 16}, {"loss": "all-pairs", "batch_size": "full"}),
        ({"init": "xavier", "init_scale": 0.5}, {"init": "xavier"}),
        (
            {"propagation": {"gcn": {"combine": "last", "layer0": 0.5}}},
            {"propagation": {"gcn": {"combine": "last", "layer0": 0}}},
        ),
        ({"features": {"fusion": "gated"}}, {}),
        ({"features": {"history": {"layers": 0, "length": 7}}}, {}),
        ({"propagation": "als", "features": {"history": {"layers": 1}, "knn": {"k": 5}}}, {"propagation": "als"}),
    ],
)
def test_candidates_that_differ_in_nothing_that_matters_are_one(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert read(**left).canonical() == read(**right).canonical()
    assert read(**left).identity == read(**right).identity


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"propagation": {"lightgcn": {"depth": 1}}}, {"propagation": {"lightgcn": {"depth": 2}}}),
        ({"propagation": "lightgcn"}, {"propagation": "sage"}),
        ({"propagation": {"mixed": {"ops": ["gcn", "sage"]}}}, {"propagation": {"mixed": {"ops": ["sage", "gcn"]}}}),
        ({"propagation": {"spectral": {"rank": 8}}}, {"propagation": {"spectral": {"rank": 9}}}),
        ({"loss": "bpr", "batch_size": 16}, {"loss": "bpr", "batch_size": "full"}),
        ({"lr": 0.01}, {"lr": 0.02}),
        ({"features": {"attributes": True}}, {}),
        ({"features": {"history": {"layers": 1}}}, {}),
    ],
)
def test_candidates_that_differ_in_what_matters_are_two(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert read(**left).identity != read(**right).identity


@pytest.mark.parametrize("name", list(ANCHORS))
def test_the_written_form_reads_back_equal(name: str) -> None:
    architecture = ANCHORS[name]
    assert Architecture.model_validate(architecture.written()) == architecture


@pytest.mark.parametrize("space", names("search_spaces"))
def test_the_shown_form_reads_back_as_the_same_candidate(space: str) -> None:
    spec = load_space(space)
    rng = numpy_rng(0, "shown", space)
    drawn = [spec.draw(rng).architecture for _ in range(60)]
    for architecture in [*spec.anchors.values(), *drawn]:
        again = read(**architecture.shown())
        assert again.identity == architecture.identity
        assert again.shown() == architecture.shown()
        assert spec.contains(again), "found again when a later search starts from it"


def test_the_shown_form_leaves_out_what_plays_no_part() -> None:
    closed = read(propagation={"spectral": {"response": "ridge"}}, dim=8, lr=0.5).shown()
    assert list(closed) == ["propagation"]
    plain = read(loss="all-pairs", propagation={"lightgcn": {"depth": 0}}).shown()
    assert plain["propagation"] == {"none": {}}
    assert plain["batch_size"] == "full"
    assert not {"contrastive", "features", "feature_dropout"} & plain.keys()
    pinned = read(features={"text": {"minilm": {"sha256": "ab" * 32}}}).shown()
    assert pinned["features"]["text"]["minilm"]["sha256"] == "ab" * 32


def test_identities_of_early_architecture_files_stay() -> None:
    """What older runs wrote beside their models, which are bound to it."""
    assert read().identity == "e429dd7786d2"
    reading = {"attributes": True, "text": "tfidf", "entry": "late", "fusion": "gated", "id_dropout": 0.2}
    assert read(features=reading).identity == "3b9a3fcff964"
    assert read(propagation="als", features={"attributes": True, "knn": {"k": 5}}).identity == "7fc2693f94b0"


def test_identities_are_short_and_tell_the_known_designs_apart() -> None:
    assert len(read().identity) == 12
    assert read(weight_decay=1e-3).identity == ANCHORS["lightgcn-2"].identity
    assert len({architecture.identity for _, architecture in ANCHORS.items()}) == len(ANCHORS)


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        ({"loss": "all-pairs", "scorer": "mlp"}, "loss all-pairs needs scorer dot"),
        ({"loss": "directau", "scorer": "mlp"}, "would leave scorer mlp untrained"),
        ({"contrastive": "sgl", "propagation": "none"}, "contrastive sgl drops edges, but"),
        (
            {"features": {"text": "tfidf", "ids": False, "entry": "late"}},
            "entry late with `ids: false` leaves nothing to propagate",
        ),
        ({"contrastive": "sgl", "propagation": {"gcn": {"depth": 0}}}, "contrastive sgl drops edges, but"),
    ],
)
def test_parts_that_do_not_fit_are_refused(tree: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        read(**tree)


def test_metric_names() -> None:
    assert parse_metric("ndcg@20") == ("ndcg", 20)
    assert parse_metric("rmse") == ("rmse", None)
    directions = [metric_of(name).direction for name in ("recall@5", "gini@5", "latency_ms")]
    assert directions == ["maximize", "minimize", "minimize"]
    assert metric_of("mae").of_ratings
    assert not metric_of("auc").of_ratings
    assert metric_of("latency_ms").is_cost
    assert len(METRICS) >= 15


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ndcg", "metric 'ndcg': write it with a cut-off, as ndcg@20"),
        ("ndcg@", "metric 'ndcg@': the cut-off must be a positive whole number, as in ndcg@20"),
        ("ndcg@0", "metric 'ndcg@0': the cut-off must be a positive whole number, as in ndcg@20"),
        ("ndcg@2.5", "metric 'ndcg@2.5': the cut-off must be a positive whole number, as in ndcg@20"),
        ("auc@5", "metric 'auc@5': write it as auc"),
        ("recal@5", "unknown metric 'recal' (did you mean 'recall'? known: "),
        ("", "unknown metric '' (known: "),
    ],
)
def test_wrong_metric_names(name: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_metric(name)
    assert str(caught.value).startswith(sentence)


def test_every_propagation_is_known_wherever_architectures_are() -> None:
    code = "import gnas; print(gnas.Architecture.model_validate({'propagation': 'spectral'}).words)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("spectral")


@pytest.mark.parametrize(
    ("tree", "family"),
    [
        ({"propagation": "gat"}, "graph network"),
        ({"propagation": "none", "loss": "all-pairs", "prior": "item_graph"}, "graph network"),
        ({"propagation": "none"}, "factorisation"),
        ({"propagation": {"lightgcn": {"depth": 0}}, "loss": "all-pairs"}, "factorisation"),
        ({"propagation": "spectral"}, "closed form"),
        ({"propagation": "als"}, "closed form"),
        ({"blend": [{"architecture": {"propagation": "gat"}}]}, "blend"),
    ],
)
def test_families(tree: dict[str, Any], family: str) -> None:
    assert read(**tree).family == family
