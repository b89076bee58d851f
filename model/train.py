"""Trains the garment model on photographs at home and on the street, cut-outs, drawings, things and Fashion-MNIST.

    data folder -> Cutouts (cutouts.py) -> batches (augment.py) -> network (network.py) -> OUT/ema.weights.h5

Keras 3 on PyTorch trains, on a GPU when there is one; export.py makes the SavedModel. The learning rate follows the
share of the work that is done, whether that is counted in steps (reproducible) or in minutes (ends on time).
"""

# ruff: noqa: E402
import argparse
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model.environment import before_keras

before_keras("torch")

import keras
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from model import augment, cutouts, data, drawings
from model.augment import Batch, Source
from model.network import load_imagenet, load_served, network

HOME, STREET, WHOLE, CUT, DRAWN, THINGS, FASHION = 4, 3, 1, 4, 2, 3, 12
"""Pictures in a portion: photographs at home and on the street, each of them twice, as it is and cut out; on the street
without a mask; single garments and other things that people wear, cut out; drawings; things; Fashion-MNIST."""
NEW_PORTIONS, OLD_PORTIONS, POOL, FIRST_PORTIONS = 2, 1, 400, 8
"""A step learns from so many new portions and so many from a pool of the newest. Their way through the frozen layers is
kept there. What is used four times is learned by heart (a loss of 0.64, where views that are new have 1.2)."""
PEAK_RATE, NEW_RATE = 5e-4, 2e-3
"""Learning rates at their highest: of the layers that come with weights, and of those that do not."""
NEW_LAYERS = ("parts",)
FROZEN = 7
"""The last block that stays as it is: up to 1/16 of the side, a network sees edges, cloth and parts of garments."""
WEIGHT_DECAY = 0.05
WARM_UP = 0.03
AVERAGING = 0.998
SIZES = ((0.0, 112), (0.35, 128))
"""(share of the training done, side in pixels): small pictures first, twice as fast (arXiv:2104.00298)."""
TEACHER_WEIGHT, TEACHER_TEMPERATURE = 0.5, 1.0556
"""How much a teacher's softmax counts beside the label, and what its logits are divided by first."""
PARTS_WEIGHT, LIKENESS_WEIGHT = 0.4, 0.1
LIKENESS_TEMPERATURE = 0.1
DRAWINGS, DRAWINGS_SEED = 240, 1
LABELS = Path(__file__).parent / "labels"


@dataclass
class Training:
    """All that a resumed training needs: the network, its averaged weights, the optimiser and how far it came."""

    model: keras.Model
    frozen: keras.Model
    learning: keras.Model
    teacher: keras.Model | None
    average: list[Tensor]
    optimizer: torch.optim.Optimizer
    pool: "deque[Portion]"
    size: int = 0
    step: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Sets:
    """What is trained on. Without a data folder there are only Fashion-MNIST and drawings."""

    fashion: Tensor
    labels: Tensor
    drawn: Source
    home: Source | None = None
    street: Source | None = None
    single: Source | None = None
    things: Source | None = None


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with clothing-dataset-small/, street/ and keras/")
    parser.add_argument("--outliers", type=Path, help="folder with pictures of what is no garment")
    parser.add_argument("--start", type=Path, help="weights to begin with, from model.unpack (default: ImageNet's)")
    parser.add_argument(
        "--teacher",
        type=Path,
        help="weights of a softmax network to learn from as well, with the frozen layers of --start",
    )
    parser.add_argument("--out", type=Path, default=Path("build/model"), help="checkpoints and averaged weights")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=4000)
    length.add_argument("--minutes", type=float, help="stop after so many minutes instead")
    length.add_argument("--until", type=float, help="stop at this time instead, in seconds since 1970")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, help="CPU threads (default: all cores)")
    parser.add_argument("--checkpoint-minutes", type=float, default=4.0)
    return parser.parse_args()


def cached(folder: Path, made: Callable[[], cutouts.Cutouts]) -> cutouts.Cutouts:
    """What `made` makes, kept in files so that a resumed training starts at once."""
    if not (folder / "names.npy").exists():
        cutouts.kept(made(), folder)
    return cutouts.opened(folder)


def loaded(folder: Path | None, outliers: Path | None, out: Path) -> Sets:
    """Every source that is there."""
    (images, labels), _ = data.load_fashion_mnist()
    fashion, kinds = torch.tensor(images)[:, None], torch.tensor(labels)
    drawn = cached(out / "drawings", lambda: drawings.drawings(DRAWINGS, DRAWINGS_SEED))
    of_things = None
    if outliers is not None:
        of_things = augment.source(cached(out / "things", lambda: cutouts.things(outliers)), cutouts.BESIDE_WORDS)
    if folder is None or not (folder / "street").is_dir():
        print("no data folder with photographs: they are skipped", flush=True)
        return Sets(fashion, kinds, augment.source(drawn), things=of_things)
    roots = [folder / "clothing-dataset-small" / "train", folder / "clothing-dataset-extra"]
    home = cached(out / "home", lambda: cutouts.home(roots, data.read_labels(LABELS)))
    street = cached(out / "street", lambda: cutouts.street(folder / "street", development=False))
    alone = torch.tensor([" only " in name for name in street.names])
    scenes, single = (augment.source(street, among=rows) for rows in (~alone, alone))
    return Sets(fashion, kinds, augment.source(drawn), augment.source(home), scenes, single, of_things)


@dataclass(frozen=True)
class Portion:
    """What the frozen layers make of some pictures, and what those teach; the first 2 × `pairs` are pairs: photographs,
    then what was cut out of each, in the same colours."""

    features: list[Tensor]
    targets: Tensor
    parts: Tensor
    pairs: int


def pictures(sets: Sets, size: int) -> tuple[Batch, int]:
    """A portion's pictures and its number of pairs."""
    if sets.home is None or sets.street is None or sets.single is None:
        plain = sets.drawn.pixels
        drawn = augment.cut_out(sets.drawn, augment.drawn(sets.drawn, 2 * DRAWN), size, plain)
        return augment.joined([drawn, augment.fashion(sets.fashion, sets.labels, 4 * FASHION, size, plain)]), 0
    ground = sets.home.pixels
    home = augment.drawn(sets.home, HOME, sets.home.cut)
    worn = augment.drawn(sets.street, STREET, sets.street.cut)
    of_home, of_worn = augment.recoloring(HOME), augment.recoloring(STREET, hue_share=0.2)
    whole = augment.drawn(sets.street, WHOLE, ~sets.street.cut)
    more = augment.drawn(sets.single, CUT)
    several = [
        augment.photos(sets.home, home, size, of_home),
        augment.photos(sets.street, worn, size, of_worn),
        augment.cut_out(sets.home, home, size, ground, of_home),
        augment.cut_out(sets.street, worn, size, ground, of_worn),
        augment.photos(sets.street, whole, size),
        augment.cut_out(sets.single, more, size, ground),
        augment.cut_out(sets.drawn, augment.drawn(sets.drawn, DRAWN), size, ground),
        augment.fashion(sets.fashion, sets.labels, FASHION, size, ground),
    ]
    if torch.rand(()) < 0.3:
        several.append(augment.nothing(1, size, ground))
    if sets.things is not None:
        several.append(augment.things(sets.things, THINGS, size, ground))
    return augment.joined(several), HOME + STREET


def halves(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """The network as two: what is frozen, and what learns from its outputs."""
    between = [model.get_layer(name).input for name in ("parts_fine", f"block{FROZEN + 1}_expand")]
    return keras.Model(model.inputs, between), keras.Model(between, model.outputs)


def as_seen(batch: Batch) -> Tensor:
    """A batch's pixels as the network takes them."""
    return (batch.pixels * 255).contiguous(memory_format=torch.channels_last)


def portion(training: Training, sets: Sets, size: int) -> Portion:
    """A new portion."""
    with torch.no_grad():
        batch, pairs = pictures(sets, size)
        features = training.frozen(as_seen(batch), training=False)
        targets = (
            batch.targets if training.teacher is None else taught(training.teacher, features, batch.targets, pairs)
        )
    return Portion([feature.half() for feature in features], targets, batch.parts, pairs)


def taught(teacher: keras.Model, features: list[Tensor], targets: Tensor, pairs: int) -> Tensor:
    """Targets in which a teacher's softmax counts beside the label, on photographs of one garment at home and on
    Fashion-MNIST, which it knows best."""
    before = 2 * pairs + WHOLE + CUT + DRAWN if pairs else len(targets) - 4 * FASHION
    rows = torch.cat([torch.arange(HOME if pairs else 0), torch.arange(before, before + FASHION * (1 if pairs else 4))])
    said = torch.softmax(teacher([feature[rows] for feature in features], training=False)[0] / TEACHER_TEMPERATURE, 1)
    labels = targets[rows, :10]
    single = (labels.amin(1) >= 0) & (labels.sum(1) == 1)
    mixed = targets.clone()
    mixed[rows, :10] = torch.where(single[:, None], labels.lerp(said, TEACHER_WEIGHT), labels)
    return mixed


def portions(training: Training, sets: Sets, size: int) -> list[Portion]:
    """What the next step learns from. The pool begins anew where the pictures' size changes."""
    pool = training.pool
    if not pool or training.size != size:
        pool.clear()
        training.size = size
        pool.extend(portion(training, sets, size) for _ in range(FIRST_PORTIONS))
    before = [pool[int(index)] for index in torch.randperm(len(pool))[:OLD_PORTIONS]]
    new = [portion(training, sets, size) for _ in range(NEW_PORTIONS)]
    pool.extend(new)
    return new + before


def types_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean over rows of the binary cross-entropy of the types that are known, and of "one of the three shoes"."""
    known = targets[:, :10] >= 0
    each = functional.binary_cross_entropy_with_logits(logits, targets[:, :10].clamp(min=0), reduction="none")
    none_of_three = functional.logsigmoid(-logits[:, list(data.SHOES)]).sum(1)
    some = -torch.log(-torch.expm1(none_of_three.clamp(max=-1e-4)))
    return ((each * known).sum(1) + some * targets[:, 10]).mean()


def parts_loss(logits: Tensor, parts: Tensor) -> Tensor:
    """Mean cross-entropy over the places of which the part is known; logits [N, 7, h, w], parts [N, h, w]."""
    return functional.cross_entropy(logits, parts, ignore_index=cutouts.UNKNOWN)


def likeness_loss(embedding: Tensor, pairs: int) -> Tensor:
    """The mean cross-entropy of finding each picture's other view among the rest (NT-Xent, arXiv:2002.05709).

    embedding [2 × pairs, 128]: the views of one thing are `pairs` rows apart.
    """
    products = embedding @ embedding.T / LIKENESS_TEMPERATURE
    products = products.masked_fill(torch.eye(2 * pairs, dtype=torch.bool), -1e4)
    return functional.cross_entropy(products, torch.arange(2 * pairs).roll(pairs))


def paired_rows(several: list[Portion]) -> tuple[list[int], list[int]]:
    """The rows of the pairs' first and second pictures in the batch that the portions make."""
    first: list[int] = []
    second: list[int] = []
    start = 0
    for one in several:
        first += range(start, start + one.pairs)
        second += range(start + one.pairs, start + 2 * one.pairs)
        start += len(one.targets)
    return first, second


def rate_at(done: float) -> float:
    """The share of its peak that a learning rate has when `done` of the training is behind: a rise, a half cosine."""
    if done < WARM_UP:
        return done / WARM_UP + 0.01
    fall = (done - WARM_UP) / (1 - WARM_UP)
    return 0.5 + 0.5 * math.cos(math.pi * fall) + 1e-3


def size_at(done: float) -> int:
    """The side of the training pictures when a share `done` of the training is behind."""
    return [size for start, size in SIZES if start <= done][-1]


def teacher_of(weights: Path) -> keras.Model:
    """The layers of a served network that follow the frozen ones."""
    model = network(serving=True)
    with np.load(weights) as arrays:
        for layer in (layer for layer in model.layers if f"{layer.name}.kernel" in arrays):
            layer.set_weights([arrays[f"{layer.name}.kernel"], arrays[f"{layer.name}.bias"]])
    return halves(model)[1]


def begun(sets: Sets, start: Path | None, teacher: Path | None) -> Training:
    """A training that has not begun; kernels decay, biases and normalisation do not."""
    model = network()
    if start is None:
        load_imagenet(model)
    else:
        with np.load(start) as weights, torch.no_grad():
            first = augment.joined([pictures(sets, SIZES[0][1])[0] for _ in range(8)])
            load_served(model, dict(weights), as_seen(first))
    frozen, learning = halves(model)
    frozen.trainable = False
    new_layers = NEW_LAYERS if start is not None else (*NEW_LAYERS, "projection", "logits")
    groups = []
    for rate, new in ((PEAK_RATE, False), (NEW_RATE, True)):
        chosen = [v for v in model.trainable_variables if v.path.startswith(new_layers) == new]
        for decay, decays in ((WEIGHT_DECAY, True), (0.0, False)):
            values = [v.value for v in chosen if (v.name == "kernel") == decays]
            groups.append({"params": values, "weight_decay": decay, "peak": rate})
    optimizer = torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.99))
    average = [v.value.detach().clone() for v in model.weights]
    return Training(model, frozen, learning, teacher and teacher_of(teacher), average, optimizer, deque(maxlen=POOL))


def saved(training: Training, out: Path) -> None:
    """Writes the checkpoint, then the averaged weights as Keras reads them; each whole or not at all."""
    state = {
        "weights": [v.value.detach() for v in training.model.weights],
        "average": training.average,
        "optimizer": training.optimizer.state_dict(),
        "step": training.step,
        "seconds": training.seconds,
        "random": torch.get_rng_state(),
    }
    torch.save(state, out / "checkpoint.tmp")
    (out / "checkpoint.tmp").replace(out / "checkpoint.pt")
    kept = [v.value.detach().clone() for v in training.model.weights]
    filled(training.model, training.average)
    training.model.save_weights(out / "next.weights.h5")
    (out / "next.weights.h5").replace(out / "ema.weights.h5")
    filled(training.model, kept)


def resumed(training: Training, out: Path) -> Training:
    """The training as its checkpoint left it, or as it is when there is none."""
    if not (out / "checkpoint.pt").exists():
        return training
    state = torch.load(out / "checkpoint.pt", weights_only=True)
    filled(training.model, state["weights"])
    training.average = state["average"]
    training.optimizer.load_state_dict(state["optimizer"])
    training.step, training.seconds = state["step"], state["seconds"]
    torch.set_rng_state(state["random"])
    print(f"resumed at step {training.step}", flush=True)
    return training


def filled(model: keras.Model, values: list[Tensor]) -> None:
    """Copies the values into the model's weights."""
    with torch.no_grad():
        for variable, value in zip(model.weights, values, strict=True):
            variable.value.copy_(value)


def averaged(training: Training) -> None:
    """Moves the averaged weights and statistics towards the present ones."""
    keep = min(AVERAGING, (1 + training.step) / (10 + training.step))
    with torch.no_grad():
        torch._foreach_lerp_(training.average, [v.value.detach() for v in training.model.weights], 1 - keep)


def trained_step(training: Training, sets: Sets, done: float) -> tuple[float, float, float]:
    """One step; its three losses."""
    for group in training.optimizer.param_groups:
        group["lr"] = group["peak"] * rate_at(done)
    several = portions(training, sets, size_at(done))
    features = [
        torch.cat(column).float().contiguous(memory_format=torch.channels_last)
        for column in zip(*(one.features for one in several), strict=True)
    ]
    targets, parts = torch.cat([one.targets for one in several]), torch.cat([one.parts for one in several])
    training.optimizer.zero_grad()
    logits, embedding, seen = training.learning(features, training=True)
    of_types, of_parts = types_loss(logits, targets), parts_loss(seen, parts)
    first, second = paired_rows(several)
    likeness = likeness_loss(embedding[first + second], len(first)) if first else torch.zeros(())
    (of_types + PARTS_WEIGHT * of_parts + LIKENESS_WEIGHT * likeness).backward()
    torch.nn.utils.clip_grad_norm_([v.value for v in training.model.trainable_variables], 2.0)
    training.optimizer.step()
    training.step += 1
    averaged(training)
    return float(of_types.detach()), float(of_parts.detach()), float(likeness.detach())


def progress(done: float, training: Training, losses: list[float]) -> str:
    """A bar, the share done, the step, the mean losses, and the minutes left at the pace so far."""
    left = f"{training.seconds / done * (1 - done) / 60:.0f}" if done else "?"
    bar = "#" * int(done * 30)
    pace = training.seconds / max(training.step, 1)
    of_types, of_parts, likeness = losses
    shown = f"types {of_types:.4f} parts {of_parts:.4f} likeness {likeness:.4f}"
    return f"[{bar:<30}] {done:6.1%} step {training.step} {shown} {pace:.3f} s/step {left} min left"


def train(training: Training, sets: Sets, options: argparse.Namespace) -> None:
    """Steps until the work or the time is used up, with a checkpoint every few minutes."""
    mean, last_saved, last_shown = [0.0] * 3, time.monotonic(), 0.0
    whole = 0.0
    while True:
        if options.until:
            whole = training.seconds / max(training.seconds + options.until - time.time(), 1)
        else:
            whole = training.seconds / (options.minutes * 60) if options.minutes else training.step / options.steps
        if whole >= 1:
            break
        started = time.monotonic()
        losses = trained_step(training, sets, whole)
        training.seconds += time.monotonic() - started
        mean = [new if old == 0 else 0.98 * old + 0.02 * new for old, new in zip(mean, losses, strict=True)]
        if time.monotonic() - last_shown > 10:
            print(progress(whole, training, mean), flush=True)
            last_shown = time.monotonic()
        if time.monotonic() - last_saved > options.checkpoint_minutes * 60:
            saved(training, options.out)
            last_saved = time.monotonic()
    saved(training, options.out)
    print(progress(1.0, training, mean), flush=True)


def main() -> None:
    """Trains from the command line."""
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(options.seed)
    keras.config.set_image_data_format("channels_first")
    torch.set_default_device("cuda" if torch.cuda.is_available() else "cpu")
    if options.threads:
        torch.set_num_threads(options.threads)
    sets = loaded(options.data, options.outliers, options.out)
    train(resumed(begun(sets, options.start, options.teacher), options.out), sets, options)


if __name__ == "__main__":
    main()
