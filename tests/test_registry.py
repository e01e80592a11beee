import pytest

from gnas.errors import ConfigError
from gnas.registry import Registry, did_you_mean


@pytest.fixture
def shapes() -> Registry[int]:
    shapes: Registry[int] = Registry("shape")
    shapes.add("square", 4)
    shapes.add("circle", 0)
    return shapes


def test_iterates_in_order_of_names_whatever_the_order_of_registration(shapes: Registry[int]) -> None:
    assert list(shapes) == ["circle", "square"]
    assert shapes.items() == [("circle", 0), ("square", 4)]
    assert len(shapes) == 2
    assert "square" in shapes
    assert "sqare" not in shapes


def test_an_unknown_name_is_answered_with_the_nearest_one_and_all_of_them(shapes: Registry[int]) -> None:
    with pytest.raises(ConfigError) as caught:
        shapes["sqare"]
    assert str(caught.value) == "unknown shape 'sqare' (did you mean 'square'? known: circle, square)"


def test_nothing_is_near_a_name_that_is_far_off(shapes: Registry[int]) -> None:
    assert did_you_mean("xyz", shapes) == "known: circle, square"


def test_a_name_is_never_given_twice(shapes: Registry[int]) -> None:
    with pytest.raises(ValueError, match="shape 'square' is registered already: 4"):
        shapes.add("square", 5)
    assert shapes["square"] == 4


def test_register_returns_what_it_decorates(shapes: Registry[int]) -> None:
    assert shapes.register("triangle")(3) == 3
    assert shapes["triangle"] == 3
