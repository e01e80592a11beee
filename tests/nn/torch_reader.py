"""The reader of tokens by torch's own layers, one row at a time."""

import torch

from gnas.nn.reader import ReaderLayer, TokenReader
from gnas.rng import torch_rng


def disturbed(module: torch.nn.Module) -> None:
    """Every parameter away from its start, where layers do nothing."""
    with torch.no_grad():
        for at, parameter in enumerate(module.parameters()):
            parameter.add_(torch.randn(parameter.shape, generator=torch_rng("cpu", at)) * 0.3)


def by_torch(reader: TokenReader, token_TD: torch.Tensor) -> torch.Tensor:
    """One row by `nn.TransformerEncoderLayer`, which computes what becomes of every token."""
    dim = token_TD.shape[1]
    x_TD = reader.norm(token_TD)
    x_TD = torch.cat([(reader.start_D + x_TD.mean(0))[None], x_TD])
    for ours in reader.layers:
        assert isinstance(ours, ReaderLayer)
        theirs = torch.nn.TransformerEncoderLayer(
            dim, ours.heads, 2 * dim, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )  # fmt: skip
        attention = [ours.query, ours.key, ours.value]
        assert ours.query.bias is not None
        assert ours.value.bias is not None
        assert ours.first.bias is not None
        biases = [ours.query.bias, torch.zeros(dim), ours.value.bias]
        theirs.self_attn.in_proj_weight.data = torch.cat([part.weight for part in attention])
        theirs.self_attn.in_proj_bias.data = torch.cat(biases)
        theirs.self_attn.out_proj.weight.data = ours.mix_DD.data
        theirs.self_attn.out_proj.bias.data.zero_()
        theirs.linear1.weight.data, theirs.linear1.bias.data = ours.first.weight.data, ours.first.bias.data
        theirs.linear2.weight.data = ours.last_DH.data
        theirs.linear2.bias.data.zero_()
        for mine, other in ((ours.norm, theirs.norm1), (ours.second_norm, theirs.norm2)):
            other.load_state_dict(mine.state_dict())
        x_TD = theirs(x_TD[None])[0]
    out: torch.Tensor = reader.out_OD @ reader.last_norm(x_TD[0])
    return out
