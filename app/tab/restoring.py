"""What every tab does with a recipe from outside before it shows what is in it."""

from __future__ import annotations

from app.recipes.recipe import Recipe, RecipeError, prompt_of
from app.session.session import Session
from engines.facts.abilities import reads_text
from engines.model import Card
from widgets.window.seed import LARGEST


def check_seed(recipe: Recipe, command: str = "") -> None:
    """Raise RecipeError for a seed that the window cannot set; a `command` may make it again."""
    if recipe.seed > LARGEST:
        how = f"; re-make it with: python main.py {command} --from PICTURE" if command else ""
        raise RecipeError(
            f"the recipe has the seed {recipe.seed}, and the largest in the window is "
            f"{LARGEST}{how}"
        )


def adopt(session: Session, recipe: Recipe, card: Card) -> None:
    """Choose the model of a recipe beside those of its data set, with its seed and its text."""
    beside = session.models if card.data == session.data else ()
    session.set_seed(recipe.seed)
    if reads_text(card):
        session.set_prompt(prompt_of(recipe))
    session.choose(card.data, (*beside, card.name))
