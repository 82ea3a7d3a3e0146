"""Making a saved picture, draw or path again from the recipe in its file. No Qt."""

from __future__ import annotations

from pathlib import Path

from app.command.asking import check_wanted
from app.command.names import card_for, opened, prompted
from app.command.output import Place, carry_out, say, writer
from app.command.sampling import drawn
from app.recipes.recipe import RecipeError, check_fit, read_png, replaced
from app.tasks.large import narrowed
from engines.checkpoints.catalog import ROOT
from engines.facts.tasks import Task
from engines.model import batch_of, settle


def remake(
    saved: Path,
    place: Place,
    *,
    model: str | None = None,
    device: str | None = None,
    root: Path = ROOT,
    ask: bool = True,
) -> Path:
    """Draw a saved picture or sheet again from the recipe in it, and write it as `sample` does.

    Where very many pictures are wanted a person is asked first, unless not `ask`. `model` says
    where a model from outside is. Raises RecipeError where the recipe cannot be read or followed,
    else as `sample`.
    """
    recipe = read_png(saved)
    if recipe.task == Task.INPAINT:
        from app.command import inpainting as headless_inpainting

        return headless_inpainting.remake(recipe, place, model=model, device=device, root=root)
    if recipe.task == Task.INTERPOLATE:
        from app.command import interpolation as headless_interpolation

        return headless_interpolation.remake(recipe, place, model=model, device=device, root=root)
    card = card_for(recipe, model, root)
    write = writer(place, card, batch_of(card))
    check_fit(recipe, card)
    if note := replaced(recipe, card):
        say(note)
    made = prompted(opened(card, device, root), recipe.prompt, recipe.negative)
    try:
        settle(made.knobs, recipe.knobs)
    except ValueError as error:
        raise RecipeError(f"the recipe does not fit {card.name}: {error}") from error
    recipe = narrowed(recipe, card)
    if ask:
        check_wanted(recipe, made)
    return carry_out(recipe, place, write, lambda: drawn(recipe, made))
