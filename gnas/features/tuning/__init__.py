"""Encoders of Hugging Face with gradients: their last layers, or low-rank additions to all of them."""
