"""A whole training: of the guide first; resumed if it was killed, restarted if it collapses.

Source: Chen, Konrad, Ishwar, CVPR-W 2018; README of the released code (restarts).
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Weights
from bench.faces import Images
from bench.nn.checkpoint import Checkpoint
from bench.nn.classifier import Labelled, fitted
from bench.nn.estimation import random_split
from bench.nn.guide import Guide
from bench.nn.inputs import Augmentation
from bench.nn.state import config_arrays, restored, state_of
from bench.nn.training import Schedule, seeded
from defenses.pprl_vgan.adversarial_training import FIGURES, AdversarialTraining
from defenses.pprl_vgan.sampling import TrainingSet
from defenses.pprl_vgan.train_config import TrainConfig

N_REPORTS = 20  # of figures, per training
MIN_VARIETY = 0.2  # of real pictures' variety; with less, training has collapsed

Show = Callable[[Weights], None]


def guided(
    images: Images, utility: NDArray[np.int64], config: TrainConfig, context: Context
) -> Guide | None:
    """A frozen network that learned the utility label of pictures, (N,), if there is to be one."""
    if not config.guide_steps:
        return None
    train, valid = random_split(utility, context)
    build = partial(Guide, int(utility.max()) + 1, images.shape[-1])
    weights = fitted(
        build,
        Labelled(images[train], utility[train]),
        Labelled(images[valid], utility[valid]),
        Augmentation(shift=0.06, flip=True, light=0.2),
        Schedule(lr=4e-3, batch=48, steps=config.guide_steps, rounds=3),
        context,
    )
    return restored(build(), weights, context.device).requires_grad_(False)


def trained(
    data: TrainingSet, config: TrainConfig, guide: Guide | None, context: Context, show: Show
) -> Weights:
    """The trained `encoder.*` and `decoder.*`, with `config.*` (see NetConfig).

    Training restarts if pictures show no structure after `config.patience` epochs (the authors'
    advice). With the state come `history`, (epochs, figures), in the order of FIGURES; `restarts`;
    and `collapsed`, 1 if the last attempt collapsed. `show` takes the state about once a minute.
    """
    for attempt in range(config.restarts + 1):
        with seeded(context.rng, context.device) as rng:
            training = AdversarialTraining(data, config, rng, guide, graphs=context.graphs)
            folder = context.scratch / f"attempt-{attempt}"
            folder.mkdir(exist_ok=True)
            collapsed = _run(training, Checkpoint(folder, rng, training.parts), context, show)
        if not collapsed:
            break
        which = f"attempt {attempt + 1} of {config.restarts + 1}"
        context.log(f"{which} shows no structure after {len(training.history)} epochs")
    return {
        **_state(training),
        "history": np.array(training.history, np.float32),
        "restarts": np.array([attempt]),
        "collapsed": np.array([collapsed], np.int64),
    }


def _state(training: AdversarialTraining) -> Weights:
    """The networks as they are now."""
    return {
        **config_arrays(training.net_config),
        **state_of(training.encoder, "encoder"),
        **state_of(training.decoder, "decoder"),
    }


def _run(
    training: AdversarialTraining, checkpoint: Checkpoint, context: Context, show: Show
) -> bool:
    """Trains to the end, or until it collapses; returns whether it collapsed."""
    facts, config = checkpoint.load(), training.config
    if facts:
        training.n_done, training.history = int(facts["n_done"]), list(facts["history"])
    n_epochs = config.warmup + config.epochs

    def save() -> None:
        facts = {"n_done": training.n_done, "history": training.history}
        checkpoint.save_if_due(facts, lambda: show(_state(training)))

    while training.n_done < n_epochs and not _collapsed(training):
        figures = training.epoch(save)
        if training.n_done % max(1, n_epochs // N_REPORTS) == 0:
            shown = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
            context.log(f"epoch {training.n_done} of {n_epochs}: {shown}")
        context.progress(training.n_done / n_epochs)
    training.settle()
    return _collapsed(training)


def _collapsed(training: AdversarialTraining) -> bool:
    """Whether generated pictures all look alike, or rarely show their target person."""
    if len(training.history) < training.config.patience:
        return False
    figures = dict(zip(FIGURES, training.history[-1], strict=True))
    few = figures["person_made"] < 2 / training.net_config.n_people
    return few or figures["variety"] < MIN_VARIETY
