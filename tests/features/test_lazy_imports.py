import subprocess
import sys

HEAVY = (
    *("torch", "transformers", "tokenizers", "PIL", "soundfile", "huggingface_hub", "peft"),
    "efficientnet_lite_pytorch",
)


def test_libraries_stay_unimported_until_they_are_needed() -> None:
    """Configuration leaves torch out; tables, encoders and their cache leave every library of models out."""
    code = (
        "import sys, gnas.config.architecture, gnas.config.tables\n"
        f"early = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "import gnas.features.bank, gnas.features.describe, gnas.features.encoders\n"
        "from gnas.config.encoders import TfIdf\n"
        "TfIdf(dim=1, min_count=1).build(['a word']).encode(['word'])\n"
        f"late = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "print(early, late)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] []\n"
