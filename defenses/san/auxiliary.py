"""The networks that an autoencoder is trained against, fitted to the defender's people."""

from functools import partial

import numpy as np
from torch import nn

from bench.api import Context, Weights
from bench.data.alignment import landmarks
from bench.faces import Array, Faces
from bench.nn import classifier, embedder
from bench.nn.attacker import PUBLISHED_WIDTHS
from bench.nn.backbones import backbone
from bench.nn.classifier import Labelled
from bench.nn.estimation import Split
from bench.nn.inputs import Augmentation
from bench.nn.pretrained import load_published
from bench.nn.published.catalogue import JUDGES
from bench.nn.state import restored, with_prefix
from bench.nn.training import Schedule
from bench.nn.weights import published_backbone
from defenses.san.autoencoder_defense import AutoencoderDefense
from defenses.san.prototype_defense import PrototypeDefense

TEMPLATE = 128  # dimension of an embedding
N_PLACED = 100  # pictures that tell where faces stand, for a published matcher
N_HELD = 2  # people, at least, for early stopping: a matcher needs pairs of different people
AUGMENTATION = Augmentation(shift=0.06, flip=True, warp=0.12, light=0.2)

NOBODY = Split(np.arange(0), np.arange(0))


def classifiers(
    fields: PrototypeDefense, faces: Faces, split: Split, n_classes: int, context: Context
) -> Weights:
    """The states of fitted classifiers of the attribute, as `classifier0`, `classifier1`, ..."""
    parts = _labelled(faces, fields.attribute, split)
    found: dict[str, Array] = {}
    for number, name in enumerate(fields.classifier.split("+")):
        build = partial(backbone, name, n_classes, faces.images.shape[-1])
        schedule = _schedule(fields.auxiliary_steps)
        state = classifier.fitted(build, *parts, AUGMENTATION, schedule, context)
        found |= with_prefix(f"classifier{number}", state)
    return found


def classifier_nets(names: str, weights: Weights, size_px: int, device: str) -> list[nn.Module]:
    """The classifiers with these states; there is a prototype of each class, and a neutral one."""
    n_classes = len(weights["prototypes"]) - 1
    return [
        restored(backbone(name, n_classes, size_px), weights, device, f"classifier{number}")
        for number, name in enumerate(names.split("+"))
    ]


def matcher(fields: AutoencoderDefense, faces: Faces, split: Split, context: Context) -> nn.Module:
    """A network that embeds faces: a published one, or one fitted to the defender's people."""
    if fields.matcher in JUDGES:
        some = faces.images[:N_PLACED]
        found = landmarks(some, context.device)  # (N, 5, 2)
        if np.isnan(found).all():
            raise ValueError(f"expected faces for matcher={fields.matcher}, MTCNN found none")
        points = np.nanmean(found, axis=0)  # (5, 2)
        net = load_published(backbone(fields.matcher, TEMPLATE, some.shape[-1]), points)
        return net.to(context.device).eval()
    width = PUBLISHED_WIDTHS[fields.matcher] if fields.matcher_weights else TEMPLATE
    build = partial(backbone, fields.matcher, width, faces.images.shape[-1])
    if fields.matcher_weights:
        state = published_backbone(fields.matcher, fields.matcher_weights, fields.matcher_sha256)
    else:
        parts, schedule = _labelled(faces, "identity", split), _schedule(fields.auxiliary_steps)
        goal = fields.matcher_loss
        state = embedder.fitted(build, width, *parts, goal, AUGMENTATION, schedule, context)
    return restored(build(), state, context.device)


def _labelled(faces: Faces, label: str, split: Split) -> tuple[Labelled, Labelled]:
    truth = np.asarray(faces.labels[label], np.int64)
    train, valid = (Labelled(faces.images[index], truth[index]) for index in split)
    return train, valid


def _schedule(steps: int) -> Schedule:
    return Schedule(lr=2e-3, batch=48, steps=steps, rounds=4)
