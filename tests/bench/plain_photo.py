"""The plain way from a photo's bytes to probabilities, as TensorFlow's tutorials show it."""

import io
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image


def load(file: str) -> Any:
    """A Keras model from its file."""
    return tf.keras.models.load_model(file)


def probabilities(model: Any, data: bytes) -> list[float]:
    """What the model says of one photo, in the order of its classes."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    height, width = model.input_shape[1:3]
    pixels = np.asarray(image.resize((width, height)))
    answer: list[float] = model.predict(pixels[np.newaxis], verbose=0)[0].tolist()
    return answer
