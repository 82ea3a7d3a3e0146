"""The parts of a model beside samples, density and latents: its machinery, by what it can do.

Each is a protocol: what in-painting methods, maps, latents and tasks need of it, and no more. A
family gives the parts that it has as fields of its `Model`, and **the part is the permission**:
whoever needs one asks whether it is there, never which family it is. A plug-in's part may be any
object with these members.

`labels` (n,) int64 are class indices, `len(card.labels)` for any class; of a model with several
attributes they are (n, attributes). Knows nothing of models; imports torch for types only.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Noise(Protocol):
    """The random streams of some draws, as `engines.noise.Streams`: (draws, *shape) each."""

    def __len__(self) -> int: ...
    def uniform(self, *shape: int) -> Tensor: ...
    def normal(self, *shape: int) -> Tensor: ...


@runtime_checkable
class Denoise(Protocol):
    """A denoiser of the data, D(y; σ, c) = E[y₀ | y₀ + σ ε, c], in coordinates y of its own.

    There data have mean 0 and standard deviation 0.5. Pictures enter as u in (0, 1), where level k
    of 256 is the cell k/256 … (k + 1)/256, and number by number; points in data units.
    """

    @property
    def device(self) -> torch.device: ...
    @property
    def span(self) -> tuple[float, float]:
        """The least and the greatest σ that it knows."""

    def denoise(self, y: Tensor, sigma: float, labels: Tensor) -> Tensor:
        """D (n, …) of noisy y (n, …) on the device."""

    def enter(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Coordinates y (n, …) of x on the device, and log |dy/dx| (n,)."""

    def leave(self, y: Tensor) -> Tensor:
        """The inverse of `enter`: (n, …)."""


@runtime_checkable
class Sloped(Denoise, Protocol):
    """A denoiser that has a faster way to the divergence than one gradient for each axis."""

    def slopes(
        self, w: Tensor, sigma: float, label: Tensor, *, divergence: bool = True
    ) -> tuple[Tensor, Tensor]:
        """F(w; σ) (n, D) of Karras et al. 2022, equation 7, for one class (1,), and ∇ · F (n,).

        Without the divergence, zeros for it.
        """


@runtime_checkable
class Conditionals(Protocol):
    """p(symbol of a place | symbols of other places, c), of data that are places with symbols.

    Pixels with their levels, letters of a text. With `any_order` any places may be known; without,
    those before the asked one in the order of the places are.
    """

    @property
    def device(self) -> torch.device: ...
    @property
    def symbols(self) -> int:
        """How many symbols a place may have: 0 … symbols − 1."""

    @property
    def any_order(self) -> bool: ...

    def indices(self, x: Tensor) -> Tensor:
        """The symbols (n, places) int64 of examples x (n, …), where x is."""

    def examples(self, symbols: Tensor) -> Tensor:
        """Examples (n, …) on the CPU of symbols (n, places)."""

    def logits(self, symbols: Tensor, known: Tensor, place: Tensor, labels: Tensor) -> Tensor:
        """Of places `place` (n, k), given `symbols` where `known` (n, places): (n, k, symbols).

        What stands in `symbols` at other places does not matter. The answer is where `symbols` are,
        which need not be the device; labels are on the device. In a given order nobody looks at
        `known`: the places before the asked one are.
        """


class Reading(Protocol):
    """Rows of symbols that are read in order, with what is kept of those that were read."""

    def following(self, symbols: Tensor, place: int) -> Tensor:
        """Logits (rows, symbols) of a place, given the symbols (rows, places) before it."""

    def log_p(self, symbols: Tensor, places: range) -> Tensor:
        """Σ log p of the symbols at these places, given those before each: (rows,) float64."""

    def take(self, rows: Tensor) -> None:
        """Go on with these rows."""


@runtime_checkable
class Reads(Conditionals, Protocol):
    """Conditionals in a given order that go faster where they keep what they have read."""

    @property
    def rows(self) -> int:
        """How many rows may be kept at once."""

    def reading(self, labels: Tensor) -> Reading:
        """From the start, for as many rows as there are labels."""


class Line(Protocol):
    """Distributions on the line, one for each row."""

    def quantile(self, z: Tensor) -> Tensor:
        """Where the distribution function is Φ(z): (n,) to (n,)."""

    def log_density(self, y: Tensor) -> Tensor:
        """Nats: (n,) to (n,)."""


@runtime_checkable
class Axes(Protocol):
    """p(y_k | other coordinates, c) of points, in coordinates y of its own.

    Without `any_order` the coordinates before the asked one are known; with it any may be, and an
    example is drawn forth or back with equal chances, so that its density is the mean of both.
    """

    @property
    def device(self) -> torch.device: ...
    @property
    def dims(self) -> int: ...
    @property
    def any_order(self) -> bool: ...

    def enter(self, x: Tensor) -> Tensor:
        """Coordinates of points x (n, D), each of its own axis."""

    def leave(self, y: Tensor) -> Tensor:
        """The inverse of `enter`."""

    def along(self, y: Tensor, known: Tensor, labels: Tensor, axis: int) -> Line:
        """Of y_axis given the known ones: y (n, D) on the device, known (n or 1, D) bool."""


@runtime_checkable
class Energy(Protocol):
    """−log p(x | c) up to a constant for each class, with its slope.

    `sigma_max` and `sigma_min` are the noise levels that it knows, in data scale; both 0 where no
    noise comes into it. At `sigma_min` it is the model's own density.
    """

    @property
    def sigma_max(self) -> float: ...
    @property
    def sigma_min(self) -> float: ...

    def of(self, x: Tensor, labels: Tensor | None, sigma: float, /) -> tuple[Tensor, Tensor]:
        """E (n,) in nats and ∇E (n, …) of x (n, …) on the CPU under noise of deviation `sigma`."""


@runtime_checkable
class Decoder(Protocol):
    """p(x | z, c) for codes z (n, K): a `view` of z holds its parameters, in any form."""

    @property
    def device(self) -> torch.device: ...
    @property
    def latent(self) -> int:
        """K."""

    def view(self, z: Tensor, labels: Tensor) -> Tensor:
        """Parameters (n, …) of p(x | z, c)."""

    def log_p(self, view: Tensor, x: Tensor, where: Tensor) -> Tensor:
        """log p(x | z) (n,) of the places `where`, bool of the shape of an example, alone.

        Given z the places are independent of each other; x is (n, …).
        """

    def expected(self, view: Tensor) -> Tensor:
        """E[x | z] (n, …)."""

    def drawn(self, view: Tensor, noise: Noise) -> Tensor:
        """x ~ p(x | z), one for each stream: (n, …)."""


@runtime_checkable
class Posterior(Decoder, Protocol):
    """A decoder with the prior p(z | c) of its codes, and an encoder q(z | x, c), a Gaussian."""

    def encoder(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log standard deviation of q(z | x, c): (n, K) each."""

    def log_prior(self, z: Tensor, labels: Tensor) -> Tensor:
        """log p(z | c) (n,)."""

    def from_prior(self, e: Tensor, labels: Tensor) -> Tensor:
        """z ~ p(z | c) of standard normal e, a bijection: (n, K)."""

    def to_prior(self, z: Tensor, labels: Tensor) -> Tensor:
        """Its inverse."""


@runtime_checkable
class Pixelwise(Posterior, Protocol):
    """A posterior of pictures that tells what each pixel costs."""

    def log_pixels(self, view: Tensor, x: Tensor) -> Tensor:
        """log P(x_i | z) (n, H, W) of pictures x (n, C, H, W)."""


@runtime_checkable
class Decoded(Protocol):
    """x ~ p(x | z, c) of codes z that another model draws."""

    @property
    def decoder(self) -> Decoder: ...
    @property
    def prior(self) -> Any:
        """The `Model` of z: points (K,)."""


@runtime_checkable
class Generator(Protocol):
    """x = G(z, c) of standard normal z (n, K), and no density.

    Where there are classes, codes of the model's latents end with one more number e, which draws
    the class: c = `pick`(Φ(e)).
    """

    @property
    def device(self) -> torch.device: ...
    @property
    def latent(self) -> int:
        """K."""

    @property
    def unit(self) -> Tensor:
        """What a distance from G(z, c) is measured in, of an example's shape: 1 for pictures."""

    def generate(self, z: Tensor, labels: Tensor) -> Tensor:
        """G(z, c) (n, …) on the device; gradients pass."""

    def pick(self, u: Tensor) -> Tensor:
        """c ~ p(c) of uniforms u (n,): (n,), all 0 where there are no classes."""


@runtime_checkable
class Blends(Generator, Protocol):
    """A generator that knows what lies between two classes."""

    def blend(self, z: Tensor, share: Tensor) -> abc.Generator[Any, None, Tensor]:
        """A run to G(z, c) for classes mixed in these shares (n, classes)."""


@runtime_checkable
class Bijection(Protocol):
    """z = f(x, c) with z ~ N(0, I), x on the device: points, or pictures u in (0, 1)."""

    @property
    def device(self) -> torch.device: ...

    def to_noise(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """z (n, D) and log |dz/dx| (n,); gradients pass."""

    def from_noise(self, z: Tensor, labels: Tensor) -> Tensor:
        """The inverse: (n, …)."""


@runtime_checkable
class Layered(Bijection, Protocol):
    """A bijection of points whose layers can be followed one by one."""

    @property
    def layers(self) -> int:
        """How many it has; 0 where they are not known."""

    def log_p_after(self, x: Tensor, labels: Tensor, count: int) -> Tensor:
        """log p (n,) of points after the first `count` layers from the noise on."""


@runtime_checkable
class Components(Protocol):
    """A mixture whose conditional p(x_m | x_o) is a mixture too, in closed form."""

    @property
    def conditional_method(self) -> str:
        """How `conditional` draws, for people."""

    @property
    def conditional_source(self) -> str: ...

    def conditional(self, x: Tensor, known: Tensor, label: int, noise: Noise) -> Tensor:
        """Draws (n, …) of the unknown values of one example x, one for each stream.

        `known` is bool of its shape. What stands in the answer at known places does not matter.
        """


@runtime_checkable
class Kernels(Protocol):
    """A density estimate that keeps the examples that it was made of."""

    @property
    def scale(self) -> Tensor:
        """What distances are measured in, of one example's shape or one number."""

    def examples(self, count: int | None = None) -> tuple[Tensor, Tensor]:
        """The first `count` examples (N, …), or all, and their classes (N,)."""


@runtime_checkable
class LevelKernels(Kernels, Protocol):
    """Kernels on pictures of 8 bits a value, whose masses of the levels are known."""

    def centre_levels(self) -> tuple[Tensor, Tensor]:
        """The levels (N, C, H, W) of all centres, uint8, and their classes (N,)."""

    def log_of_levels(self) -> Tensor:
        """log P(level k | level c of the centre): (levels, levels) float64."""


@runtime_checkable
class Codec(Protocol):
    """An autoencoder of pictures whose codes have no prior of their own."""

    @property
    def latent(self) -> tuple[int, int, int]:
        """The shape of a code."""

    def encode(self, x: Tensor) -> Tensor: ...
    def decode(self, z: Tensor) -> Tensor: ...


@runtime_checkable
class Pipeline(Protocol):
    """A pipeline of diffusers: a codec, and the drawing of its codes by a scheduler."""

    @property
    def codec(self) -> Any: ...
    @property
    def drawing(self) -> Any: ...


PARTS: Mapping[str, type] = MappingProxyType(
    {
        "denoise": Denoise,
        "conditionals": Conditionals,
        "axes": Axes,
        "energy": Energy,
        "posterior": Posterior,
        "decoded": Decoded,
        "generator": Generator,
        "bijection": Bijection,
        "components": Components,
        "kernels": Kernels,
        "pipeline": Pipeline,
        "codec": Codec,
    }
)
"""The fields of a `Model` that hold parts, and what each must have."""
