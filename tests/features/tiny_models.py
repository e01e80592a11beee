"""Tiny models with random weights, saved as Hugging Face saves them."""

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers as hf
from tokenizers import Tokenizer, models, pre_tokenizers, processors

SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}


def save(model: Any, folder: Path, *parts: Any) -> Path:
    """Write the model and its processors."""
    model.save_pretrained(folder)
    for part in parts:
        part.save_pretrained(folder)
    return folder


def letters(names: list[str], **options: Any) -> Any:
    """A tokenizer of letters whose texts start and end with a mark."""
    marks = ["<pad>", "<s>", "</s>", "<unk>"]
    vocabulary = {token: at for at, token in enumerate([*marks, *string.ascii_lowercase, *string.digits])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **{"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"},
        model_input_names=names,
        **options,
    )


MASKED = ["input_ids", "attention_mask"]
TEXT: dict[str, Any] = {**SMALL, "vocab_size": 40, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
VISION: dict[str, Any] = {**SMALL, "image_size": 32, "patch_size": 8}


def bert(folder: Path) -> Path:
    return save(hf.BertModel(hf.BertConfig(**TEXT)), folder, letters(MASKED, model_max_length=60))


def gpt2(folder: Path) -> Path:
    config = hf.GPT2Config(
        vocab_size=40, n_positions=64, n_embd=32, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=2
    )
    return save(hf.GPT2Model(config), folder, letters(MASKED))


def t5(folder: Path) -> Path:
    config = hf.T5Config(
        vocab_size=40, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, decoder_start_token_id=0
    )
    return save(hf.T5Model(config), folder, letters(MASKED))


def clip(folder: Path) -> Path:
    config = hf.CLIPConfig(text_config={**TEXT, "max_position_embeddings": 30}, vision_config=VISION, projection_dim=16)
    processor = hf.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    return save(hf.CLIPModel(config), folder, letters(MASKED, model_max_length=30), processor)


def siglip(folder: Path) -> Path:
    text = {**TEXT, "max_position_embeddings": 30, "projection_size": 32}
    config = hf.SiglipConfig(text_config=text, vision_config=VISION)
    processor = hf.SiglipImageProcessorPil(size={"height": 32, "width": 32})
    return save(hf.SiglipModel(config), folder, letters(["input_ids"], model_max_length=30), processor)


def dinov2(folder: Path) -> Path:
    processor = hf.BitImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    return save(hf.Dinov2Model(hf.Dinov2Config(**{**VISION, "mlp_ratio": 2})), folder, processor)


def vit(folder: Path) -> Path:
    processor = hf.ViTImageProcessorPil(size={"height": 32, "width": 32})
    return save(hf.ViTForImageClassification(hf.ViTConfig(**VISION)), folder, processor)


def resnet(folder: Path) -> Path:
    config = hf.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic")
    processor = hf.ConvNextImageProcessorPil(size={"shortest_edge": 32})
    return save(hf.ResNetModel(config), folder, processor)


def wav2vec2(folder: Path) -> Path:
    config = hf.Wav2Vec2Config(
        **SMALL,
        **{"conv_dim": [16, 16], "conv_kernel": [10, 8], "conv_stride": [5, 4], "num_feat_extract_layers": 2},
        **{"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4},
    )
    extractor = hf.Wav2Vec2FeatureExtractor(return_attention_mask=False)
    return save(hf.Wav2Vec2Model(config), folder, extractor)


def ast(folder: Path) -> Path:
    config = hf.ASTConfig(**SMALL, max_length=128, num_mel_bins=32)
    return save(hf.ASTModel(config), folder, hf.ASTFeatureExtractor(max_length=128, num_mel_bins=32))


def whisper(folder: Path) -> Path:
    config = hf.WhisperConfig(
        **{"d_model": 32, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 4},
        **{"decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "vocab_size": 40},
        **{"num_mel_bins": 32, "max_source_positions": 100, "max_target_positions": 20},
        **{"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1},
    )
    return save(hf.WhisperModel(config), folder, hf.WhisperFeatureExtractor(feature_size=32, chunk_length=2))


def clap(folder: Path) -> Path:
    audio = {
        **{"spec_size": 64, "num_mel_bins": 16, "patch_size": 4, "patch_stride": [4, 4], "window_size": 4},
        **{"patch_embeds_hidden_size": 16, "hidden_size": 32, "depths": [1, 1], "num_attention_heads": [2, 2]},
        **{"num_hidden_layers": 2, "enable_fusion": False},
    }
    config = hf.ClapConfig(text_config={**TEXT, "pad_token_id": 0}, audio_config=audio, projection_dim=16)
    extractor = hf.ClapFeatureExtractor(
        feature_size=16, max_length_s=2, hop_length=480, fft_window_size=1024, truncation="rand_trunc"
    )
    return save(hf.ClapModel(config), folder, letters(MASKED, model_max_length=40), extractor)


TEXT_MODELS: dict[str, Callable[[Path], Path]] = {
    "bert": bert,
    "gpt2": gpt2,
    "t5": t5,
    "clip": clip,
    "siglip": siglip,
    "clap": clap,
}
IMAGE_MODELS = {"clip": clip, "siglip": siglip, "dinov2": dinov2, "vit": vit, "resnet": resnet}
AUDIO_MODELS = {"wav2vec2": wav2vec2, "ast": ast, "whisper": whisper, "clap": clap}


def make(build: Callable[[Path], Path], folder: Path) -> str:
    """A directory with the model, the same weights every time, torch's own random state untouched."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return str(build(folder))
