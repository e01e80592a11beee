"""What every kind of range can do: spread over a grid, follow a share, tell Optuna of itself."""

import numpy as np
import optuna
import pytest

from gnas.search.proposal import distribution
from gnas.space.domain import Categorical, Domain, Fixed, Integer, Real, Stepped

DOMAINS = [
    Categorical((None, True, 1, "x")),
    Categorical((7,)),
    Fixed(([1, 2],)),
    Integer(2, 10, step=4),
    Integer(1, 100, log=True),
    Integer(0, 1000),
    Integer(3, 3),
    Stepped(0.0, 0.3, 0.1),
    Stepped(0.1, 0.7, 0.15),
    Real(-1.0, 1.0),
    Real(1e-4, 1e-1, log=True),
    Real(0.5, 0.5),
]


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
def test_whatever_a_domain_gives_is_a_member_of_it(domain: Domain) -> None:
    rng = np.random.default_rng(0)
    drawn = [domain.draw(rng) for _ in range(50)]
    shares = [domain.at(share) for share in np.linspace(0, np.nextafter(1, 0), 101)]
    for value in [*drawn, *shares, *domain.ends(), *domain.grid(5), *domain.near(drawn[0], rng)]:
        assert domain.match(value) == [value]
    for reached, end in zip((shares[0], shares[-1]), (domain.ends()[0], domain.ends()[-1]), strict=True):
        assert reached == (pytest.approx(end) if isinstance(domain, Real) else end)


@pytest.mark.parametrize("domain", [domain for domain in DOMAINS if not isinstance(domain, Fixed)], ids=str)
def test_optuna_is_told_of_the_same_range(domain: Domain) -> None:
    known = distribution(domain)
    for value in domain.grid(5):
        assert known._contains(known.to_internal_repr(value))
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    kind, settings = domain.distribution()
    value = getattr(trial, f"suggest_{kind}")("x", **settings)
    assert domain.match(value)
    assert trial.distributions == {"x": known}


def test_a_grid_thins_out_what_is_long_or_continuous() -> None:
    assert list(Integer(2, 10, step=4).grid(5)) == [2, 6, 10]
    assert list(Integer(1, 50).grid(5)) == list(range(1, 51)), "not that long"
    assert list(Integer(0, 1000).grid(5)) == [0, 250, 500, 750, 1000]
    assert list(Integer(1, 100, log=True).grid(3)) == [1, 10, 100]
    assert list(Real(-1.0, 1.0).grid(5)) == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert list(Real(0.01, 1.0, log=True).grid(3)) == pytest.approx([0.01, 0.1, 1.0])
    assert list(Real(0.5, 0.5).grid(5)) == [0.5]
    assert list(Stepped(0.0, 0.3, 0.1).grid(5)) == [0.0, 0.1, 0.2, 0.3]


def test_equal_shares_reach_every_member_alike() -> None:
    shares = (np.arange(400) + 0.5) / 400
    for domain in (Categorical((None, True, 1, "x")), Integer(2, 14, step=4), Stepped(0.0, 0.3, 0.1)):
        found = [repr(domain.at(share)) for share in shares]
        assert sorted(found.count(each) for each in set(found)) == [100] * 4
    logarithms = np.log10([Real(1e-4, 1e-1, log=True).at(share) for share in shares])
    assert logarithms == pytest.approx(-4 + 3 * shares)
    assert {Integer(1, 100, log=True).at(share) for share in shares} >= {1, 2, 3, 50, 100}
