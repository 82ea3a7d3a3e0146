"""The words of the command line: its parser, and what each command does with them. No Qt.

Imports nothing heavy: a command brings in what it needs when it runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.command import fit_words, impute_words, uses_words
from app.command.options import DEVICE, Groups, add_of_kinds, knob, number, pair
from app.command.usage import Parser
from app.kinds import options_of
from app.kinds.view import names_of
from app.recipes.files import APP
from app.recipes.recipe import VERSION
from engines.checkpoints.catalog import ROOT

_OR_OTHERS = ", a diffusers folder, or a Hugging Face id (owner/name)"
_GIVEN = "value of an attribute; repeat for further ones (default: any)"
OK, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
_EARLY = ("open", "sample", "inpaint", "interpolate", "density", "score")
COMMANDS = (*_EARLY, *uses_words.COMMANDS, "fit", "impute", "models")
EPILOG = """\
Without a command the window opens, with the saved pictures given, if any.

  python main.py picture.png
  python main.py sample mnist/flow --count 16 --seed 7 --label 3 --out grid.png
  python main.py sample --from grid.png --out again.png
  python main.py inpaint mnist/mfa --image x.png --mask m.png --count 8 --out sheet.png
  python main.py inpaint moons/flow --fix x=0.5 --count 500 --out draws.csv
  python main.py interpolate mnist/vae --from a.png --to b.png --frames 60 --out walk.gif
  python main.py density moons/flow --grid 512 --out map.png --values map.npz
  python main.py score mnist/flow --images FOLDER --csv numbers.csv
  python main.py outliers mnist/autoregressive --probes black,shuffled --csv outliers.csv
  python main.py compare mnist/flow mnist/mfa --count 200
  python main.py compress mnist/autoregressive --images FOLDER --out pictures.gsz
  python main.py classify mnist/vae --count 100
  python main.py fit points.csv --families flow,diffusion --steps 2000
  python main.py impute table.csv --m 20 --out long.csv --pool "y ~ x"
"""


def build_parser(
    act_open: Callable[[argparse.Namespace], int], command: str
) -> argparse.ArgumentParser:
    """The parser of all commands; what it parses has `act`, which returns the exit code.

    `act_open` opens the window: the one command that needs Qt. `command` is the one to be parsed:
    what kinds of data bring to others is not looked for.
    """
    parser = Parser(
        prog=APP,
        description="Explore generative models by hand.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"Genscope {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    add = commands.add_parser
    window = add("open", help="open the window (the default)")
    _add_open(window)
    window.set_defaults(act=act_open, parser=window)
    _add_sample(add("sample", help="draw samples from a model, or re-make a saved picture"))
    _add_inpaint(
        add("inpaint", help="fill a hole in a picture or a point, many times"),
        _groups(command, "inpaint"),
    )
    _add_interpolate(add("interpolate", help="interpolate between two pictures"))
    _add_density(add("density", help="map the density of a 2-D model"))
    _add_score(
        add("score", help="log p(x) of pictures under a model, as a table"),
        _groups(command, "score"),
    )
    uses_words.add(commands)
    fit_words.add(add("fit", help="train models of your own on a CSV of points"))
    impute_words.add(add("impute", help="fill the gaps of a table many times, and pool results"))
    _add_models(add("models", help="list the models; rename, export or remove your own"))
    return parser


def _groups(command: str, name: str) -> Groups:
    """The options that kinds bring to a command; none are read for the others."""
    return options_of(name) if command == name else []


def _add_open(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("files", nargs="*", metavar="FILE", help="a saved picture, a model or a folder of pictures")
    add("--device", help=DEVICE)
    add("--theme", choices=("system", "light", "dark"), help="look of the window")


def _add_place(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--device", help=DEVICE)
    add("--assets", type=Path, default=ROOT, help=argparse.SUPPRESS)


def _add_sample(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", nargs="?", help=f"such as mnist/flow{_OR_OTHERS}")
    add("--from", dest="saved", type=Path, metavar="PNG", help="re-make this saved picture instead")
    add("--prompt", help="what to draw, for models that take a text prompt")
    add("--negative", help="negative prompt: what should not be drawn")
    add("--count", type=int, help="how many to draw (default: 16)")
    add("--seed", type=int, help="sample i depends only on the seed and i (default: 7)")
    add("--label", help="class by name or index, or 'each' class in turn (default: any, p(x))")
    add("--given", action="append", type=pair, metavar="NAME=VALUE", help=_GIVEN)
    add("--knob", action="append", type=knob, metavar="NAME=VALUE", help="such as temperature=0.8")
    add("--columns", type=int, help="pictures in a row (default: nearly square)")
    add("--out", help="file (.png; .csv, .npz or .png for points), or FOLDER/ for one PNG each")
    add("--separate", action="store_true", help="write one PNG for each picture into a folder")
    add("--yes", action="store_true", help="with --from: more than 5,000 pictures without asking")
    _add_place(parser)
    parser.set_defaults(act=_sample, parser=parser)


def _add_inpaint(parser: argparse.ArgumentParser, groups: Groups) -> None:
    add = parser.add_argument
    add("model", nargs="?", help=f"such as mnist/mfa{_OR_OTHERS}")
    add("--prompt", help="what to fill in, for models that take a text prompt")
    add("--negative", help="negative prompt: what should not be drawn")
    add("--from", dest="saved", type=Path, metavar="PNG", help="re-make this saved sample instead")
    holes = add_of_kinds(parser, groups)
    add("--method", help="how to fill, by name (default: the model's best)")
    add("--count", type=int, help="how many samples (default: 8, at most 64; for points 500)")
    add("--seed", type=int, help="the samples depend only on it (default: 7)")
    add("--label", help="class by name or index (default: any, p(x))")
    add("--given", action="append", type=pair, metavar="NAME=VALUE", help=_GIVEN)
    add("--knob", action="append", type=knob, metavar="NAME=VALUE", help="such as steps=40")
    add("--columns", type=int, help="samples in a row (default: nearly square)")
    add("--out", help="file (.png; .csv, .npz or .png for points), or FOLDER/ for one PNG each")
    add("--separate", action="store_true", help="write one PNG for each sample into a folder")
    _add_place(parser)
    parser.set_defaults(act=_inpaint, parser=parser, holes=holes)


def _add_interpolate(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", nargs="?", help=f"such as mnist/vae{_OR_OTHERS}")
    start = "start: a picture, X,Y for points, or seed:7 for the sample of seed 7"
    add("--from", dest="start", metavar="PICTURE", help=start)
    add("--via", action="append", metavar="PICTURE", help="a point on the way; may be repeated")
    add("--to", dest="end", metavar="PICTURE", help="end (default with --prompt-to: the start)")
    add("--prompt", help="text prompt of all frames, for models that take one")
    add("--prompt-to", help="text prompt of the last frame; the first has --prompt")
    add("--negative", help="negative prompt: what should not be drawn")
    add("--again", type=Path, metavar="GIF", help="re-make this saved path instead")
    add("--frames", type=int, help="how many, 2 to 600 (default: 60)")
    add("--way", choices=("slerp", "lerp"), help="how latent codes are mixed (default: slerp)")
    add("--easing", help="linear, 'ease in and out' or 'there and back' (default: linear)")
    add("--label", help="class to decode as, by name or index (default: that of the codes)")
    add("--given", action="append", type=pair, metavar="NAME=VALUE", help=_GIVEN)
    add("--fps", type=float, help="frames a second of GIF and MP4 (default: 20)")
    add("--out", help="file (.gif, .mp4, .png for a sheet; .csv for points), or FOLDER/")
    _add_place(parser)
    parser.set_defaults(act=_interpolate, parser=parser)


def _add_density(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", help="a model of points, such as moons/flow; the command models lists them")
    add("--grid", type=int, help="pixels along the longer side (default: 512)")
    add(
        "--area",
        type=number,
        nargs=4,
        metavar=("X0", "X1", "Y0", "Y1"),
        help="part of the plane (default: that of the data)",
    )
    add("--label", help="class by name or index (default: any, p(x))")
    add("--given", action="append", type=pair, metavar="NAME=VALUE", help=_GIVEN)
    add("--truth", action="store_true", help="draw the density of the data beside it")
    add("--out", type=Path, required=True, help="picture of the map with its scale (.png)")
    add("--values", type=Path, help="log-densities (.npz or .csv)")
    _add_place(parser)
    parser.set_defaults(act=_density, parser=parser)


def _add_score(parser: argparse.ArgumentParser, groups: Groups) -> None:
    add = parser.add_argument
    add("model", help="a model of pictures, such as mnist/flow, or of text")
    named = add_of_kinds(parser, groups)
    add("--given", action="append", type=pair, metavar="NAME=VALUE", help=_GIVEN)
    add("--csv", type=Path, required=True, help="file, nats, bits per dimension, kind, method")
    _add_place(parser)
    parser.set_defaults(act=_score, parser=parser, groups=named)


def _add_models(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--own", action="store_true", help="only your own, with their disk space")
    parser.add_argument("--assets", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.set_defaults(act=_models, parser=parser)
    names = "remove | rename | export | import"
    actions = parser.add_subparsers(metavar=names, dest="action", title="of your own")
    remove = actions.add_parser("remove", help="delete a model for good")
    rename = actions.add_parser("rename", help="give a model another name")
    export = actions.add_parser("export", help="write a model to one file")
    for each in (remove, rename, export):
        each.add_argument("name", metavar="NAME", help="such as penguins/flow")
    remove.add_argument("--yes", action="store_true", help="delete without asking")
    rename.add_argument("new", metavar="NEW", help="such as wide-flow, or birds/wide-flow")
    export.add_argument("--out", type=Path, required=True, help="file; ends in .genscope")
    bring = actions.add_parser("import", help="add a model that was exported elsewhere")
    bring.add_argument("file", type=Path, metavar="FILE", help="ends in .genscope")


def _asked(arguments: argparse.Namespace, keys: tuple[str, ...]) -> dict[str, Any]:
    """What was said of these options, of --knob and of --given."""
    found = {key: getattr(arguments, key) for key in keys}
    found = {key: value for key, value in found.items() if value is not None}
    for name in ("knob", "given"):
        pairs = getattr(arguments, name, None) or ()
        twice = [key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1]
        if twice and name == "given":
            arguments.parser.refuse(
                f"--given {twice[0]} is given twice; an attribute has one value"
            )
        if pairs:
            found["knobs" if name == "knob" else name] = dict(pairs)
    return found


def _sample(arguments: argparse.Namespace) -> int:
    given = _asked(arguments, ("count", "seed", "label", "columns", "prompt", "negative"))
    if arguments.saved is None and arguments.model is None:
        arguments.parser.refuse("name a MODEL, or a saved picture with --from")
    if arguments.saved is not None and given:
        arguments.parser.refuse(_FROM)
    from app.command.output import Place, UsageError
    from app.command.remake import remake
    from app.command.sampling import SampleOptions, sample

    place = Place(arguments.out, arguments.separate)
    where = {"device": arguments.device, "root": arguments.assets}
    try:
        if arguments.saved is not None:
            _check_remade(arguments)
            ask = not arguments.yes
            path = remake(arguments.saved, place, model=arguments.model, ask=ask, **where)
        else:
            path = sample(SampleOptions(arguments.model, **given), place, **where)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    print(path)
    return OK


def _inpaint(arguments: argparse.Namespace) -> int:
    keys = ("method", "count", "seed", "label", "columns", "prompt", "negative")
    given = _asked(arguments, keys)
    options = dict.fromkeys(name for group in arguments.holes for name in group)
    hole = {key: value for key in options if (value := getattr(arguments, key)) is not None}
    if arguments.saved is not None and (given or hole):
        arguments.parser.refuse(_FROM)
    whole = any(set(group) <= set(hole) for group in arguments.holes)
    if arguments.saved is None and not (arguments.model and whole):
        arguments.parser.refuse(
            f"name a MODEL and its {' or '.join(map(names_of, arguments.holes))}, "
            "or a saved sample with --from"
        )
    from app.command.output import Place, UsageError
    from app.command.remake import remake

    place = Place(arguments.out, arguments.separate)
    where = {"device": arguments.device, "root": arguments.assets}
    try:
        if arguments.saved is not None:
            _check_remade(arguments)
            path = remake(arguments.saved, place, model=arguments.model, **where)
        else:
            from app.command.inpainting import FillOptions, inpaint

            path = inpaint(FillOptions(arguments.model, hole, **given), place, **where)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    print(path)
    return OK


_FROM = "--from takes all but --out, --separate and --device from the PNG"
_AGAIN = "--again takes all but --out and --device from the saved path"


def _check_remade(arguments: argparse.Namespace, wrong: str = _FROM) -> None:
    """A model beside a saved picture only says where one from outside is to be found."""
    from engines.opening import is_outside

    name = arguments.model
    if name is None or name.endswith(".toml"):
        return
    if not is_outside(name, arguments.assets):
        arguments.parser.refuse(wrong)


def _interpolate(arguments: argparse.Namespace) -> int:
    keys = ("frames", "way", "easing", "label", "fps", "prompt", "prompt_to", "negative")
    given = _asked(arguments, keys)
    end = arguments.end or (arguments.start if arguments.prompt_to else None)
    ends = (arguments.start, *(arguments.via or ()), end)
    if arguments.again is not None and (given or any(ends)):
        arguments.parser.refuse(_AGAIN)
    if arguments.again is None and not (arguments.model and all(ends)):
        arguments.parser.refuse("name a MODEL, --from and --to, or a saved path with --again")
    from app.command.interpolation import PathOptions, interpolate
    from app.command.output import Place, UsageError
    from app.command.remake import remake

    place = Place(arguments.out)
    where = {"device": arguments.device, "root": arguments.assets}
    try:
        if arguments.again is not None:
            _check_remade(arguments, _AGAIN)
            path = remake(arguments.again, place, model=arguments.model, **where)
        else:
            path = interpolate(PathOptions(arguments.model, ends, **given), place, **where)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    print(path)
    return OK


def _density(arguments: argparse.Namespace) -> int:
    given = _asked(arguments, ("grid", "label", "area", "truth"))
    from app.command.density import MapOptions, density
    from app.command.output import UsageError

    options = MapOptions(arguments.model, **given)
    where = {"device": arguments.device, "root": arguments.assets}
    try:
        paths = density(options, arguments.out, arguments.values, **where)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    print(*paths, sep="\n")
    return OK


def _score(arguments: argparse.Namespace) -> int:
    from app.command.density import score
    from app.command.output import UsageError

    where = {"device": arguments.device, "root": arguments.assets}
    options = tuple(dict.fromkeys(name for group in arguments.groups for name in group))
    asked = _asked(arguments, options)
    given = asked.pop("given", {})
    if not asked:
        wanted = " or ".join(map(names_of, arguments.groups))
        arguments.parser.refuse(f"name what to score: {wanted}")
    try:
        path, skipped = score(arguments.model, asked, arguments.csv, given=given, **where)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    print(path)
    if skipped:
        print(f"{APP}: {skipped} of the pictures could not be read", file=sys.stderr)
    return FAILED if skipped else OK


def _models(arguments: argparse.Namespace) -> int:
    from app.command import models
    from app.command.output import UsageError

    try:
        models.act(arguments)
    except UsageError as error:
        arguments.parser.refuse(str(error))
    return OK
