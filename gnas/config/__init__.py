"""What users write: strict, frozen pydantic models and the YAML loader. Nothing here imports torch or optuna."""
