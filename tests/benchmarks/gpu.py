"""`python -m tests.benchmarks.gpu`: what a GPU buys; writes docs/benchmarks-gpu.md.

Every family against the CPU of the same machine, and whether both draw the same pictures.
"""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import torch

from engines import inpaint
from engines.checkpoints.devices import choose, describe
from engines.data.examples import pictures
from engines.model import Model, SampleRequest, finish
from engines.opening import open_model
from tests import foreign
from tests.benchmarks.table import hardware

FAMILIES = (
    "vae",
    "gan",
    "flow",
    "autoregressive",
    "any-order",
    "diffusion",
    "latent-diffusion",
    "energy",
)
_MANY, _DRAWS = 256, 8
_HEAD = """# Benchmarks on a GPU

Look up here how fast each family is on a GPU, and whether it gives the same pictures as on a CPU.

Written by `python -m tests.benchmarks.gpu` on {day}, on {device}, beside {hardware}. Milliseconds,
the best of three; the CPU's are those of all its cores. "Same" is the share of pixels of 16
pictures of one seed that differ by at most one level between GPU and CPU: one-pass families agree
everywhere, long chains multiply the last bit.

| model | 16 pictures | CPU | 256 pictures | same | one decode | 8 fills |
|---|---|---|---|---|---|---|
"""


def main() -> None:
    """Measure everything; the table is written anew after every line."""
    device = describe(choose("cuda")).partition(",")[0]
    text = _HEAD.format(day=date.today(), device=device, hardware=hardware())
    for of in (*(partial(_line, f"mnist/{family}") for family in FAMILIES), _large):
        line = of()
        print(line, flush=True)
        text += f"{line}\n"
        Path("docs/benchmarks-gpu.md").write_text(text, encoding="utf-8")


def _line(name: str) -> str:
    gpu, cpu = open_model(name, "cuda"), open_model(name, "cpu")
    few, here, many = _sampling(gpu, 16), _sampling(cpu, 16, runs=1), _sampling(gpu, _MANY)
    pair = [finish(m.sample(SampleRequest(16, 7, (0, 1, 2)))) for m in (gpu, cpu)]
    same = ((pair[0] - pair[1]).abs() <= 1.01 * 2 / 255).double().mean().item()
    return (
        f"| {name} | {few:.0f} | {here:.0f} | {many:.0f} | {100 * same:.2f} % | {_decoding(gpu)} | "
        f"{_filling(gpu)} |"
    )


def _sampling(model: Model, count: int, runs: int = 3) -> float:
    return _best(lambda: finish(model.sample(SampleRequest(count, 7, (0, 1, 2)))), runs)


def _decoding(model: Model) -> str:
    """What a slider waits for."""
    if model.latents is None:
        return "–"
    z, label = torch.randn(1, *model.latents.shape), torch.zeros(1, dtype=torch.int64)
    decode = model.latents.decode
    return f"{_best(lambda: finish(decode(z, label))):.1f}"


def _filling(model: Model) -> str:
    """Draws of the left half of a test picture by the default method."""
    method = inpaint.methods_for(model)[0]
    level = torch.from_numpy(pictures("mnist").levels[0, :, :, 0].copy())
    picture = level[None] / 127.5 - 1
    known = (torch.arange(28) >= 14).expand(28, 28)
    return f"{_best(lambda: finish(method.run(model, picture, known, _DRAWS, 1)), 2):.0f}"


def _large() -> str:
    """A network of the size of Stable Diffusion 1.5 with random weights: 512², 20 steps.

    Then with so little memory that not every picture fits at once.
    """
    with tempfile.TemporaryDirectory() as empty:
        folder = Path(os.environ.get("GENSCOPE_LARGE", empty)) / "m"
        if not folder.exists():
            foreign.stable_diffusion_1_5(folder)
        began = time.perf_counter()
        model = open_model(str(folder), "cuda")
        opened = time.perf_counter() - began
    torch.cuda.reset_peak_memory_stats()
    request = SampleRequest(4, 1, knobs={"steps": 20})
    took = _best(lambda: finish(model.sample(request)), 1) / 1000
    most, held = (
        b / 2**30 for b in (torch.cuda.max_memory_allocated(), torch.cuda.memory_allocated())
    )
    method = inpaint.methods_for(model)[0]
    picture, known = torch.zeros(3, 512, 512), torch.ones(512, 512, dtype=torch.bool)
    known[128:384, 128:384] = False
    fill = _best(lambda: finish(method.run(model, picture, known, 1, 1, {"steps": 20})), 1)
    torch.cuda.empty_cache()
    # room for the weights and about half of what the four pictures took beside them
    total = torch.cuda.mem_get_info()[1] / 2**30
    torch.cuda.set_per_process_memory_fraction((held + 0.5 * (most - held)) / total)
    began = time.perf_counter()
    note = {step.note: None for step in model.sample(request) if step.note}
    short = time.perf_counter() - began
    return (
        f"\nA network of the size of Stable Diffusion 1.5 (random weights, two calls a step): "
        f"opened in {opened:.1f} s; 4 pictures of 512², 20 steps, {took:.2f} s, at most "
        f"{most:.1f} GiB; with memory for half of what they took, {short:.2f} s "
        f"({list(note)[-1]}); one fill by {method.name} {fill / 1000:.2f} s."
    )


def _best(act: Callable[[], object], runs: int = 3) -> float:
    """Shortest of several runs after a first one that warms up, in ms."""
    act()
    best = math.inf
    for _ in range(runs):
        torch.cuda.synchronize()
        start = time.perf_counter()
        act()
        torch.cuda.synchronize()
        best = min(best, 1000 * (time.perf_counter() - start))
    return best


if __name__ == "__main__":
    main()
