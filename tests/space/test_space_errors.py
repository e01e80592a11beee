"""Wrong spaces: everything at once, each in a sentence with its place."""

import pytest

from gnas.config.yaml import load_yaml
from gnas.errors import ConfigError
from gnas.space.search_space import parse_space


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_space(load_yaml(text, "s.yaml"))
    return list(caught.value.problems)


def test_everything_wrong_is_told_at_once() -> None:
    text = """\
propagation:
  choice:
    lightgcm: {}
    lightgcn: {dept: {int: [1, 4]}, depth: {int: [4, 1]}, norm: {choice: [sym, lefft]}}
    gcn: {depth: {int: [1, 20]}}
  chance: 3
dimm: 3
dim: {int: [1, 4], lgo: true}
loss: {choice: {bpr: {negatives: {value: 4, when: {los: bpr}}}, softmax: {temperature: {float: [0, 1], log: true}}}}
lr: {float: [1e-3, 1e-1], when: {loss: [all-pairs]}}
patience: {value: 3, when: {contrastive: sgl}}
anchors: [mff, {dimm: 32}, mf, mf]
constraints: [{parameterss: {max: 5_000_000}}, {latency_ms: 3}, {recall: {max: 1}}, {auc: {min: 2, max: 1}}]
"""
    found = problems(text)
    starts = [
        "s.yaml:7: dimm: unknown key (did you mean 'dim'? known: anchors, ",
        "s.yaml:6: propagation: unknown key 'chance' beside choice (did you mean 'choice'? known: choice, when)",
        "s.yaml:3: propagation.lightgcm: unknown propagation 'lightgcm' (did you mean 'lightgcn'? known: ",
        "s.yaml:4: propagation.lightgcn.dept: unknown key of lightgcn (did you mean 'depth'? known: combine, ",
        "s.yaml:4: propagation.lightgcn.depth: the lowest comes first: 4 is above 1; write [1, 4]",
        "s.yaml:8: dim: unknown key 'lgo' beside int (did you mean 'log'? known: int, log, step, when)",
        "s.yaml:9: loss.softmax.temperature: log needs numbers above 0 and no step, not [0, 1]",
        "s.yaml:9: loss.bpr.negatives: when los: there is no such parameter in this space (did you mean 'loss'? ",
        "s.yaml:10: lr: when loss is 'all-pairs': that never occurs (known: bpr, softmax)",
        "s.yaml:11: patience: when contrastive is 'sgl': that never occurs (this space leaves contrastive at none)",
        "s.yaml:4: propagation.lightgcn.norm: must be sym, left, right or root, a number or a mapping of keys ",
        "s.yaml:5: propagation.gcn.depth: must be at most 8, not 20",
        "s.yaml:12: anchors.0: unknown anchor 'mff' (did you mean 'mf'? known: all-pairs, ",
        "s.yaml:12: anchors.1.dimm: unknown key (did you mean 'dim'? known: batch_size, ",
        "s.yaml:12: anchors.3: 'mf' is listed twice; keep one",
        "s.yaml:13: constraints.0: unknown metric 'parameterss' (did you mean 'parameters'? known: auc, ",
        "s.yaml:13: constraints.1: a constraint is a metric with min, max or both, as in {latency_ms: {max: 5}}, not ",
        "s.yaml:13: constraints.2: metric 'recall': write it with a cut-off, as recall@20",
        "s.yaml:13: constraints.3: auc: min 2 is above max 1",
    ]
    for sentence, start in zip(found, starts, strict=True):
        assert sentence.startswith(start)


@pytest.mark.parametrize("text", ["", "{}", "anchors: [mf]", "anchors: [mf]\nconstraints: []"])
def test_an_empty_space(text: str) -> None:
    assert problems(text) == ["s.yaml: the space is empty; give at least one range, as in `dim: {choice: [32, 64]}`"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("dim: {int: [1, 2, 3]}", "dim: int takes two whole numbers, the lowest and the highest, as in [1, 4]"),
        ("dim: {int: [1, 2.5]}", "dim: int takes two whole numbers, the lowest and the highest, as in [1, 4]"),
        ("dim: {int: 3}", "dim: int takes two whole numbers, the lowest and the highest, as in [1, 4], not 3"),
        ("lr: {float: [a, 1]}", "lr: float takes two numbers, the lowest and the highest, as in [0.001, 0.1]"),
        ("lr: {float: [0.1, .inf]}", "lr: both ends must be finite, not [0.1, inf]"),
        ("lr: {float: [0.1, 1], log: 1}", "lr: log is true or false, not 1"),
        ("lr: {float: [0.1, 1], step: 0}", "lr: step must be a number above 0, not 0"),
        ("lr: {float: [0.1, 1], step: 0.4}", "lr: steps of 0.4 from 0.1 do not meet 1; write [0.1, 0.9]"),
        ("lr: {float: [0.1, 1], step: 0.1, log: true}", "lr: log needs numbers above 0 and no step, not [0.1, 1]"),
        ("dim: {int: [1, 10], step: 2}", "dim: steps of 2 from 1 do not meet 10; write [1, 9] or [1, 11]"),
        ("dim: {int: [1, 9], step: 0.5}", "dim: step must be a whole number of at least 1, not 0.5"),
        ("dim: {int: [0, 9], log: true}", "dim: log needs whole numbers from 1 up and no step"),
        ("dim: {choice: []}", "dim: choice takes a list of values, as in [32, 64], or a mapping of branches"),
        ("dim: {choice: 3}", "dim: choice takes a list of values, as in [32, 64], or a mapping of branches"),
        ("dim: {choice: [2, 2]}", "dim: 2 is listed twice; name each value once"),
        ("dim: {choice: [{a: 1}]}", "dim: {'a': 1} is not a plain value; write branches"),
        ("dim: {choice: {a: {}}}", "dim: holds plain values; write choice: [a]"),
        ("loss: {choice: {}}", "loss: choice has no branch to choose"),
        ("dim: {chioce: [1]}", "dim: neither a value nor a range: {'chioce': [1]} (ranges: did you mean 'choice'?"),
        ("loss: {bpr: 3}", "loss.bpr: takes a mapping of parameters, {} for none, not 3"),
        ("loss: {bpr: {}, bce: {}}", "loss: a loss is a name, one `name: {parameters}`"),
        ("loss: [bpr]", "loss: a loss is a name, one `name: {parameters}`"),
        ("loss: bprr", "loss.bprr: unknown loss 'bprr' (did you mean 'bpr'? known: "),
        ("loss: {choice: [bpr, bprr]}", "loss: unknown loss 'bprr' (did you mean 'bpr'? known: "),
        ("dim: 1.5", "dim: must be a whole number, not 1.5"),
        ("lr: {float: [-1, 1]}", "lr: must be above 0, not -1.0"),
        ("dim: {choice: [8, 16], when: {}}", "dim: when takes names and values, as in {loss: [bpr, bce]}, not {}"),
        ("dim: {choice: [8, 16], when: loss}", "dim: when takes names and values"),
        ("dim: {choice: [8, 16], when: {loss: {a: 1}}}", "dim: when loss takes a value or a list of values"),
        ("dim: {choice: [8, 16], when: {dim: 8}}", "dim: when dim: it cannot depend on itself"),
        ("lr: {float: [0.1, 1]}\ndim: {value: 3, when: {lr: 0.1}}", "dim: when lr: it is a continuous range"),
        ("anchors: mf\ndim: 3", "anchors: must be a list of names ("),
        ("constraints: {a: 1}\ndim: 3", "constraints: must be a list, as in [{parameters: {max: "),
        ("constraints: [{auc: {min: a}}]\ndim: 3", "constraints.0: min of auc must be a number, not 'a'"),
        ("extends: compact\ndim: 3", "extends: read this space with load_space, which knows the others"),
        ("propagation: {mixed: {ops: {repeat: {int: [0, 2]}, of: gcn}}}", "propagation.mixed.ops: repeat takes a"),
        ("propagation: {mixed: {ops: {repeat: 2}}}", "propagation.mixed.ops: repeat needs `of:`"),
        ("propagation: {mixed: {ops: {repeat: {int: [2, 1]}, of: gcn}}}", "propagation.mixed.ops: the lowest"),
        ("propagation: {mixed: {ops: {repeat: 9, of: gcn}}}", "propagation.mixed.ops: must be a list of at most 8"),
    ],
)  # fmt: skip
def test_one_wrong_thing(text: str, sentence: str) -> None:
    (found,) = problems(text)
    place, _, rest = found.partition(": ")
    assert place.startswith("s.yaml:")
    assert rest.startswith(sentence)


def test_a_condition_that_contradicts_its_branch() -> None:
    text = "propagation:\n  choice:\n    gcn: {}\n    sage: {depth: {int: [1, 3], when: {propagation: gcn}}}\n"
    assert problems(text) == [
        "s.yaml:4: propagation.sage.depth: its conditions contradict one another, so that it can never exist: "
        "propagation is sage and propagation is gcn"
    ]


def test_a_contradiction_through_a_third_parameter() -> None:
    text = (
        "loss: {choice: [bpr, bce]}\n"
        "dim: {choice: [8, 16], when: {loss: bpr}}\n"
        "lr: {choice: [0.1, 0.2], when: {dim: [8, 16], loss: bce}}\n"
    )
    (found,) = problems(text)
    assert found.startswith("s.yaml:3: lr: its conditions contradict one another")
    assert parse_space(load_yaml(text.replace("[8, 16], loss", "64, loss"))), "64 is the default, which stands with bce"


def test_cases_that_overlap_or_lack_their_condition() -> None:
    text = "loss: {choice: [bpr, bce]}\nlr:\n  cases:\n    - {choice: [1, 2], when: {loss: bpr}}\n    - "
    assert problems(f"{text}{{float: [1, 2], when: {{loss: [bpr, bce]}}}}") == [
        "s.yaml:5: lr: two cases can hold at once: loss is bpr; loss is bpr or bce"
    ]
    assert problems(f"{text}{{float: [1, 2]}}") == ["s.yaml:5: lr: a case needs its `when`"]
    (found,) = problems("lr: {cases: {float: [1, 2]}}")
    assert found.startswith("s.yaml:1: lr: cases takes a list of ranges, each with its `when`, as in [{float: [0.1, 1]")


def test_conditions_in_a_circle() -> None:
    text = "dim: {int: [1, 9], when: {patience: 3}}\npatience: {choice: [3, 4], when: {dim: 3}}\nlr: 0.1"
    assert problems(text) == [
        "s.yaml:1: dim: conditions run in a circle: dim when patience is 3; patience when dim is 3; remove one"
    ]


def test_values_that_no_combination_takes() -> None:
    assert problems("loss: all-pairs\nscorer: {choice: [cosine, dot]}") == [
        "s.yaml:2: scorer: 'cosine' is refused in every combination tried: loss all-pairs needs scorer dot, "
        "whose sum over all pairs is a product of Gram matrices, not cosine"
    ]
    reason = "loss all-pairs needs scorer dot, whose sum over all pairs is a product of Gram matrices, not cosine"
    assert problems("loss: all-pairs\nscorer: cosine\ndim: {choice: [8, 16]}") == [
        f"s.yaml: none of 1000 random combinations of this space makes an architecture; the last: {reason}"
    ]
    assert problems("propagation: {mixed: {ops: {repeat: 2, of: {gcn: {depth: 3}}}}}") == [
        "s.yaml: none of 1000 random combinations of this space makes an architecture; the last: depth of gcn "
        "belong(s) to the whole stack: write it beside `ops`"
    ]


def test_a_value_that_some_combination_takes_is_right() -> None:
    assert parse_space(load_yaml("loss: {choice: [all-pairs, bpr]}\nscorer: {choice: [cosine, dot]}"))
