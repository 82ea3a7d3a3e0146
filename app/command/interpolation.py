"""Paths from the command line: the same frames as in the window. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.command.names import card_for, card_named, one_condition
from app.command.output import Place, ProgressLine, UsageError, prepared, say
from app.kinds import view_of
from app.models.open_models import Loading, Models
from app.recipes import files
from app.recipes.condition import Condition
from app.recipes.pictures import Values, square_columns
from app.recipes.recipe import Recipe, check_fit
from app.tasks import films
from app.tasks.encoding import End, draw_end
from app.tasks.path_making import make
from app.tasks.walking import Walks
from app.tasks.walking_recipe import MOST_FRAMES, Plan, Sample, plan_of, recipe_of
from engines import extras, naming
from engines.checkpoints.catalog import ROOT
from engines.facts.abilities import of_card, reads_text
from engines.facts.tasks import Task
from engines.model import NO_PROMPT, Card, Given, Prompt, finish
from engines.steps import Steps
from widgets.interpolation.easing import EASINGS

_SEED = "seed"
_EVERY = 10.0
"""Seconds from line to line of progress where no terminal shows it."""


@dataclass(frozen=True)
class PathOptions:
    """What the command line asks for, in the words it was given in.

    `ends` are files or "x,y"; "seed:7" is what the model draws of a seed, "seed:7:3" its picture 3.
    """

    model: str
    ends: tuple[str, ...]
    frames: int = 60
    way: str = "slerp"
    easing: str = "linear"
    label: str | None = None
    """The class to decode as, by name or index, or None for that of the codes."""
    given: Given = field(default_factory=dict)
    """Values of attributes to decode as, by their names."""
    fps: float = films.FPS
    prompt: str = ""
    negative: str = ""
    prompt_to: str = ""
    """The text at the last end point, "" for `prompt` all the way."""


def interpolate(
    options: PathOptions, place: Place, *, device: str | None = None, root: Path = ROOT
) -> Path:
    """Walk from end point to end point and write the frames; returns the file or folder written.

    Raises UsageError for options that no model can fulfil, CheckpointError or SaveError where the
    work fails.
    """
    card = card_named(options.model, root)
    if not 2 <= options.frames <= MOST_FRAMES:
        raise UsageError(f"--frames must lie in 2 … {MOST_FRAMES}, got {options.frames}")
    if options.easing not in EASINGS:
        raise UsageError(f"--easing must be one of {', '.join(EASINGS)}, got '{options.easing}'")
    if not films.SLOWEST <= options.fps <= films.FASTEST:
        raise UsageError(
            f"--fps must lie in {films.SLOWEST:g} … {films.FASTEST:g}, got {options.fps:g}"
        )
    asked = one_condition(
        options.label, options.given, card, "a path has one class, or that of its ends"
    )
    prompt = Prompt(options.prompt, options.negative, options.prompt_to)
    if prompt != NO_PROMPT and not reads_text(card):
        raise UsageError(f"{card.name} takes no text prompt; leave all prompts out")
    if refused := next(
        (a for a in of_card(card) if a.task == Task.INTERPOLATE and a.can is False), None
    ):
        raise UsageError(f"{card.name}: {refused.says}")  # before a minute is spent on loading it
    samples = tuple(_sample(end, asked) for end in options.ends)
    if any(samples) and prompt.other:
        raise UsageError("--prompt-to leads between texts; name a picture instead of a seed")
    walks, keys, found = Walks(Models(device), prompt), [], []
    for words, sample in zip(options.ends, samples, strict=True):
        end = None if sample is None else _drawn(sample, card, walks)
        keys.append(_end(words, card) if end is None else end.value)
        found.append(None if end is None else end.sample)
    plan = Plan(
        np.stack(keys),
        options.frames,
        options.way,
        easing=options.easing,
        label=asked.one,
        prompt=prompt,
        given=asked.given,
        samples=tuple(found) if any(found) else (),
    )
    return _carry_out(plan, card, place, walks.models, options.fps)


def remake(
    recipe: Recipe,
    place: Place,
    *,
    model: str | None = None,
    device: str | None = None,
    root: Path = ROOT,
) -> Path:
    """Walk a saved path again and write it as `interpolate` does. Raises RecipeError as well.

    `model` says where a model from outside is.
    """
    card = card_for(recipe, model, root)
    check_fit(recipe, card)
    plan = plan_of(recipe, card)
    return _carry_out(plan, card, place, Models(device), films.FPS, recipe.index)


def _carry_out(
    plan: Plan, card: Card, place: Place, models: Models, fps: float, index: int | None = None
) -> Path:
    view = view_of(card)
    recipe = recipe_of(card, plan, columns=square_columns(plan.count))
    path = _path(place, card, recipe)
    prepared(path, is_folder=place.is_folder)
    values = _driven(plan, card, models)
    if index is not None:
        values, recipe = values[index : index + 1], recipe.picture(index)
    if films.is_filmed(card):
        _write(path, values, recipe, fps, separate=place.is_folder)
    else:
        files.write_atomically(path, view.formats[0].pack(values, recipe))
    place.say_where()
    return path


def _path(place: Place, card: Card, recipe: Recipe) -> Path:
    if not films.is_filmed(card):
        suffix, thing = view_of(card).formats[0].suffix, card.kind.thing
        path = place.path(recipe, suffix)
        if path.suffix.lower() != suffix or place.is_folder:
            raise UsageError(
                f"--out must end in {suffix} for {card.name}: it goes from {thing} to {thing}"
            )
        return path
    path = place.path(recipe, films.SUFFIXES[0])
    if not place.is_folder and path.suffix.lower() not in films.SUFFIXES:
        raise UsageError(f"--out must end in {', '.join(films.SUFFIXES)}, or in / for a folder")
    if path.suffix.lower() == ".mp4":
        extras.require("film")
    return path


def _driven(plan: Plan, card: Card, models: Models) -> Values:
    from app.tasks.latent_study import cache_folder

    run = make(Walks(models), card, plan, folder=cache_folder())
    with ProgressLine(plain=_EVERY) as line, Steps(run) as steps:
        try:
            for step in steps:
                if not isinstance(step, Loading):
                    line.show(f"{card.name}: {progress(step.share, line.seconds)}")
        except ValueError as error:
            raise UsageError(str(error)) from error
        return steps.result


def progress(share: float, seconds: float) -> str:
    """How far work is after so many seconds, and how long it still takes where that is known."""
    done = f"{100 * share:.0f} %"
    if seconds < 1 or share < 0.02:
        return done
    left = seconds / share * (1 - share)
    return f"{done}, {left / 60:.0f} min left" if left >= 90 else f"{done}, {left:.0f} s left"


def _write(path: Path, values: Values, recipe: Recipe, fps: float, *, separate: bool) -> None:
    frames = np.asarray(values, np.uint8)
    if separate:
        films.save_frames(path, frames, recipe)
    elif path.suffix.lower() == ".gif":
        films.save_gif(path, frames, recipe, fps=fps)
    elif path.suffix.lower() == ".mp4":
        films.save_mp4(path, frames, recipe, fps=fps)
    else:
        films.save_sheet(path, frames, recipe)


def _sample(text: str, asked: Condition) -> Sample | None:
    """What "seed:N" or "seed:N:PICTURE" draws; None for the words of an example."""
    word, _, numbers = text.partition(":")
    if word != _SEED:
        return None
    first, _, index = numbers.partition(":")
    try:
        sample = Sample(int(first), int(index or 0), asked.one, dict(asked.given))
        _ = sample.request
    except ValueError as error:
        raise UsageError(
            f"an end point drawn by its seed is seed:N or seed:N:PICTURE with whole numbers, such "
            f"as seed:7 or seed:7:3, got '{naming.shortened(text)}'"
        ) from error
    return sample


def _drawn(sample: Sample, card: Card, walks: Walks) -> End:
    """What the model draws of a seed. Raises UsageError where that has no code of its own."""
    end: End = finish(draw_end(walks, card, sample)())
    if end.why:
        said = end.why[:1].lower() + end.why[1:]
        raise UsageError(f"{card.name}: {said}; save one with the command sample and name its file")
    if end.sample.knobs != sample.knobs:
        turned = ", ".join(f"{name}={value:g}" for name, value in end.sample.knobs.items())
        say(f"{_SEED}:{sample.seed} is drawn with {turned}, where samples have codes")
    return end


def _end(text: str, card: Card) -> Values:
    """An example as its kind reads it: a picture file as the model sees it, or a point."""
    try:
        found = view_of(card).read(text)
    except ValueError as error:
        raise UsageError(f"an end point cannot be used: {error}") from error
    for note in found.notes:
        say(note)
    return found.value
