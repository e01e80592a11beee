"""What a search space means: what is sampled, under which names, on which conditions."""

from typing import Any

import numpy as np
import pytest

from gnas.config.architecture import Architecture, Trained
from gnas.config.yaml import load_yaml
from gnas.errors import ConfigError
from gnas.space.domain import Categorical, Domain, Integer, Real, Stepped
from gnas.space.search_space import Constraint, Infeasible, SearchSpace, parse_space
from gnas.space.slots import Slot
from tests.forms import trained

COMPACT = """
propagation:
  choice:
    none: {}
    lightgcn: {depth: {int: [1, 4]}, norm: {choice: [sym, left]}}
    sage: {depth: {int: [1, 4]}, aggregate: {choice: [mean, max]}}
    gcn: {depth: {int: [1, 2]}, norm: {choice: [sym, left]}}
    gat: {depth: {int: [1, 2]}}
dim: {choice: [32, 64]}
loss: {choice: {bpr: {negatives: {choice: [1, 4]}}, softmax: {temperature: {float: [0.05, 0.3], log: true}}}}
lr: {float: [1e-3, 1e-1], log: true}
epochs: 30
"""


def space_of(text: str) -> SearchSpace:
    return parse_space(load_yaml(text, "s.yaml"))


def test_a_sample_asks_for_what_exists_and_for_nothing_else() -> None:
    answers = {"propagation": "sage", "propagation.depth": 3, "propagation.aggregate": "max", "dim": 64, "loss": "bpr"}
    answers |= {"loss.negatives": 4, "lr": 0.02}
    asked: dict[str, Domain] = {}

    def choose(slot: Slot) -> Any:
        asked[slot.parameter] = slot.domain
        return answers[slot.parameter]

    candidate = space_of(COMPACT).ask(choose)
    architecture = candidate.architecture
    assert (candidate.params, candidate.domains) == (answers, asked)
    assert architecture == Architecture.model_validate(
        {
            "propagation": {"sage": {"depth": 3, "aggregate": "max"}},
            "dim": 64,
            "loss": {"bpr": {"negatives": 4}},
            "lr": 0.02,
            "epochs": 30,
        }
    )
    assert asked == {
        "propagation": Categorical(("none", "lightgcn", "sage", "gcn", "gat")),
        "propagation.depth": Integer(1, 4),
        "propagation.aggregate": Categorical(("mean", "max")),
        "dim": Categorical((32, 64)),
        "loss": Categorical(("bpr", "softmax")),
        "loss.negatives": Categorical((1, 4)),
        "lr": Real(0.001, 0.1, log=True),
    }


def test_equal_ranges_share_a_name_and_other_ranges_have_their_own() -> None:
    parameters = space_of(COMPACT).parameters()
    assert parameters["propagation.depth"] == Integer(1, 4)
    assert parameters["propagation.gcn.depth"] == Integer(1, 2), "named for the first branch with this range"
    assert "propagation.gat.depth" not in parameters, "shares the range, hence the name, with gcn"
    assert parameters["propagation.norm"] == Categorical(("sym", "left"))
    assert parameters["lr"] == Real(0.001, 0.1, log=True)
    assert "epochs" not in parameters


def test_zero_and_false_are_two_different_ranges() -> None:
    text = "propagation: {choice: {sage: {linear: {choice: [true, false]}}, gat: {linear: {choice: [false, true]}}}}"
    parameters = space_of(text).parameters()
    assert parameters["propagation.linear"] == Categorical((True, False))
    assert parameters["propagation.gat.linear"] == Categorical((False, True)), "another order is another range"
    assert repr(Categorical((0, 1))) != repr(Categorical((False, True)))


def test_a_fixed_member_gives_the_same_names_as_a_choice_of_it() -> None:
    fixed = space_of("propagation: {lightgcn: {depth: {int: [1, 4]}}}")
    chosen = space_of("propagation: {choice: {lightgcn: {depth: {int: [1, 4]}}, none: {}}}")
    assert set(fixed.parameters()) == {"propagation.depth"}
    assert set(chosen.parameters()) == {"propagation", "propagation.depth"}
    assert trained(fixed.candidate({"propagation.depth": 3}).architecture).propagation.written() == {
        "lightgcn": {"depth": 3}
    }


def test_a_parameter_exists_when_its_condition_holds_else_the_default_stands() -> None:
    space = space_of(
        "loss: {choice: [bpr, all-pairs, softmax]}\n"
        "batch_size: {choice: [512, 1024], when: {loss: [bpr, softmax]}}\n"
        "weight_decay: {value: 0.5, when: {batch_size: 512, loss: bpr}}\n"
    )
    default = Trained()
    assert trained(space.candidate({"loss": "all-pairs"}).architecture).batch_size == trained(default).batch_size
    both = space.candidate({"loss": "bpr", "batch_size": 512}).architecture
    assert (trained(both).batch_size, trained(both).weight_decay) == (512, 0.5)
    assert (
        trained(space.candidate({"loss": "softmax", "batch_size": 512}).architecture).weight_decay
        == trained(default).weight_decay
    )
    assert (
        trained(space.candidate({"loss": "bpr", "batch_size": 1024}).architecture).weight_decay
        == trained(default).weight_decay
    )


def test_conditions_see_fixed_values_defaults_and_names_shared_by_branches() -> None:
    space = space_of(
        "propagation: {choice: {lightgcn: {depth: {int: [1, 3]}}, gcn: {depth: 2}, none: {}}}\n"
        "dim: {choice: [8, 16], when: {propagation.depth: [2, 3]}}\n"
        "lr: {choice: [0.1, 0.2], when: {scorer: dot}}\n"
    )
    assert trained(space.candidate({"propagation": "gcn", "dim": 8, "lr": 0.1}).architecture).dim == 8
    assert (
        trained(
            space.candidate({"propagation": "lightgcn", "propagation.depth": 3, "dim": 8, "lr": 0.1}).architecture
        ).dim
        == 8
    )
    assert (
        trained(space.candidate({"propagation": "lightgcn", "propagation.depth": 1, "lr": 0.1}).architecture).dim == 64
    )
    assert trained(space.candidate({"propagation": "none", "lr": 0.2}).architecture).lr == 0.2


def test_conditions_may_be_written_before_what_they_ask_for() -> None:
    space = space_of("dim: {choice: [8, 16], when: {loss: bce}}\nloss: {choice: [bpr, bce]}")
    assert list(space.parameters()) == ["loss", "dim"]


def test_branches_of_a_choice_that_does_not_exist_do_not_exist_either() -> None:
    space = space_of(
        "propagation: {choice: [none, lightgcn]}\n"
        "loss: {choice: {bpr: {negatives: {choice: [2, 3]}}, bce: {}}, when: {propagation: lightgcn}}\n"
    )
    assert space.candidate({"propagation": "none"}).architecture == Architecture.model_validate({"propagation": "none"})


def test_cases_give_one_parameter_another_range_under_each_condition() -> None:
    space = space_of(
        "loss: {choice: [bpr, softmax, all-pairs]}\n"
        "weight_decay: {cases: "
        "[{choice: [0.1, 0.2], when: {loss: [bpr]}}, {choice: [3.0, 4.0], when: {loss: all-pairs}}]}"
    )
    assert list(space.parameters()) == ["loss", "weight_decay", "weight_decay.all-pairs"]
    assert trained(space.candidate({"loss": "bpr", "weight_decay": 0.2}).architecture).weight_decay == 0.2
    strong = space.candidate({"loss": "all-pairs", "weight_decay.all-pairs": 4.0}).architecture
    assert trained(strong).weight_decay == 4.0
    assert space.find(strong).params == {"loss": "all-pairs", "weight_decay.all-pairs": 4.0}
    assert trained(space.candidate({"loss": "softmax"}).architecture).weight_decay == Trained().weight_decay
    assert space.size().distinct == 2 + 2 + 1


def test_every_layer_chooses_for_itself() -> None:
    space = space_of(
        "propagation: {mixed: {combine: last, ops: {repeat: {int: [1, 3]}, of:"
        " {choice: {lightgcn: {norm: {choice: [sym, left]}}, sage: {}}}}}}"
    )
    assert list(space.parameters()) == [
        "propagation.ops.repeat",
        "propagation.ops.0",
        "propagation.ops.0.norm",
        "propagation.ops.1",
        "propagation.ops.1.norm",
        "propagation.ops.2",
        "propagation.ops.2.norm",
    ]
    params = {"propagation.ops.repeat": 2, "propagation.ops.0": "sage", "propagation.ops.1": "lightgcn"}
    architecture = space.candidate({**params, "propagation.ops.1.norm": "left"}).architecture
    assert trained(architecture).propagation.written_in_full()["mixed"]["ops"] == [
        {"sage": {"aggregate": "mean", "linear": True, "activation": "identity"}},
        {"lightgcn": {"norm": "left"}},
    ]
    assert space.find(architecture).params == {**params, "propagation.ops.1.norm": "left"}
    assert space.size().distinct == 3 + 3**2 + 3**3


def test_a_list_may_hold_ranges_at_some_positions() -> None:
    space = space_of(
        "propagation: {mixed: {ops: [lightgcn, {choice: [sage, gat]}, {gcn: {linear: {choice: [true, false]}}}]}}"
    )
    assert list(space.parameters()) == ["propagation.ops.1", "propagation.ops.2.linear"]
    architecture = space.candidate({"propagation.ops.1": "gat", "propagation.ops.2.linear": False}).architecture
    assert [op.kind for op in architecture.propagation.ops] == ["lightgcn", "gat", "gcn"]  # type: ignore[attr-defined]


def test_nested_models_are_searched_like_everything_else() -> None:
    space = space_of(
        "features: {attributes: {choice: [true, false]}, text: {choice: {none: {}, tfidf: {dim: {choice: [16, 32]}}}},"
        " fusion: {choice: [sum, gated], when: {features.attributes: true, features.text: tfidf}}}"
    )
    assert list(space.parameters()) == ["features.attributes", "features.text", "features.text.dim", "features.fusion"]
    params = {
        "features.attributes": True,
        "features.text": "tfidf",
        "features.text.dim": 32,
        "features.fusion": "gated",
    }
    assert space.candidate(params).architecture.read.fusion == "gated"


def test_a_replay_tells_everything_that_is_wrong_with_the_parameters() -> None:
    space = space_of(COMPACT)
    with pytest.raises(ConfigError) as caught:
        space.candidate({"propagation": "sage", "dim": 48, "loss": "bpr", "loss.negatives": 4, "learning_rate": 1})
    assert caught.value.problems == (
        "parameter propagation.depth is missing; it is one of whole numbers 1 to 4",
        "parameter propagation.aggregate is missing; it is one of mean, max",
        "parameter dim is 48, which is not in its range: 32, 64",
        "parameter lr is missing; it is one of 0.001 to 0.1 (log)",
        "unknown parameter 'learning_rate' (known: dim, loss, loss.negatives, loss.temperature, lr, propagation, "
        "propagation.aggregate, propagation.depth, propagation.gcn.depth, propagation.norm)",
    )


def test_a_replay_leaves_out_what_does_not_exist() -> None:
    params = {"propagation": "none", "propagation.depth": 3, "dim": 64, "loss": "bpr", "loss.negatives": 1, "lr": 0.01}
    assert space_of(COMPACT).candidate(params).architecture.kind == "none"


REFUSING = "loss: {choice: [bpr, all-pairs]}\nscorer: {choice: [dot, cosine]}"


def test_combinations_that_an_architecture_refuses_are_infeasible_and_never_drawn() -> None:
    space = space_of(REFUSING)
    wrong = {"loss": "all-pairs", "scorer": "cosine"}
    with pytest.raises(Infeasible, match="loss all-pairs needs scorer dot") as caught:
        space.candidate(wrong)
    assert caught.value.params == wrong
    rng = np.random.default_rng(0)
    drawn = [space.draw(rng).params for _ in range(60)]
    assert wrong not in drawn
    assert len({tuple(params.values()) for params in drawn}) == 3
    check = space.check(400)
    assert check.refused_share == pytest.approx(0.25, abs=0.07)
    assert [reason[:30] for reason in check.refused] == ["loss all-pairs needs scorer do"]
    assert space.size().distinct == 3
    assert space.size().combinations == 4


def test_params_of_an_architecture_outside_says_why() -> None:
    space = space_of(COMPACT)
    tree: dict[str, Any] = {"propagation": {"lightgcn": {"depth": 2}}, "dim": 64, "lr": 0.01, "epochs": 30}
    assert space.find(Architecture.model_validate(tree)).params == {
        "propagation": "lightgcn",
        "propagation.depth": 2,
        "propagation.norm": "sym",
        "dim": 64,
        "loss": "bpr",
        "loss.negatives": 1,
        "lr": 0.01,
    }
    for change, reason in (
        ({"dim": 48}, "dim is 48, the space has 32, 64"),
        ({"epochs": 31}, "epochs is 31, the space has 30"),
        ({"propagation": "ngcf"}, "propagation is 'ngcf', the space has none, lightgcn, sage, gcn, gat"),
        ({"scorer": "cosine"}, "scorer is cosine, the space has dot"),
        ({"propagation": {"lightgcn": {"residual": 0.5}}}, "propagation.lightgcn.residual is 0.5, the space has 0.0"),
        ({"lr": 1.0, "dim": 48}, "dim is 48, the space has 32, 64; lr is 1.0, the space has 0.001 to 0.1 (log)"),
    ):
        outside = Architecture.model_validate({**tree, **change})
        assert not space.contains(outside)
        assert space.why_not(outside) == reason


def test_what_cannot_matter_need_not_lie_in_its_range() -> None:
    space = space_of("propagation: {choice: {spectral: {rank: {int: [8, 64]}}, none: {}}}\ndim: {choice: [8, 16]}")
    closed_form = Architecture.model_validate({"propagation": {"spectral": {"rank": 32}}, "dim": 500, "lr": 0.7})
    params = space.find(closed_form).params
    assert params is not None
    assert space.candidate(params).identity == closed_form.identity


@pytest.mark.parametrize(("written", "asked"), [("[0.0, 0.5]", "sym"), ("[sym, left]", 0.5), ("[sym, left]", 0.0)])
def test_a_normalisation_is_the_same_by_name_and_by_exponent(written: str, asked: str | float) -> None:
    space = space_of(f"propagation: {{lightgcn: {{norm: {{choice: {written}}}}}}}")
    assert space.contains(Architecture.model_validate({"propagation": {"lightgcn": {"norm": asked}}}))


def test_anchors_take_what_the_space_fixes_where_they_say_nothing() -> None:
    space = space_of(
        "epochs: 7\nloss: {softmax: {negatives: 32}}\ndim: {choice: [8, 16]}\n"
        "anchors: [lightgcn-1, {dim: 8}, {name: mine, epochs: 9, propagation: none}]"
    )
    assert list(space.anchors) == ["lightgcn-1", "anchor-2", "mine"]
    assert trained(space.anchors["lightgcn-1"]).loss.kind == "bpr", "part of the design"
    assert trained(space.anchors["lightgcn-1"]).epochs == 7
    assert trained(space.anchors["anchor-2"]).loss.written() == {"softmax": {"negatives": 32}}
    assert (trained(space.anchors["mine"]).epochs, trained(space.anchors["mine"]).propagation.kind) == (9, "none")


def test_constraints_are_bounds_on_metrics() -> None:
    space = space_of("dim: 8\nconstraints: [{parameters: {max: 5_000_000}}, {coverage@20: {min: 0.1, max: 0.9}}]")
    assert space.constraints == (Constraint("parameters", None, 5e6), Constraint("coverage@20", 0.1, 0.9))
    assert [space.constraints[1].holds(value) for value in (0.05, 0.1, 0.5, 0.9, 0.95)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_the_same_seed_draws_the_same_candidates() -> None:
    space = space_of(COMPACT)
    first, again = ([space.draw(np.random.default_rng(seed)).params for _ in range(2)] for seed in (5, 5))
    assert first == again


def test_integer_log_draws_favour_small_numbers_and_reach_both_ends() -> None:
    rng = np.random.default_rng(0)
    drawn = [Integer(1, 100, log=True).draw(rng) for _ in range(3000)]
    assert (min(drawn), max(drawn)) == (1, 100)
    assert 0.4 < np.mean(np.array(drawn) <= 10) < 0.7
    assert {Integer(2, 8, 3).draw(rng) for _ in range(50)} == {2, 5, 8}
    assert {Stepped(0.1, 0.4, 0.1).draw(rng) for _ in range(90)} == {0.1, 0.2, 0.1 + 0.1 * 2, 0.4}


def test_a_stepped_real_finds_its_members_again() -> None:
    domain = Stepped(0.1, 0.4, 0.1)
    assert domain.match(0.3) == [0.1 + 0.1 * 2]
    assert domain.match(0.35) == []
    assert [domain.match(member) for member in domain.values() or []] == [[member] for member in domain.values() or []]
