"""Forward, backward and update of every operator.

Against (a) PyG's layer with `edge_index`, normalisations computed beforehand where the layer allows it, (b) the same
layer with autograd over `torch.sparse` CSR, and (c) the time in which memory moves what the step must move, from a
copy and a gather measured on the spot: every sparse product reads one row of embeddings an entry.
"""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import nn

from benchmarks import common
from benchmarks.pyg_layers import PYG
from gnas.config.propagation import GAT, GCN, GIN, NGCF, SAGE, GATv2, GraphTransformer, Layered, LightGCN
from gnas.graph.bipartite import Graph, build_graph
from gnas.nn.ops.layer import Layer
from gnas.rng import torch_rng


@dataclass(frozen=True)
class Case:
    """An operator; `gathers`: passes over the entries that read a row each, forward and backward together."""

    spec: Layered
    gathers: int
    linear: bool

    @property
    def name(self) -> str:
        """The operator and what differs from its defaults."""
        parts = [f"{name}={value}" for name, value in self.spec.model_dump(exclude_defaults=True).items()]
        return " ".join([self.spec.kind, *parts])


CASES = [
    Case(LightGCN(), 2, True),
    Case(GCN(), 2, True),
    Case(NGCF(), 2, True),
    Case(SAGE(), 2, True),
    Case(SAGE(aggregate="sum"), 2, True),
    Case(SAGE(aggregate="max"), 2, False),
    Case(GIN(), 2, True),
    Case(GAT(), 3, False),
    Case(GATv2(), 6, False),
    Case(GraphTransformer(), 6, False),
    Case(GraphTransformer(heads=4), 6, False),
]


class Plain(nn.Module):
    """One of our layers with autograd over a torch CSR tensor in place of our product."""

    def __init__(self, layer: Layer, graph: Graph) -> None:
        super().__init__()
        self.layer = layer
        self.matrix = _Autograd(graph.interactions.adjacency(*layer.weighing).csr)

    def forward(self, x_ND: torch.Tensor) -> torch.Tensor:
        """From [N, D] to [N, D]."""
        return self.layer(x_ND, self.matrix)  # type: ignore[no-any-return]


class _Autograd:
    def __init__(self, csr: torch.Tensor) -> None:
        self.csr = csr

    def matmul(self, x_ND: torch.Tensor) -> torch.Tensor:
        return self.csr @ x_ND


class Ours(nn.Module):
    """One of our layers without edge dropout."""

    def __init__(self, layer: Layer, graph: Graph) -> None:
        super().__init__()
        self.layer = layer
        self.matrix = graph.interactions.adjacency(*layer.weighing)

    def forward(self, x_ND: torch.Tensor) -> torch.Tensor:
        """From [N, D] to [N, D]."""
        return self.layer(x_ND, self.matrix)  # type: ignore[no-any-return]


def step_of(layers: list[nn.Module], graph: Graph, dim: int) -> Callable[[], None]:
    """One training step: all layers, the gradient of a fixed linear function of the result, Adam."""
    generator = torch.Generator(graph.device).manual_seed(0)
    x_ND, weight_ND = (torch.randn(graph.n_nodes, dim, device=graph.device, generator=generator) for _ in range(2))
    table = nn.Parameter(x_ND * 0.1)
    parameters = [table, *(p for layer in layers for p in layer.parameters())]
    optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        out = table
        for layer in layers:
            out = layer(out)
        torch.autograd.backward(out, weight_ND)
        optimizer.step()

    return step


def bound(graph: Graph, dim: int, repeats: int) -> dict[str, float]:
    """Seconds for a copy of the embeddings, and for reading a row of them an entry of the adjacency."""
    column = torch.split(graph.interactions.links.pattern.column, 4096 if graph.device.type == "cpu" else 2**22)
    x_ND, other_ND = (torch.ones(graph.n_nodes, dim, device=graph.device) for _ in range(2))
    buffer = torch.empty(len(column[0]), dim, device=graph.device)

    def gather() -> None:
        for part in column:
            torch.index_select(x_ND, 0, part, out=buffer[: len(part)])

    return common.fastest({"copy": lambda: other_ND.copy_(x_ND), "gather": gather}, 3 * repeats, graph.device)


def measure(case: Case, graph: Graph, dim: int, depth: int, repeats: int, least: dict[str, float]) -> dict[str, Any]:
    """Seconds of one step, ours and the others', and their ratios."""
    device = graph.device

    def layers(wrap: Callable[[Layer, Graph], nn.Module]) -> list[nn.Module]:
        return [wrap(case.spec.build(dim, torch_rng("cpu", 0)).to(device), graph) for _ in range(depth)]

    steps = {"ours": step_of(layers(Ours), graph, dim)}
    if case.linear:
        steps["csr"] = step_of(layers(Plain), graph, dim)
    steps["pyg"] = step_of([PYG[case.spec.kind](case.spec, dim, graph).to(device) for _ in range(depth)], graph, dim)
    times = common.typical(steps, repeats, device)
    passes = depth * case.gathers * (least["gather"] + least["copy"] / 2) + 3.5 * least["copy"]
    row = {"op": case.name, **{f"{name}_s": value for name, value in times.items()}, "bound_s": passes}
    row |= {f"{name}_over_ours": times[name] / times["ours"] for name in times if name != "ours"}
    return {**row, "ours_over_bound": times["ours"] / passes}


def table(rows: list[dict[str, Any]], title: str) -> Table:
    """The figures for a person."""
    made = Table(title=title)
    made.add_column("operator")
    for heading in ("ours ms", "csr ms", "PyG ms", "bound ms", "PyG / ours", "csr / ours", "ours / bound"):
        made.add_column(heading, justify="right")
    for row in rows:
        times = [f"{1e3 * row[k]:.1f}" if k in row else "" for k in ("ours_s", "csr_s", "pyg_s", "bound_s")]
        ratios = [f"{row[k]:.1f}×" if k in row else "" for k in ("pyg_over_ours", "csr_over_ours", "ours_over_bound")]
        made.add_row(row["op"], *times, *ratios)
    return made


def main(arguments: list[str]) -> None:
    """Measure, print, write."""
    options = common.parser("step", "Forward, backward and update of every operator.")
    options.add_argument("--dim", type=int, default=64)
    options.add_argument("--depth", type=int, default=2, help="layers (default: 2)")
    options.add_argument("--huge-pages", action="store_true", help="let torch allocate huge pages")
    options.add_argument("--op", action="append", help="only operators of this name; may be repeated")
    given = options.parse_args(arguments)
    torch.set_num_threads(given.threads)
    device = torch.device(given.device)
    graph = build_graph(common.interactions(given.data), device)
    console = Console(width=110)
    least = bound(graph, given.dim, given.repeats)
    row_bytes = 2 * 4 * given.dim  # read once, written once
    rates = {
        "copy": graph.n_nodes * row_bytes / least["copy"],
        "gather": 2 * graph.n_interactions * row_bytes / least["gather"],
    }
    console.print(f"a copy moves {rates['copy'] / 1e9:,.0f} GB/s, a gather {rates['gather'] / 1e9:,.0f} GB/s")
    rows = []
    for case in CASES:
        if given.op and case.spec.kind not in given.op:
            continue
        rows.append(measure(case, graph, given.dim, given.depth, given.repeats, least))
        console.print(f"{case.name}: {1e3 * rows[-1]['ours_s']:.1f} ms", style="dim")
        gc.collect()
    size = {"users": graph.n_users, "items": graph.n_items, "interactions": graph.n_interactions}
    setting = {"dim": given.dim, "depth": given.depth, "data": str(given.data or "synthetic")}
    console.print(
        table(rows, f"One step, {given.depth} layers, dim {given.dim}, {graph.n_interactions:,} interactions")
    )
    common.write(
        given.out, {"machine": common.machine(device), "graph": size, "setting": setting, **least, "rows": rows}
    )
    console.print(f"written to {given.out}")
