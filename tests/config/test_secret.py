import pytest

from gnas.config.secret import hidden, is_hidden, revealed
from gnas.errors import ConfigError

ADDRESS = "postgresql://anna:s3cret@db.example/studies"
STARRED = "postgresql://anna:***@db.example/studies"


@pytest.mark.parametrize(
    ("address", "written"),
    [
        (ADDRESS, STARRED),
        ("postgresql+psycopg://anna:p@ss/w:rd@db:5432/x", "postgresql+psycopg://anna:***@db:5432/x"),
        (f"--set=search.storage={ADDRESS}", f"--set=search.storage={STARRED}"),
        ("mysql://db/x?password=s3cret&ssl=1", "mysql://db/x?password=***&ssl=1"),
        ("postgresql://anna@db:5432/x", "postgresql://anna@db:5432/x"),
        ("sqlite:///here.db", "sqlite:///here.db"),
        ("movielens-small", "movielens-small"),
    ],
)
def test_passwords_become_stars_and_all_else_stays(address: str, written: str) -> None:
    assert hidden(address) == written
    assert hidden(written) == written
    assert is_hidden(written) == (address != written)


def test_a_hidden_password_comes_back_from_the_environment() -> None:
    assert revealed(ADDRESS, {}) == ADDRESS
    assert revealed(STARRED, {"GNAS_STORAGE": ADDRESS}) == ADDRESS
    assert revealed(STARRED, {"PGPASSWORD": "s3cret"}) == "postgresql://anna@db.example/studies"


def test_a_password_that_nobody_says_is_asked_for() -> None:
    with pytest.raises(ConfigError, match=r"needs its password.*--storage.*GNAS_STORAGE"):
        revealed(STARRED, {})
    with pytest.raises(ConfigError, match=r"GNAS_STORAGE is postgresql://otto:\*\*\*@db\.example") as refused:
        revealed(STARRED, {"GNAS_STORAGE": "postgresql://otto:hush@db.example/studies"})
    assert "hush" not in str(refused.value)
