"""The glossary: what every term that carries a message means, in two sentences and a formula.

Plain text, shown under Help → Glossary. A badge and a "?" lead to the entry of their term.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """One entry; `also` are other words that lead to it, such as a knob's title."""

    name: str
    text: str
    formula: str = ""
    also: tuple[str, ...] = ()


TERMS: tuple[Term, ...] = (
    # how a procedure relates to the model
    Term(
        "exact",
        "The procedure follows the model's own distribution, or computes its log p(x), up to "
        "rounding. It says nothing about how well the model fits the data.",
        "x ~ p(x)",
    ),
    Term(
        "asymptotically exact",
        "The result follows the model's own distribution in the limit of more steps or particles. "
        "With the chosen number it is close, and the row says how well the run went.",
        "law of x after n steps → p(x) as n → ∞",
    ),
    Term(
        "heuristic",
        "The result does not follow the model's own distribution, and no number of steps makes it "
        "do so. The tool tip says which step is the cause, such as showing the mean of p(x | z).",
        "x ~ q(x) ≠ p(x)",
    ),
    Term(
        "bound",
        "The number lies below log p(x) on average over its random draws. It may be low because "
        "the bound is loose, so bounds of different models are compared with care.",
        "E[bound] ≤ log p(x)",
        ("lower bound", "≳", "≲"),
    ),
    Term(
        "estimate",
        "The number is close to log p(x), with the error of a solver, of a quadrature or of random "
        "draws. ± is one standard error, where it is known.",
        "estimate = log p(x) + error",
        ("≈",),
    ),
    Term(
        "unnormalised",
        "The model gives log p(x) up to a constant that is unknown, the log of its partition "
        "function Z. Differences within one model mean something; comparisons between models do "
        "not.",
        "log p(x) = −E(x) − log Z",
        ("energy", "partition function", "E(x)"),
    ),
    Term(
        "truth",
        "The density that the data were drawn from, known because the data set is synthetic. Every "
        "map of a model can be compared with it.",
        "x ~ p_true(x)",
    ),
    Term(
        "implicit",
        "The model can be sampled, but it has no density that could be computed. Where a map is "
        "wanted, a kernel density of its samples stands in.",
        "x = G(z), z ~ N(0, I)",
    ),
    Term(
        "kernel density",
        "A density made of one small Gaussian around each of N points. It blurs what it is made "
        "from by the bandwidth h.",
        "p(x) = (1 / N) Σᵢ N(x; xᵢ, h² I)",
        ("KDE", "KDE of samples", "KDE of data", "bandwidth", "~"),
    ),
    # cost and settings
    Term(
        "NFE",
        "Number of function evaluations: how often the network was called for one sample. It "
        "compares the cost of methods whatever the computer.",
        "time ≈ NFE × time of one call",
        ("network calls", "network call"),
    ),
    Term(
        "steps",
        "Into how many steps the way from noise to the sample is cut. More steps cost more network "
        "calls and come closer to the model's own distribution.",
        "error → 0 as N → ∞",
        ("sweeps", "solver steps", "noise levels", "langevin steps", "steps per level"),
    ),
    Term(
        "seed",
        "The number that fixes all random numbers. Sample i of a seed is the same alone, in any "
        "batch and on any device up to rounding.",
        "xᵢ = f(model, knobs, seed, i)",
    ),
    Term(
        "temperature",
        "Scales the randomness of the latent noise. Below 1 samples are more typical and less "
        "varied, and no longer those of the model.",
        "z ~ N(0, T² I), or p(x)^(1/T) where the tip says so",
    ),
    Term(
        "truncation",
        "Keeps the latent noise of a GAN within a range, or moves it towards the mean. Samples get "
        "cleaner and less varied, and no longer those of the model.",
        "z ~ N(0, I) given |zⱼ| ≤ ψ",
        ("truncation ψ", "ψ"),
    ),
    Term(
        "guidance",
        "Exaggerates the difference that the chosen class or text makes to the prediction. 1 is "
        "the learned p(x | class); more gives clearer and less varied samples.",
        "D = D(any) + w (D(class) − D(any))",
        ("classifier-free guidance",),
    ),
    Term(
        "sampler",
        "The procedure that makes a sample from the model, such as a solver of an ODE or a Markov "
        "chain. One model may have several.",
        "",
    ),
    Term(
        "class",
        "A label of the data, such as the digit. p(x) is over all classes; a sample of one class "
        "follows p(x | c).",
        "p(x) = Σ_c p(c) p(x | c)",
        ("condition", "label", "attribute"),
    ),
    # densities
    Term(
        "log-density",
        "The natural logarithm of the density p(x), in nats. One nat is a factor of e ≈ 2.72.",
        "log p(x)",
        ("nats", "nat", "log p(x)", "scale", "range"),
    ),
    Term(
        "bits per dimension",
        "How many bits the model needs per pixel to store the picture without loss. Fewer bits "
        "mean that the model finds the picture more likely.",
        "bits/dim = −log p(x) / (D ln 2)",
        ("bits", "bits per pixel"),
    ),
    Term(
        "dequantisation",
        "Pictures have 256 levels per pixel, densities need real numbers: uniform noise within the "
        "level fills the gap. The mean over the noise bounds the log mass of the picture from "
        "below.",
        "log P(x) ≥ E_u[log p(x + u)], u uniform in the pixel cell",
        ("dequantisation samples", "uniform dequantisation"),
    ),
    Term(
        "ELBO",
        "Evidence lower bound: what a VAE is trained on, computed with its encoder q. It falls "
        "short of log p(x) by the Kullback–Leibler divergence of q from the true posterior.",
        "ELBO = E_q[log p(x | z)] − KL(q(z | x) ‖ p(z)) ≤ log p(x)",
    ),
    Term(
        "IWAE",
        "Importance-weighted bound: M samples of the encoder are averaged inside the logarithm. It "
        "is at least the ELBO on average and rises to log p(x) as M grows.",
        "log (1 / M) Σₘ p(x, zₘ) / q(zₘ | x), zₘ ~ q(z | x)",
        ("importance samples", "importance-weighted"),
    ),
    Term(
        "KL divergence",
        "How much worse distribution q describes samples of p than p itself, in nats. It is zero "
        "only if both are the same, and it is not symmetric.",
        "KL(p ‖ q) = E_p[log p(x) − log q(x)]",
        ("KL", "KL gap"),
    ),
    Term(
        "posterior",
        "The latent codes that may have made a given x. A VAE approximates it with its encoder "
        "q(z | x); in two dimensions the exact one can be computed beside it.",
        "p(z | x) = p(z) p(x | z) / p(x)",
        ("encoder", "posterior of the VAE"),
    ),
    Term(
        "change of variables",
        "How a flow gets its exact density: the density of the noise, corrected for how much the "
        "map stretches space. It needs an invertible network.",
        "log p(x) = log N(f(x); 0, I) + log |det ∂f/∂x|",
    ),
    Term(
        "probability-flow ODE",
        "An ordinary differential equation that carries noise to data with the same densities as "
        "the random diffusion. It gives diffusion latent codes and an estimate of log p(x).",
        "dx/dσ = −σ ∇ log p_σ(x)",
        ("look inside", "moment"),
    ),
    Term(
        "contour",
        "A line around the smallest region that holds a given share of the probability. Inside the "
        "50 % line lies half of all samples.",
        "∫_{p(x) ≥ t} p(x) dx = share",
        ("contours",),
    ),
    Term(
        "difference",
        "One map minus another, both of the same points. Red: the first is larger; blue: the "
        "second is.",
        "log p₁(x) − log p₂(x)",
    ),
    # latents
    Term(
        "latent code",
        "The numbers z from which a model makes an example. Families differ in what they are: "
        "noise, codes of an encoder, or none.",
        "x = G(z)",
        ("latents", "codes", "latent", "latent space"),
    ),
    Term(
        "slerp and lerp",
        "Two ways from one code to another. Lerp goes straight; slerp goes along the great circle "
        "and keeps the norm that samples of N(0, I) have.",
        "lerp: z = λ z₁ + (1 − λ) z₂",
        ("slerp", "lerp", "λ"),
    ),
    Term(
        "principal direction",
        "A direction in which latent codes, or what they decode to, vary most. The first has the "
        "largest share of the variance.",
        "Σ vᵢ = λᵢ vᵢ, Σ the covariance",
        ("pca", "principal directions", "directions"),
    ),
    Term(
        "PSNR",
        "How well a picture comes back from its code, in decibels. Higher is better; above about "
        "40 dB no difference can be seen.",
        "PSNR = 10 log₁₀(range² / mean squared error)",
    ),
    # in-painting
    Term(
        "in-painting",
        "Filling the unknown part of an example given the known part. A probabilistic model gives "
        "many fillings: samples of a conditional distribution.",
        "x_hole ~ p(x_hole | x_known)",
        ("fill", "hole", "mask"),
    ),
    Term(
        "known pixels",
        "The part of the picture that is not painted. Every saved sample keeps it bit for bit, "
        "whatever the method does on the way.",
        "x_known unchanged",
    ),
    Term(
        "acceptance",
        "The share of a Markov chain's proposals that a Metropolis step accepts. Near 0 the chain "
        "hardly moves; for MALA about 57 % is best.",
        "a = min(1, p(x′) q(x | x′) / (p(x) q(x′ | x)))",
        ("accepted", "MALA", "Metropolis"),
    ),
    Term(
        "ESS",
        "Effective sample size: how many of the weighted particles count. Near 1 a single particle "
        "decides, and the result is poor.",
        "ESS = (Σ w)² / Σ w²",
        ("particles", "effective sample size"),
    ),
    Term(
        "coverage",
        "The share of hidden pixels that lie within the 90 % interval of the samples. A calibrated "
        "model covers 90 %; less means that it is too sure.",
        "coverage = mean of 1[q₀₅ ≤ x ≤ q₉₅]",
        ("calibration", "within the samples"),
    ),
    Term(
        "agreement",
        "The share of samples that an independent classifier assigns to the class that was asked "
        "for, or to the true one. It measures quality, not variety.",
        "mean of 1[classifier(x) = c]",
        ("label agreement",),
    ),
    Term(
        "Kolmogorov–Smirnov distance",
        "The largest gap between the distribution function of the samples and that of the density. "
        "For exact samples it shrinks with the square root of their number.",
        "KS = max_x |F_samples(x) − F(x)|",
        ("KS",),
    ),
    # uses
    Term(
        "typicality",
        "Whether log p(x) is close to its average over the data. In many dimensions the most "
        "likely examples are not typical ones, so both too low and too high values are unusual.",
        "|−log p(x) − H(p)|",
    ),
    Term(
        "conformal p",
        "The share of held-out examples that are at least as unusual as this one. If the example "
        "comes from the same distribution, p is uniform: 5 % of the values lie below 0.05.",
        "p = (1 + #{i : sᵢ ≥ s(x)}) / (n + 1)",
        ("p-value", "conformal p-value"),
    ),
    Term(
        "paired comparison",
        "Two models are compared example by example, and the differences of log p are averaged. "
        "What makes an example hard for both cancels, so fewer examples decide.",
        "d = (1 / n) Σᵢ [log p₁(xᵢ) − log p₂(xᵢ)], with the standard error of the differences",
        ("comparison",),
    ),
    Term(
        "Bayes' rule",
        "Turns what a model knows of each class, p(x | c), into a probability of the class. The "
        "prior p(c) is what was believed before; it can be changed without training.",
        "p(c | x) = p(c) p(x | c) / Σ_k p(k) p(x | k)",
        ("prior", "classifier", "log-odds"),
    ),
    Term(
        "entropy coder",
        "Writes what is likely in few bits and what is unlikely in many. A picture takes nearly "
        "−log₂ p(x) bits, so the model that knows the data best writes the shortest file.",
        "bits ≈ −log₂ p(x)",
        ("compression", "code length"),
    ),
    Term(
        "standard error",
        "How far an average over random draws may be off, as one standard deviation. It falls with "
        "the square root of the number of draws.",
        "s / √n",
        ("±",),
    ),
    Term(
        "recipe",
        "What made a sample: the model, its weights, knobs, seed and number. It is stored inside "
        "saved files, so that the same sample can be made again.",
        "",
    ),
    # learning
    Term(
        "held-out points",
        "A tenth of the points that no model learns. How likely a model finds them says how well "
        "it knows the law of the points, and not these points by heart.",
        "gap = E[log p_data(x) − log p(x)] = KL(p_data ‖ p)",
        ("gap to the truth", "held out"),
    ),
    Term(
        "training value",
        "A number that a person chooses and training does not change, such as the learning rate. "
        "Some may change between two steps; others set the size of the network, which then begins "
        "anew.",
        "θ ← θ − rate · ∇loss",
        ("learning rate", "hyperparameter"),
    ),
    Term(
        "failure of training",
        "A training may end far from what its loss promises: a generator that makes few of the "
        "modes, codes that say nothing, chains that stand still, points learned by heart. Each "
        "shows in a figure, and has a remedy.",
        "modes made < 4 of 8 · KL < 0.05 · accepted < 5 %",
        ("mode collapse", "posterior collapse", "over-fitting", "exploding critic"),
    ),
    Term(
        "curse of dimensionality",
        "In many dimensions points are far apart, so estimates that rely on near neighbours need "
        "exponentially many of them. Kernel densities suffer first.",
        "error of a kernel density ~ N^(−4 / (4 + D))",
        ("dimensions",),
    ),
)


def _index(terms: Iterable[Term]) -> dict[str, Term]:
    found: dict[str, Term] = {}
    for term in terms:
        for word in (term.name, *term.also):
            found.setdefault(word.casefold(), term)
    return found


_BY_WORD = _index(TERMS)


def find(word: str) -> Term | None:
    """The entry of a word, in any case; None for one that the glossary does not have."""
    return _BY_WORD.get(word.strip().casefold())


def meaning(word: str) -> str:
    """The first sentence of a word's entry; "" for none."""
    term = find(word)
    return "" if term is None else term.text.partition(". ")[0].rstrip(".") + "."
