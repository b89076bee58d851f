"""Trains the garment model on photographs at home and on the street, cut-outs, drawings, things and Fashion-MNIST.

    data folder -> Cutouts (cutouts.py) -> batches (augment.py) -> network (network.py) -> OUT/ema.weights.h5

Keras 3 on PyTorch trains, on a GPU when there is one; export.py makes the SavedModel. The learning rate follows the
share of the work that is done, whether that is counted in steps (reproducible) or in minutes (ends on time).
"""

# ruff: noqa: E402
import argparse
import math
import time
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

HOME, STREET, WHOLE, CUT, DRAWN, THINGS, SHORTS, FASHION = 5, 3, 1, 5, 4, 3, 1, 12
"""Pictures in a portion: photographs at home and on the street, each of them twice, as it is and cut out; on the street
without a mask; single garments and other things that people wear, cut out; drawings; things; trousers cut short;
Fashion-MNIST."""
PORTIONS = {"cpu": 3, "cuda": 20}
"""How many portions a step learns from."""
PEAK_RATE, NEW_RATE = 1e-3, 2e-3
"""Learning rates at their highest, for PORTIONS["cuda"]: of the layers that come with weights, and of those that do
not. They follow the root of the number of portions."""
NEW_LAYERS = ("parts", "likeness")
WEIGHT_DECAY = 0.05
WARM_UP = 0.03
AVERAGING = 0.998
SIZES = ((0.0, 128), (0.4, 160))
"""(share of the training done, side in pixels): small pictures first, which take less time (arXiv:2104.00298)."""
TEACHER_WEIGHT, TEACHER_TEMPERATURE, TEACHER_SIZE = 0.5, 1.0556, 128
"""How much a teacher's softmax counts beside the label, what its logits are divided by first, and the side in pixels of
the pictures that it knows."""
PARTS_WEIGHT, LIKENESS_WEIGHT = 0.4, 0.15
LIKENESS_TEMPERATURE, ALIKE_COLORS = 0.1, 0.08
"""How sharp the likeness is that is learned, and the distance in OKLab at which colours are hardly alike any more."""
DRAWINGS, DRAWINGS_SEED = 360, 1
LABELS = Path(__file__).parent / "labels"


@dataclass
class Training:
    """All that a resumed training needs: the network, its averaged weights, the optimiser and how far it came."""

    model: keras.Model
    teacher: keras.Model | None
    average: list[Tensor]
    optimizer: torch.optim.Optimizer
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
    trousers: Source | None = None
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
        help="weights of a softmax network to learn from as well, from model.unpack",
    )
    parser.add_argument("--out", type=Path, default=Path("build/model"), help="checkpoints and averaged weights")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=4000)
    length.add_argument("--minutes", type=float, help="stop after so many minutes instead")
    length.add_argument("--until", type=float, help="stop at this time instead, in seconds since 1970")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--portions", type=int, help="so many times 42 pictures in a step (default: 3, on a GPU 20)")
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
    trousers = augment.source(home, among=augment.upright_trousers(home))
    return Sets(fashion, kinds, augment.source(drawn), augment.source(home), scenes, single, trousers, of_things)


def pictures(sets: Sets, size: int, portions: int) -> tuple[Batch, int]:
    """So many portions' pictures and the number of pairs; the first 2 × that many are pairs: photographs, then what was
    cut out of each, in the same colours. The last FASHION × portions are Fashion-MNIST's."""
    n, plain = portions, sets.drawn.pixels
    of_fashion = augment.fashion(
        sets.fashion, sets.labels, FASHION * n, size, plain if sets.home is None else sets.home.pixels
    )
    if sets.home is None or sets.street is None or sets.single is None or sets.trousers is None:
        return augment.joined([augment.drawings(sets.drawn, DRAWN * n, size, plain), of_fashion]), 0
    ground = sets.home.pixels
    home = augment.drawn(sets.home, HOME * n, sets.home.cut)
    worn = augment.drawn(sets.street, STREET * n, sets.street.cut)
    of_home, of_worn = augment.recoloring(HOME * n), augment.recoloring(STREET * n, hue_share=0.2)
    several = [
        augment.photos(sets.home, home, size, of_home),
        augment.photos(sets.street, worn, size, of_worn),
        augment.cut_out(sets.home, home, size, ground, of_home),
        augment.cut_out(sets.street, worn, size, ground, of_worn),
        augment.photos(sets.street, augment.drawn(sets.street, WHOLE * n, ~sets.street.cut), size),
        augment.cut_out(sets.single, augment.drawn(sets.single, CUT * n), size, ground),
        augment.drawings(sets.drawn, DRAWN * n, size, ground),
        augment.shorts(sets.trousers, SHORTS * n, size, ground),
        augment.nothing(max(1, n // 3), size, ground),
    ]
    if sets.things is not None:
        several.append(augment.things(sets.things, THINGS * n, size, ground))
    return augment.joined([*several, of_fashion]), (HOME + STREET) * n


def as_seen(batch: Batch) -> Tensor:
    """A batch's pixels as the network takes them."""
    return (batch.pixels * 255).contiguous(memory_format=torch.channels_last)


def taught(teacher: keras.Model, batch: Batch, pairs: int, portions: int) -> Tensor:
    """Targets in which a teacher's softmax counts beside the label, on photographs of one garment at home and on
    Fashion-MNIST, which it knows best."""
    count = len(batch.targets)
    rows = torch.cat([torch.arange(HOME * portions if pairs else 0), torch.arange(count - FASHION * portions, count)])
    known = functional.interpolate(batch.pixels[rows], size=(TEACHER_SIZE, TEACHER_SIZE), mode="bilinear")
    answers = teacher((known * 255).contiguous(memory_format=torch.channels_last), training=False)[0]
    labels = batch.targets[rows, :10]
    single = (labels.amin(1) >= 0) & (labels.sum(1) == 1)
    softmax = torch.softmax(answers.float() / TEACHER_TEMPERATURE, 1)
    mixed = batch.targets.clone()
    mixed[rows, :10] = torch.where(single[:, None], labels.lerp(softmax, TEACHER_WEIGHT), labels)
    return mixed


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


def alike(batch: Batch, pairs: int) -> Tensor:
    """How much each picture should be like each other one [N, N], 0..1.

    A photograph and what was cut out of it wholly; others as far as their colours are alike, if they show the same
    types. 0 with itself and where too little is known.
    """
    types = batch.targets[:, :10]
    colors, known = batch.colors()
    known &= ((types >= 0).all(1) & (types > 0).any(1)) & (batch.targets[:, 10] == 0)
    same = (torch.cdist(types, types, p=1) < 0.5) & known[:, None] & known[None, :]
    wanted = torch.exp(-((torch.cdist(colors, colors) / ALIKE_COLORS) ** 2) / 2) * same
    first = torch.arange(pairs)
    wanted[first, first + pairs] = wanted[first + pairs, first] = 1.0
    return wanted.fill_diagonal_(0)


def likeness_loss(embedding: Tensor, wanted: Tensor) -> Tensor:
    """The mean cross-entropy of telling from the embeddings [N, 128] which pictures are alike, as `wanted` [N, N] says
    (NT-Xent with several positives, arXiv:2004.11362). A picture that is like no other counts less."""
    products = embedding @ embedding.T / LIKENESS_TEMPERATURE
    products = products.masked_fill(torch.eye(len(embedding), dtype=torch.bool), -1e4)
    total = wanted.sum(1, keepdim=True)
    each = -(wanted / total.clamp(min=1e-6) * torch.log_softmax(products, 1)).sum(1)
    counts = total[:, 0].clamp(max=1)
    return (each * counts).sum() / counts.sum().clamp(min=1)


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
    """A served network with these weights."""
    model = network(serving=True)
    with np.load(weights) as arrays:
        for layer in (layer for layer in model.layers if f"{layer.name}.kernel" in arrays):
            layer.set_weights([arrays[f"{layer.name}.kernel"], arrays[f"{layer.name}.bias"]])
    return model


def begun(sets: Sets, portions: int, start: Path | None, teacher: Path | None) -> Training:
    """A training that has not begun; kernels decay, biases and normalisation do not."""
    model = network()
    if start is None:
        load_imagenet(model)
    else:
        with np.load(start) as weights, torch.no_grad():
            load_served(model, dict(weights), as_seen(pictures(sets, SIZES[0][1], 8)[0]))
    new_layers = NEW_LAYERS if start is not None else (*NEW_LAYERS, "projection", "logits")
    groups = []
    slower = math.sqrt(portions / PORTIONS["cuda"])
    for rate, new in ((PEAK_RATE * slower, False), (NEW_RATE * slower, True)):
        chosen = [v for v in model.trainable_variables if v.path.startswith(new_layers) == new]
        for decay, decays in ((WEIGHT_DECAY, True), (0.0, False)):
            values = [v.value for v in chosen if (v.name == "kernel") == decays]
            groups.append({"params": values, "weight_decay": decay, "peak": rate})
    optimizer = torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.99))
    average = [v.value.detach().clone() for v in model.weights]
    return Training(model, teacher and teacher_of(teacher), average, optimizer)


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
    torch.set_rng_state(state["random"].cpu())  # on a GPU, torch.load puts it there
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


def trained_step(training: Training, sets: Sets, portions: int, done: float) -> Tensor:
    """One step; its three losses."""
    for group in training.optimizer.param_groups:
        group["lr"] = group["peak"] * rate_at(done)
    with torch.no_grad():
        batch, pairs = pictures(sets, size_at(done), portions)
        targets = batch.targets if training.teacher is None else taught(training.teacher, batch, pairs, portions)
        wanted = alike(batch, pairs)
    training.optimizer.zero_grad()
    logits, embedding, parts = training.model(as_seen(batch), training=True)
    losses = types_loss(logits, targets), parts_loss(parts.float(), batch.parts), likeness_loss(embedding, wanted)
    (losses[0] + PARTS_WEIGHT * losses[1] + LIKENESS_WEIGHT * losses[2]).backward()
    torch.nn.utils.clip_grad_norm_([v.value for v in training.model.trainable_variables], 2.0)
    training.optimizer.step()
    training.step += 1
    averaged(training)
    return torch.stack(losses).detach()


def progress(done: float, training: Training, losses: Tensor) -> str:
    """A bar, the share done, the step, the mean losses, and the minutes left at the pace so far."""
    left = f"{training.seconds / done * (1 - done) / 60:.0f}" if done else "?"
    bar = "#" * int(done * 30)
    pace = training.seconds / max(training.step, 1)
    of_types, of_parts, likeness = losses.tolist()
    shown = f"types {of_types:.4f} parts {of_parts:.4f} likeness {likeness:.4f}"
    return f"[{bar:<30}] {done:6.1%} step {training.step} {shown} {pace:.3f} s/step {left} min left"


def portions_of(options: argparse.Namespace) -> int:
    """How many portions a step learns from."""
    return options.portions or PORTIONS["cuda" if torch.cuda.is_available() else "cpu"]


def train(training: Training, sets: Sets, options: argparse.Namespace) -> None:
    """Steps until the work or the time is used up, with a checkpoint every few minutes."""
    mean, last_saved, last_shown = torch.zeros(3), time.monotonic(), 0.0
    portions = portions_of(options)
    whole = 0.0
    while True:
        if options.until:
            whole = training.seconds / max(training.seconds + options.until - time.time(), 1)
        else:
            whole = training.seconds / (options.minutes * 60) if options.minutes else training.step / options.steps
        if whole >= 1:
            break
        started = time.monotonic()
        losses = trained_step(training, sets, portions, whole)
        mean = losses if training.step == 1 else mean.lerp(losses, 0.02)
        training.seconds += time.monotonic() - started
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
    if torch.cuda.is_available():
        keras.config.set_dtype_policy("mixed_bfloat16")
        torch.backends.cudnn.benchmark = True
    if options.threads:
        torch.set_num_threads(options.threads)
    sets = loaded(options.data, options.outliers, options.out)
    begin = begun(sets, portions_of(options), options.start, options.teacher)
    train(resumed(begin, options.out), sets, options)


if __name__ == "__main__":
    main()
