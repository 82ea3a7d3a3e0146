"""Adam with decoupled weight decay in a few calls of torch (Loshchilov & Hutter 2019, algorithm 2).

The steps are those of torch.optim.AdamW(fused=True), bit by bit, and so is the state. That class
takes as long for its bookkeeping as the step of a small network does, and brings in torch's
compiler: more than two seconds before the first step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

_EPSILON = 1e-8
_NEAR_ZERO = 1e-6
"""What torch.nn.utils.clip_grad_norm_ adds to the norm."""


class Adam:
    """Moments of the gradients of `parameters`; `rate` and `betas` may change between steps."""

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        rate: float,
        betas: tuple[float, float],
        decay: float = 0.0,
    ) -> None:
        self.parameters = list(parameters)
        self.rate, self.betas, self._decay = rate, betas, decay
        self._begin()

    def _begin(self) -> None:
        self._means = [torch.zeros_like(p) for p in self.parameters]
        self._squares = [torch.zeros_like(p) for p in self.parameters]
        self._steps = [torch.zeros((), device=p.device) for p in self.parameters]

    def slopes(self, loss: Tensor) -> list[Tensor]:
        """The gradients of a loss, in the order of the parameters: tensors of their own, laid out
        in memory as the parameters are, which torch.autograd.grad does not promise.
        """
        for parameter in self.parameters:
            parameter.grad = None
        torch.autograd.backward(loss, inputs=self.parameters)
        found = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        for parameter in self.parameters:
            parameter.grad = None
        return found

    @torch.no_grad()
    def step(self, slopes: list[Tensor]) -> None:
        """One update by the gradients of the parameters, in their order."""
        torch._foreach_add_(self._steps, 1)
        torch._fused_adamw_(
            self.parameters,
            slopes,
            self._means,
            self._squares,
            [],
            self._steps,
            lr=self.rate,
            beta1=self.betas[0],
            beta2=self.betas[1],
            weight_decay=self._decay,
            eps=_EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def state_dict(self) -> dict[str, Any]:
        """In the form of torch's optimisers."""
        rows = zip(self._steps, self._means, self._squares, strict=True)
        names = ("step", "exp_avg", "exp_avg_sq")
        begun = bool(self._steps) and bool(self._steps[0])
        return {"state": {i: dict(zip(names, r, strict=True)) for i, r in enumerate(rows) if begun}}

    @torch.no_grad()
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over moments, those of torch.optim.Adam and AdamW too."""
        self._begin()
        for i, kept in state["state"].items():
            self._steps[i].copy_(kept["step"])
            self._means[i].copy_(kept["exp_avg"])
            self._squares[i].copy_(kept["exp_avg_sq"])


@torch.no_grad()
def clipped(slopes: list[Tensor], limit: float) -> Tensor:
    """Shorten gradients in place so that their norm is at most `limit`; the norm before."""
    norm: Tensor = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(slopes)))
    torch._foreach_mul_(slopes, (limit / (norm + _NEAR_ZERO)).clamp(max=1.0))
    return norm
