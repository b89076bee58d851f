"""Trains the garment model on Fashion-MNIST and, where there are any, photographs.

    data folder -> batches (data.py) -> network (network.py) -> moving average of the weights -> OUT/ema.weights.h5

Keras 3 on PyTorch trains, on a GPU when there is one; export.py makes the SavedModel. The learning rate follows the
share of the work that is done, whether that is counted in epochs (reproducible) or in minutes (ends on time).
"""

# ruff: noqa: E402
import argparse
import math
import time
from dataclasses import dataclass
from pathlib import Path

from model.environment import before_keras

before_keras("torch")

import keras
import torch
from torch import Tensor
from torch.nn import functional

from model import augment, data
from model.network import load_imagenet, network

BATCH, PHOTOS, THINGS = 96, 36, 8
"""Pictures in a step, and how many of them are photographs, and things that are no garments, where there are any."""
PEAK_RATE, NEW_RATE = 7e-4, 2e-3
"""Learning rates at their highest: of the layers that come with ImageNet weights, and of the two that do not."""
NEW_LAYERS = ("projection", "logits")
WEIGHT_DECAY = 0.05
WARM_UP = 0.05
AVERAGING = 0.998
SIZES = ((0.0, 96), (0.6, 128))
"""(share of the training done, side in pixels): small pictures first, twice as fast (arXiv:2104.00298)."""
LABELS = Path(__file__).parent / "labels"


@dataclass
class Training:
    """All that a resumed training needs: the network, its averaged weights, the optimiser and how far it came."""

    model: keras.Model
    average: list[Tensor]
    optimizer: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0


@dataclass
class Sets:
    """What is trained on, on the training device; the photographs' part is None without a data folder."""

    fashion: Tensor
    labels: Tensor
    photos: data.Photos | None
    pixels: Tensor | None
    targets: Tensor | None
    weights: Tensor | None
    things: tuple[Tensor, Tensor] | None = None


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with clothing-dataset-small/ and keras/")
    parser.add_argument("--outliers", type=Path, help="folder with pictures of what is no garment")
    parser.add_argument("--out", type=Path, default=Path("build/model"), help="checkpoints and averaged weights")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=float, default=24.0, help="passes over the Fashion-MNIST half")
    length.add_argument("--minutes", type=float, help="stop after so many minutes instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, help="CPU threads (default: all cores)")
    parser.add_argument("--checkpoint-minutes", type=float, default=4.0)
    return parser.parse_args()


def loaded(folder: Path | None, out: Path) -> Sets:
    """Both data sets; without a data folder, Fashion-MNIST alone, which Keras downloads."""
    (images, labels), _ = data.load_fashion_mnist()
    fashion, kinds = torch.tensor(images)[:, None], torch.tensor(labels)
    root = None if folder is None else folder / "clothing-dataset-small" / "train"
    if root is None or not root.is_dir():
        print("no data folder with photographs: they are skipped, Fashion-MNIST alone is learned", flush=True)
        return Sets(fashion, kinds, None, None, None, None)
    photos = data.cached_photos(root, data.CACHE_SIZE, out / "photos.npz")
    pixels = torch.tensor(photos.pixels).permute(0, 3, 1, 2).contiguous()
    return labelled(Sets(fashion, kinds, photos, pixels, None, None))


def labelled(sets: Sets) -> Sets:
    """The same sets with the targets that the label files give now."""
    if sets.photos is not None:
        labels = data.read_labels(LABELS)
        sets.targets = augment.photo_targets(sets.photos, labels)
        sets.weights = augment.photo_weights(sets.photos, labels)
        print(
            f"{sum(name in labels for name in sets.photos.names)} training photographs labelled by eye",
            flush=True,
        )
    return sets


def batch(sets: Sets, size: int) -> tuple[Tensor, Tensor]:
    """Pixels 0-255 [BATCH, 3, size, size] and targets [BATCH, 11]."""
    if sets.pixels is None or sets.targets is None or sets.weights is None:
        images, targets = augment.fashion_batch(sets.fashion, sets.labels, None, BATCH, size)
    else:
        photo, wanted = augment.photo_batch(sets.pixels, sets.targets, sets.weights, PHOTOS, size)
        things = 0 if sets.things is None else THINGS
        garment, kinds = augment.fashion_batch(sets.fashion, sets.labels, sets.pixels, BATCH - PHOTOS - things, size)
        parts = [(photo, wanted), (garment, kinds)]
        if sets.things is not None:
            parts.append(augment.thing_batch(*sets.things, sets.pixels, things, size))
        images, targets = (torch.cat(part) for part in zip(*parts, strict=True))
    return (images * 255).contiguous(memory_format=torch.channels_last), targets


def loss_of(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over rows of Σ -tᵢ log pᵢ - t₁₀ log(p of the three shoes), see data.py."""
    log_p = functional.log_softmax(logits, 1)
    together = torch.logsumexp(log_p[:, list(data.SHOES)], 1)
    return -((targets[:, :10] * log_p).sum(1) + targets[:, 10] * together).mean()


def rate_at(done: float) -> float:
    """The share of its peak that a learning rate has when `done` of the training is behind: a rise, a half cosine."""
    if done < WARM_UP:
        return done / WARM_UP + 0.01
    fall = (done - WARM_UP) / (1 - WARM_UP)
    return 0.5 + 0.5 * math.cos(math.pi * fall) + 1e-3


def size_at(done: float) -> int:
    """The side of the training pictures when a share `done` of the training is behind."""
    return [size for start, size in SIZES if start <= done][-1]


def begun() -> Training:
    """A training that has not begun: ImageNet's convolutions; kernels decay, biases and normalisation do not."""
    model = network()
    load_imagenet(model)
    groups = []
    for rate, new in ((PEAK_RATE, False), (NEW_RATE, True)):
        chosen = [v for v in model.trainable_variables if v.path.startswith(NEW_LAYERS) == new]
        for decay, decays in ((WEIGHT_DECAY, True), (0.0, False)):
            values = [v.value for v in chosen if (v.name == "kernel") == decays]
            groups.append({"params": values, "weight_decay": decay, "peak": rate})
    optimizer = torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.99))
    return Training(model, [v.value.detach().clone() for v in model.weights], optimizer)


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


def trained_step(training: Training, sets: Sets, done: float) -> float:
    """One step; its loss."""
    for group in training.optimizer.param_groups:
        group["lr"] = group["peak"] * rate_at(done)
    images, targets = batch(sets, size_at(done))
    training.optimizer.zero_grad()
    loss = loss_of(training.model(images, training=True)[0], targets)
    loss.backward()
    torch.nn.utils.clip_grad_norm_([v.value for v in training.model.trainable_variables], 2.0)
    training.optimizer.step()
    training.step += 1
    averaged(training)
    return float(loss.detach())


def progress(done: float, training: Training, loss: float) -> str:
    """A bar, the share done, the step, the mean loss, and the minutes left at the pace so far."""
    left = f"{training.seconds / done * (1 - done) / 60:.0f}" if done else "?"
    bar = "#" * int(done * 30)
    pace = training.seconds / max(training.step, 1)
    return f"[{bar:<30}] {done:6.1%} step {training.step} loss {loss:.4f} {pace:.3f} s/step {left} min left"


def train(training: Training, sets: Sets, options: argparse.Namespace) -> None:
    """Steps until the epochs or the minutes are used up, with a checkpoint every few minutes."""
    steps = options.epochs * len(sets.fashion) / (BATCH if sets.pixels is None else BATCH - PHOTOS)
    mean, last_saved, last_shown = 0.0, time.monotonic(), 0.0
    while True:
        whole = training.seconds / (options.minutes * 60) if options.minutes else training.step / steps
        if whole >= 1:
            break
        started = time.monotonic()
        loss = trained_step(training, sets, whole)
        training.seconds += time.monotonic() - started
        mean = loss if mean == 0 else 0.99 * mean + 0.01 * loss
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
    sets = loaded(options.data, options.out)
    if options.outliers is not None:
        pictures, folders = data.cached_things(options.outliers, data.CACHE_SIZE, options.out / "things.npz")
        print(f"{len(folders)} pictures of what is no garment", flush=True)
        sets.things = (torch.tensor(pictures).permute(0, 3, 1, 2).contiguous(), augment.thing_weights(folders))
    train(resumed(begun(), options.out), sets, options)


if __name__ == "__main__":
    main()
