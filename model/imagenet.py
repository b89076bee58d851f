"""Prepares the network that tells what is no garment: EfficientNet-Lite0 as ImageNet taught it.

    python -m model.imagenet --data FOLDER --outliers FOLDER --out FILE.npz

FILE.npz, for export.py, which has no PyTorch to read them with: `<layer>.kernel` and `<layer>.bias` of each layer,
the normalisation folded in, and of a layer more, `garment`: from the features, the log-odds of some of the ten types.
"""

# ruff: noqa: E402
import argparse
from pathlib import Path
from typing import Any

from model.environment import before_keras

before_keras("torch")

import keras
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from model import train
from model.network import folded, imagenet_network, load_imagenet

SIZE, SEED = 128, 5
SMALL = 0.03
"""How much the sum of the squares of the layer's numbers counts beside the mean loss."""


def shows_a_type(targets: Tensor) -> Tensor:
    """1 where one of the ten types is shown, 0 where none is, -1 where that is not known; of targets [N, 11]."""
    some = (targets == 1).any(1)
    return torch.where(some, 1.0, torch.where((targets[:, :10] == 0).all(1), 0.0, -1.0))


def fitted(features: Tensor, shown: Tensor) -> tuple[Tensor, Tensor]:
    """Kernel [F, 1] and bias [1] of the likeliest logistic regression of `shown` [N] on features [N, F]."""
    mean, spread = features.mean(0), features.std(0) + 0.05
    x = (features - mean) / spread
    numbers = torch.zeros(x.shape[1] + 1, requires_grad=True)
    optimizer = torch.optim.LBFGS([numbers], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        said = x @ numbers[:-1] + numbers[-1]
        of_all = functional.binary_cross_entropy_with_logits(said, shown) + SMALL * (numbers[:-1] ** 2).sum()
        of_all.backward()
        return of_all

    optimizer.step(loss)
    kernel = numbers.detach()[:-1] / spread
    return kernel[:, None], (numbers.detach()[-1] - kernel @ mean)[None]


def main() -> None:
    """Writes the weights, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="as of train.py")
    parser.add_argument("--outliers", type=Path, help="as of train.py")
    parser.add_argument(
        "--out", type=Path, required=True, help="the .npz file to write, where train.py keeps its pictures"
    )
    parser.add_argument("--portions", type=int, default=150, help="so many times some thirty pictures (150)")
    options = parser.parse_args()
    keras.utils.set_random_seed(SEED)
    keras.config.set_image_data_format("channels_first")
    model = imagenet_network()
    load_imagenet(model)
    classes = folded(model)
    seen = keras.Model(classes.input, classes.get_layer("classes").input)
    sets = train.loaded(options.data, options.outliers, options.out.parent)
    features, shown = [], []
    with torch.no_grad():
        for _ in range(options.portions):
            batch, _ = train.pictures(sets, SIZE)
            features.append(seen(train.as_seen(batch), training=False))
            shown.append(shows_a_type(batch.targets))
    known = torch.cat(shown) >= 0
    kernel, bias = fitted(torch.cat(features)[known], torch.cat(shown)[known])
    arrays: dict[str, Any] = {"garment.kernel": kernel.numpy(), "garment.bias": bias.numpy()}
    for layer in (layer for layer in classes.layers if layer.weights):
        arrays[f"{layer.name}.kernel"], arrays[f"{layer.name}.bias"] = layer.get_weights()
    np.savez(options.out, **arrays)


if __name__ == "__main__":
    main()
