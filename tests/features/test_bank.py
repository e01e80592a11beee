from pathlib import Path

import numpy as np
import pytest

from gnas.config.architecture import Trained
from gnas.config.encoders import EncoderSpec, HuggingFaceImage, HuggingFaceText, Pixels, TfIdf
from gnas.config.features import Features
from gnas.data.interactions import Interactions
from gnas.errors import DataError
from gnas.features.bank import FeatureBank
from gnas.features.describe import cleaning_steps, describe_features
from tests.features.feature_worlds import notes, table, write_images

CSV = "id,title,blurb,size,art\na,Red Car Now,drives fast,1,0.png\nb,Blue Car Now,,2,1.png\nc,,,3,none.png\n" + (
    "d,Red Wine Now,tastes fine,4,\n"
)


def bank_of(folder: Path, *, known: tuple[int, ...] = (0, 1, 2, 3)) -> FeatureBank:
    write_images(folder, 2)
    items = table(folder, CSV, ["a", "b", "c", "d", "e"], columns={"title": "text", "blurb": "text"})
    train = Interactions(np.zeros(len(known), dtype=np.int64), np.array(known), 2, 5)
    return FeatureBank({"items": items}, train, folder / "cache")


def spec(**values: object) -> Features:
    return Features.model_validate(values)


def test_blocks_are_centred_and_of_unit_size_over_train(tmp_path: Path) -> None:
    found = bank_of(tmp_path, known=(0, 1, 3)).select(
        spec(text={"tfidf": {"dim": 2, "min_count": 1}}, image="pixels", attributes=True)
    )
    assert found is not None
    assert list(found.items) == ["attributes", "text", "image art"]
    assert found.users == {}
    assert found.items["text"].present.tolist() == [True, True, False, True, False]
    assert found.items["image art"].present.tolist() == [True, True, False, False, False]
    assert found.items["attributes"].present.tolist() == [True, True, True, True, False]
    train = np.array([True, True, False, True, False])
    for block in found.items.values():
        base = block.values[block.present & train]
        np.testing.assert_allclose(base.mean(0), 0, atol=1e-6)
        np.testing.assert_allclose((base**2).sum(1).mean(), 1, rtol=1e-5)
        assert (block.values[~block.present] == 0).all()
    assert notes(found.items["image art"].report, "missing") == {"image art": 2}
    assert notes(found.items["image art"].report, "unreadable") == {"image art": 1}


def test_texts_of_a_row_are_joined(tmp_path: Path) -> None:
    from gnas.features.blocks import values_of

    items = bank_of(tmp_path).tables["items"]
    assert values_of(items, "text", ["title", "blurb"]) == [
        "Red Car Now. drives fast",
        "Blue Car Now",
        None,
        "Red Wine Now. tastes fine",
        None,
    ]


def test_blocks_are_read_once_and_shared(tmp_path: Path) -> None:
    bank = bank_of(tmp_path)
    seen: list[str] = []
    for asked in (spec(image="pixels"), spec(image="pixels", attributes=True)):
        bank.select(asked, lambda label, *_: seen.append(label))
    assert set(seen) == {"items image art (pixels)"}
    one, two = bank.select(spec(image="pixels")), bank.select(spec(image="pixels", attributes=True, fusion="gated"))
    assert one is not None
    assert two is not None
    assert one.items["image art"] is two.items["image art"]
    assert one.fingerprint != two.fingerprint
    again = bank_of(tmp_path).select(spec(image="pixels"))
    assert again is not None
    assert again.fingerprint == one.fingerprint


def test_describes_encoders_what_they_have_read_and_the_cleaning(tmp_path: Path) -> None:
    bank = bank_of(tmp_path)
    items = bank.tables["items"]
    encoders: dict[str, list[EncoderSpec]] = {
        "image": [Pixels(), HuggingFaceImage(source="./nowhere")],
        "text": [TfIdf()],
    }
    before = {one.column: one for one in describe_features(items, encoders, bank.cache)}
    assert before["art"].encoder == "pixels, hf-image"
    assert before["art"].cache == "pixels 0 of 2, hf-image is not installed"
    assert (before["title"].encoder, before["title"].cache) == ("tfidf", "")
    assert before["size"].encoder == ""
    bank.select(spec(image="pixels"))
    assert describe_features(items, encoders, bank.cache)[3].cache.startswith("pixels 2 of 2")
    steps = {(step["column"], step["step"]): step["count"] for step in cleaning_steps(items, np.ones(5, dtype=bool))}
    assert steps == {("id", "join"): 1, ("size", "missing"): 1, ("size", "outliers"): 2}


def test_nothing_is_asked_for_and_nothing_is_given(tmp_path: Path) -> None:
    assert bank_of(tmp_path).select(spec()) is None


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"audio": "mel"}, "features reads audio, but no column of that kind .*set audio to none"),
        ({"vectors": ["x"]}, r"features reads vector x, .*set vector to \[\]"),
        ({"attributes": True, "sides": "users"}, "features reads attributes, .* on side 'users'"),
    ],
)
def test_what_no_table_has_is_answered_with_a_sentence(tmp_path: Path, asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        bank_of(tmp_path).select(spec(**asked))


def test_the_best_architecture_names_its_weights(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="the extra `text` is not installed")
    from tests.features import tiny_models as tiny

    source = tiny.make(tiny.bert, tmp_path / "model")
    reading = Trained.model_validate({"features": {"text": {"hf-text": {"source": source}}}})
    pinned = bank_of(tmp_path).pinned(reading)
    assert pinned.identity == reading.identity
    text = pinned.read.text
    assert isinstance(text, HuggingFaceText)
    assert text.sha256 is not None
    assert len(text.sha256) == 64
    assert Trained.model_validate(pinned.written()) == pinned
    other = text.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(DataError, match="the architecture was made with weights 000000000000…"):
        bank_of(tmp_path).select(pinned.features.model_copy(update={"text": other}))
    assert bank_of(tmp_path).pinned(Trained()) == Trained()
