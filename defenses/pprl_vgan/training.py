"""A training from its warm-up to its end: resumed where it was killed, begun anew on collapse.

Source: Chen, Konrad, Ishwar, CVPR-W 2018; README of the released code (restart without structure).
"""

import numpy as np

from bench.api import Context, Weights
from bench.nn.checkpoint import Checkpoint
from bench.nn.seeding import seeded
from bench.nn.state import state_of
from defenses.pprl_vgan.game import FIGURES, Game
from defenses.pprl_vgan.nets import Form
from defenses.pprl_vgan.pupils import Pupils
from defenses.pprl_vgan.recipe import Recipe

N_KEPT = 20  # checkpoints of a training
FLAT = 0.2  # of the variety of real pictures: made ones with less have no structure


def trained(pupils: Pupils, form: Form, recipe: Recipe, context: Context) -> Weights:
    """Encoder and decoder as `encoder.*` and `decoder.*`, and how it went.

    Where no structure shows after `recipe.patience` epochs it begins anew, as the authors advise.

    Returns:
        the state with `history`, (epochs, figures), in the order of FIGURES; `restarts`, how often
        it began anew; `collapsed`, 1 if the last attempt, too, shows no structure.
    """
    for attempt in range(recipe.restarts + 1):
        with seeded(context.rng, context.device) as generator:
            game = Game(pupils, form, recipe, generator, context.device)
            folder = context.scratch / f"attempt-{attempt}"
            folder.mkdir(exist_ok=True)
            collapsed = _played(game, Checkpoint(folder, generator, **game.parts), context)
        if not collapsed:
            break
        which = f"attempt {attempt + 1} of {recipe.restarts + 1}"
        context.log(f"{which} shows no structure after {len(game.history)} epochs")
    return {
        **{f"encoder.{name}": array for name, array in state_of(game.encoder).items()},
        **{f"decoder.{name}": array for name, array in state_of(game.decoder).items()},
        "history": np.array(game.history, np.float32),
        "restarts": np.array([attempt]),
        "collapsed": np.array([collapsed], np.int64),
    }


def _played(game: Game, checkpoint: Checkpoint, context: Context) -> bool:
    """Whether the game, played to its end, collapsed; it ends as soon as that shows."""
    facts = checkpoint.resumed()
    if facts:
        game.n_done, game.history = int(facts["n_done"]), list(facts["history"])
    n_epochs = game.recipe.warmup + game.recipe.rebuild + game.recipe.epochs
    while game.n_done < n_epochs and not _collapsed(game):
        told = game.epoch()
        if game.n_done % max(1, n_epochs // N_KEPT) == 0:
            checkpoint.keep({"n_done": game.n_done, "history": game.history})
            shown = ", ".join(f"{name} {value:.2f}" for name, value in told.items())
            context.log(f"epoch {game.n_done} of {n_epochs}: {shown}")
        context.progress(game.n_done / n_epochs)
    game.settle()
    return _collapsed(game)


def _collapsed(game: Game) -> bool:
    """No structure shows: pictures are alike, or nobody's."""
    if len(game.history) < game.recipe.patience:
        return False
    told = dict(zip(FIGURES, game.history[-1], strict=True))
    return told["variety"] < FLAT or told["person_made"] < 2 / game.form.n_people
