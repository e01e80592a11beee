"""Features of a planted world: titles in the words of their block, categories, numbers."""

import numpy as np
import polars as pl

from gnas.rng import numpy_rng

TRUE = 0.8
"""Share of categories and occupations that tell the block; the others are drawn at random."""
WORDS_PER_BLOCK = 12
COMMON = ("the", "a", "new", "small", "great", "old", "first", "last")
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]


def words(n: int, rng: np.random.Generator) -> np.ndarray:
    """`n` different made-up words of three syllables (four where three do not suffice)."""
    n_syllables = len(_SYLLABLES)
    length = 3 if n <= n_syllables**3 // 2 else 4
    codes = rng.choice(n_syllables**length, n, replace=False)
    syllables = np.array(_SYLLABLES)
    result = syllables[codes % n_syllables]
    for _ in range(length - 1):
        codes = codes // n_syllables
        result = np.char.add(result, syllables[codes % n_syllables])
    return np.asarray(result)


def item_table(block: np.ndarray, seed: int) -> pl.DataFrame:
    """`title` (a common word and three of the block's), `category`, `price`, one row per item."""
    rng = numpy_rng(seed, "synthetic", "items")
    n, blocks = len(block), int(block.max()) + 1
    known = pl.Series(words(blocks * WORDS_PER_BLOCK, rng).tolist())
    first = block * WORDS_PER_BLOCK
    offset = rng.integers(0, WORDS_PER_BLOCK, (3, n))
    pieces = {"0": pl.Series(COMMON).gather(rng.integers(0, len(COMMON), n))}
    pieces |= {str(place + 1): known.gather(first + offset[place]) for place in range(3)}
    title = pl.DataFrame(pieces).select(pl.concat_str(pl.all(), separator=" ").alias("title"))
    price = np.round(np.exp(rng.normal(2.0 + block % 3, 0.5)), 2)
    return title.with_columns(category=_telling(block, blocks, rng), price=pl.Series(price))


def user_table(block: np.ndarray, seed: int) -> pl.DataFrame:
    """`age` and `occupation`, one row per user."""
    rng = numpy_rng(seed, "synthetic", "users")
    blocks = int(block.max()) + 1
    age = np.clip(np.rint(rng.normal(25 + 15 * (block % 3), 8)), 14, 90).astype(np.int64)
    return pl.DataFrame({"age": age, "occupation": _telling(block, blocks, rng)})


def _telling(block: np.ndarray, blocks: int, rng: np.random.Generator) -> pl.Series:
    """A word for each, mostly the word of its block."""
    shown = np.where(rng.random(len(block)) < TRUE, block, rng.integers(0, blocks, len(block)))
    return pl.Series(words(blocks, rng).tolist()).gather(shown)
