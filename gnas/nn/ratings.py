"""The mean rating and the biases of the data, known before any training."""

from dataclasses import dataclass

import numpy as np

from gnas.data.interactions import Interactions
from gnas.errors import DataError


@dataclass(frozen=True)
class RatingScale:
    """Mean, lowest and highest rating of the train interactions: where predictions start and where they are cut."""

    mean: float
    low: float
    high: float


def rating_scale(train: Interactions) -> RatingScale:
    """The scale of the train ratings.

    Raises:
        DataError: the interactions have no ratings.
    """
    if train.rating is None or not len(train):
        raise DataError("rating prediction needs a rating column, but the train interactions have no ratings")
    ratings = train.rating
    return RatingScale(float(np.mean(ratings, dtype=np.float64)), float(ratings.min()), float(ratings.max()))
