"""The architecture: a small residual CNN with a unit-length embedding and ten logits.

0-255 [N, S, S, 3] -> /127.5 - 1 -> stem /2 -> residual stages at /2, /4, /8, /16 -> mean -> 128 -> unit length -> 10

The same functions build the network twice: with batch normalisation to train, and without it to serve, where
`folded` has multiplied each normalisation into the layer before it.
"""

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

EMBEDDING_SIZE = 128
NORMALIZATION = "_normalization"
"""What the name of a layer's normalisation adds to the layer's."""
STAGES = ((32, 1, 1), (64, 2, 2), (128, 2, 2), (192, 2, 2))
"""(channels, blocks, stride of the first block) of each residual stage."""


class FastBatchNormalization(layers.BatchNormalization):
    """Keras's batch normalisation through PyTorch's own kernel: the generic one halves the speed on a CPU."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The normalised inputs, in the shape of the inputs."""
        if keras.backend.backend() != "torch" or self.axis != 1:
            return super().call(inputs, training=training, mask=mask)
        from torch.nn.functional import batch_norm  # noqa: PLC0415 -- absent where the model is only served

        return batch_norm(
            inputs,
            self.moving_mean.value,
            self.moving_variance.value,
            self.gamma.value,
            self.beta.value,
            training=bool(training),
            momentum=1 - self.momentum,
            eps=self.epsilon,
        )


def channel_axis() -> int:
    """Where the channels are: PyTorch wants them first, TensorFlow on a CPU last."""
    return 1 if keras.config.image_data_format() == "channels_first" else -1


def normalized(x: keras.KerasTensor, name: str, axis: int = -1) -> keras.KerasTensor:
    """Batch normalisation with statistics that follow the last hundred steps, named after what it normalises."""
    return FastBatchNormalization(axis=axis, momentum=0.97, name=name + NORMALIZATION)(x)


def convolved(
    x: keras.KerasTensor, name: str, shape: tuple[int, int], *, stride: int = 1, serving: bool
) -> keras.KerasTensor:
    """A convolution of `shape` (channels, side of the kernel) and its normalisation (in serving: a bias)."""
    channels, kernel = shape
    x = layers.Conv2D(channels, kernel, strides=stride, padding="same", use_bias=serving, name=name)(x)
    return x if serving else normalized(x, name, channel_axis())


def residual(x: keras.KerasTensor, name: str, channels: int, *, stride: int, serving: bool) -> keras.KerasTensor:
    """A basic residual block; where it shrinks, the shortcut is averaged first (ResNet-D, arXiv:1812.01187)."""
    y = layers.ReLU()(convolved(x, f"{name}_first", (channels, 3), stride=stride, serving=serving))
    y = convolved(y, f"{name}_second", (channels, 3), serving=serving)
    if stride > 1:
        x = layers.AveragePooling2D(stride)(x)
    if x.shape[channel_axis()] != channels:
        x = convolved(x, f"{name}_shortcut", (channels, 1), serving=serving)
    return layers.ReLU()(layers.Add()([x, y]))


def network(dropout: float = 0.2, serving: bool = False) -> keras.Model:
    """Pixels 0-255 of any square size divisible by 16 -> (logits [N, 10], embedding [N, 128] of unit length)."""
    shape = (3, None, None) if channel_axis() == 1 else (None, None, 3)
    pixels = keras.Input(shape, name="pixels")
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(pixels)
    x = layers.ReLU()(convolved(x, "stem", (STAGES[0][0], 3), stride=2, serving=serving))
    for stage, (channels, blocks, stride) in enumerate(STAGES):
        for block in range(blocks):
            first = stride if block == 0 else 1
            x = residual(x, f"stage{stage}_block{block}", channels, stride=first, serving=serving)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(EMBEDDING_SIZE, use_bias=serving, name="projection")(x)
    x = x if serving else normalized(x, "projection")
    embedding = layers.UnitNormalization(name="embedding")(x)
    logits = layers.Dense(10, name="logits")(layers.Rescaling(10.0)(embedding))
    return keras.Model(pixels, [logits, embedding])


def folded(trained: keras.Model) -> keras.Model:
    """The serving network that answers as the trained one does, with no normalisation left to compute."""
    serving = network(serving=True)
    for layer in (layer for layer in serving.layers if layer.weights):
        weights = trained.get_layer(layer.name).get_weights()
        if layer.name != "logits":
            weights = folded_weights(weights[0], trained.get_layer(layer.name + NORMALIZATION))
        layer.set_weights(weights)
    return serving


def folded_weights(kernel: NDArray[np.float32], normalization: keras.Layer) -> list[NDArray[np.float32]]:
    """[kernel, bias] of a layer W with its normalisation: gamma (Wx - mean) / sqrt(variance + epsilon) + beta."""
    gamma, beta, mean, variance = (np.asarray(value) for value in normalization.get_weights())
    scale = gamma / np.sqrt(variance + normalization.epsilon)
    return [kernel * scale, beta - mean * scale]
