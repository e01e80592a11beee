"""`python -m benchmarks NAME …`: run one benchmark; `python -m benchmarks NAME --help` says what it takes."""

import importlib
import os
import sys

BENCHMARKS = {
    "ingredients": "what makes candidates strong: each ingredient with and without, on several data sets and seeds",
    "inherit": "whether candidates that inherit embeddings rank as those that start afresh",
    "behaviours": "what each behaviour is worth to closed forms: in the matrix, as a bonus, each left out",
    "closed-forms": "what a closed form costs on large data, and how near an approximated item graph is",
    "contrast": "what a contrastive term adds to a training step",
    "epoch": "LightGCN with BPR as in the literature against PyG's loop of the same",
    "evaluate": "full-ranking metrics against the bare matrix product and a loop over users",
    "pruning": "what pruners lose and save, replayed over recorded learning curves",
    "quality-time": "validation and test over wall seconds, for trained candidates, closed forms and baselines",
    "validation-time": "what share of a training goes into validation, after every epoch and on schedule",
    "validation-users": "how well a draw of the validation users ranks candidates, by its size",
    "sampled": "training on drawn neighbourhoods against the whole graph: quality, seconds, memory",
    "search": "whole searches: winner against every baseline on test, beside published figures",
    "scale": "synthetic graphs of 1 to 30 million interactions: seconds and bytes an interaction",
    "features": "what text, pictures and attributes are worth on MovieLens 100K, for known and new films",
    "strategies": "search strategies on tables of known answers, nothing being trained",
    "step": "forward, backward and update of every operator against PyG and torch.sparse",
}
"""Name of the module in this folder, which has a `main(arguments)`, and what it measures."""


def main(arguments: list[str]) -> int:
    """Run the benchmark that is named first."""
    if not arguments or arguments[0] not in BENCHMARKS:
        lines = [f"  {name:12} {what}" for name, what in sorted(BENCHMARKS.items())]
        print("\n".join(["usage: python -m benchmarks NAME [options]", "", *lines]), file=sys.stderr)
        return 2
    if "--huge-pages" in arguments:
        os.environ["THP_MEM_ALLOC_ENABLE"] = "1"  # read when torch first allocates
    importlib.import_module(f"benchmarks.{arguments[0].replace('-', '_')}").main(arguments[1:])
    return 0


sys.exit(main(sys.argv[1:]))
