import subprocess
import sys

import numpy as np
import torch

from gnas.rng import derive_seed, numpy_rng, torch_rng


def test_a_stream_is_the_same_every_time_and_in_every_process() -> None:
    code = "from gnas.rng import derive_seed; print(derive_seed(7, 'split', 3))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(other.stdout) == derive_seed(7, "split", 3)


def test_streams_differ_by_seed_name_and_depth() -> None:
    seeds = [derive_seed(0), derive_seed(1), derive_seed(0, "a"), derive_seed(0, "b"), derive_seed(0, "a", 0)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_numpy_streams_repeat_and_do_not_follow_one_another() -> None:
    first, again, other = (numpy_rng(0, name).random(1000) for name in ("a", "a", "b"))
    assert np.array_equal(first, again)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.1


def test_torch_streams_repeat_and_leave_the_global_one_alone() -> None:
    before = torch.random.get_rng_state()
    first = torch.rand(10, generator=torch_rng("cpu", 0, "init"))
    again = torch.rand(10, generator=torch_rng("cpu", 0, "init"))
    assert torch.equal(first, again)
    assert torch.equal(before, torch.random.get_rng_state())
