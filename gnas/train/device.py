"""The device that a user names."""

import torch

from gnas.errors import DeviceError


def resolve_device(name: str) -> torch.device:
    """The device that a user names: `auto` (the first CUDA device, else the CPU), `cpu`, `cuda` or `cuda:1`.

    Raises:
        DeviceError: no such device here, or no device of that name.
    """
    n_cuda = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return torch.device("cuda:0" if n_cuda else "cpu")
    if name == "cpu":
        return torch.device("cpu")
    kind, colon, number = name.partition(":")
    if kind != "cuda" or (colon and not number.isdecimal()):
        raise DeviceError(f"device {name!r} is not known; write auto, cpu, cuda or cuda:1")
    if int(number or 0) >= n_cuda:
        raise DeviceError(f"device {name} was asked for, but {_found(n_cuda)}; take `--device auto`")
    return torch.device("cuda", int(number or 0))


def _found(n_cuda: int) -> str:
    if n_cuda:
        return f"the CUDA devices here are {', '.join(f'cuda:{index}' for index in range(n_cuda))}"
    reason = "this build of torch is for the CPU" if torch.version.cuda is None else "no GPU was found"
    return f"there is no CUDA device here, only the CPU ({reason})"
