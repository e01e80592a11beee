import pytest
from pydantic import BaseModel

from gnas.config.architecture import Architecture
from gnas.config.overrides import apply_overrides
from gnas.config.problems import read_model
from gnas.config.run import RunConfig
from gnas.config.yaml import load_yaml
from gnas.errors import ConfigError


def problems(model: type[BaseModel], text: str, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_model(model, apply_overrides(load_yaml(text, "a.yaml"), overrides))
    return list(caught.value.problems)


def test_everything_wrong_with_an_architecture_is_told_at_once_in_the_files_order() -> None:
    text = """\
propagation: {lightgcn: {dept: 3, norm: symm}}
batch_size: alll
dim: 0
epochs: 1e2
contrastive: {sgl: {weight: [1]}}
scorer: {mlp: {hidden: 2, dot: 1}}
lr: .inf
features: {attributes: yes}
loss: {bpr: {sampling: {popularity: {exponent: -1}}}}
"""
    assert problems(Architecture, text) == [
        "a.yaml:1: propagation.lightgcn.dept: unknown key (did you mean 'depth'? "
        "known: combine, depth, edge_dropout, layer0, message_dropout, norm, residual, weights)",
        "a.yaml:1: propagation.lightgcn.norm: must be sym, left, right or root, a number or a mapping of keys and "
        "values, not 'symm' "
        "(did you mean 'sym'?)",
        "a.yaml:2: batch_size: must be a whole number or full, not 'alll'",
        "a.yaml:3: dim: must be at least 1, not 0",
        "a.yaml:4: epochs: must be a whole number, not 100.0; write 100",
        "a.yaml:5: contrastive.sgl.weight: must be a number, not [1]",
        "a.yaml:6: scorer.mlp.dot: unknown key (known: activation, hidden)",
        "a.yaml:7: lr: must be a finite number, not inf",
        "a.yaml:8: features.attributes: must be true or false, not 'yes'",
        "a.yaml:9: loss.bpr.sampling.popularity.exponent: must be at least 0, not -1",
    ]


def test_places_inside_lists_of_layers() -> None:
    text = (
        "propagation:\n  mixed:\n    ops:\n      - gcn\n      - {sage: {aggregate: men}}\n      - {gat: {heads: 99}}\n"
    )
    assert problems(Architecture, text) == [
        "a.yaml:5: propagation.mixed.ops.1.sage.aggregate: must be mean, max or sum, not 'men' (did you mean 'mean'?)",
        "a.yaml:6: propagation.mixed.ops.2.gat.heads: must be at most 16, not 99",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("propagation: mixed", "a.yaml:1: propagation.mixed.ops: missing; it has no default"),
        ("loss: {softmx: {}}", "a.yaml:1: loss: unknown loss 'softmx' (did you mean 'softmax'? known: "),
        ("loss: {bpr: {}, bce: {}}", "a.yaml:1: loss: loss is a name or one `name: {parameters}`, not "),
        ("scorer: cosine\nloss: all-pairs", "a.yaml: loss all-pairs needs scorer dot"),
        ("propagation: {lightgcn: {weights: [1, 2]}}", "a.yaml:1: propagation.lightgcn: weights has 2 values, but "),
        ("features: {entry: late, ids: false}", "a.yaml:1: features: entry late with `ids: false` leaves nothing"),
        ("features: 3", "a.yaml:1: features: must be a mapping of keys and values, not 3"),
    ],
)
def test_rules_between_values_are_told_where_they_stand(text: str, sentence: str) -> None:
    (found,) = problems(Architecture, text)
    assert found.startswith(sentence)


def test_everything_wrong_with_a_run_is_told_at_once() -> None:
    text = """\
data:
  source: x
  split: {valid: 0.9, test: 0.9}
  users: {path: [1]}
search:
  timeout: 10 minutes
  objective: [ndgc@20, recall]
  confirm: {topp: 3}
train: {epoch: 3}
evaluate: {cutoffs: [0, a]}
space: 4
"""
    found = problems(RunConfig, text)
    assert [line.split(": ")[0:2] for line in found] == [
        ["a.yaml:3", "data.split"],
        ["a.yaml:4", "data.users.path.0"],
        ["a.yaml:6", "search.timeout"],
        ["a.yaml:7", "search.objective.0"],
        ["a.yaml:7", "search.objective.1"],
        ["a.yaml:8", "search.confirm.topp"],
        ["a.yaml:9", "train.epoch"],
        ["a.yaml:10", "evaluate.cutoffs.0"],
        ["a.yaml:10", "evaluate.cutoffs.1"],
        ["a.yaml:11", "space"],
    ]
    assert "did you mean 'ndcg'?" in found[3]
    assert "write it with a cut-off, as recall@20" in found[4]
    assert "did you mean 'top'?" in found[5]
    assert "did you mean 'epochs'?" in found[6]
    assert found[9] == "a.yaml:11: space: must be text or a mapping, not 4"


@pytest.mark.parametrize(
    ("objective", "sentence"),
    [
        ("ndcg", "search.objective: metric 'ndcg': write it with a cut-off, as ndcg@20"),
        ("rmse@5", "search.objective: metric 'rmse@5': write it as rmse"),
        ("[ndcg@20, ndcg@20]", "search.objective: an objective is listed twice in ndcg@20, ndcg@20; name each once"),
        ("[]", "search.objective: must be text or a list of at least 1, not []"),
    ],
)
def test_objectives_are_known_metrics(objective: str, sentence: str) -> None:
    (found,) = problems(RunConfig, f"data: {{source: x}}\nsearch: {{objective: {objective}}}")
    assert found == f"a.yaml:2: {sentence}"


def test_overridden_values_are_told_by_their_override() -> None:
    found = problems(RunConfig, "data: {source: x}", "train.epochs=many", "seach.trials=3")
    assert found[0] == "--set train.epochs=many: train.epochs: must be a whole number, not 'many'"
    assert found[1].startswith("--set seach.trials=3: seach: unknown key (did you mean 'search'?")


@pytest.mark.parametrize(("text", "what"), [("", "it is empty"), ("[1]", "it holds [1]"), ("word", "it holds 'word'")])
def test_a_file_that_is_no_mapping_is_told_what_to_write(text: str, what: str) -> None:
    (found,) = problems(RunConfig, text)
    assert found.startswith(f"a.yaml: {what}; write a mapping with the keys data, space,")


def test_a_key_under_a_name_is_told_those_that_can_stand_there() -> None:
    text = "data:\n  source: a.csv\n  behaviours:\n    cart: {pth: cart.csv}\n"
    (problem,) = problems(RunConfig, text)
    assert problem.startswith("a.yaml:4: data.behaviours.cart.pth: unknown key (did you mean 'path'?")
