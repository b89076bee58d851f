"""Open a SavedModel with TensorFlow's C API and run it, without `import tensorflow`."""

import ctypes
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from ctypes import byref, c_char_p, c_int64, c_void_p
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classify.tensorflow_library import Output, library
from photo_library.errors import ModelError
from photo_library.metrics import Timer

_FLOAT, _UINT8 = 1, 4  # TF_DataType
# A ConfigProto (tensorflow/core/protobuf/config.proto). One thread within an operation (field 2: 1) and one for
# operations beside each other (5: 1): two that wait for each other all the time are slower than one. Of all ways to
# rewrite the graph at the first run (10.10) only "remap" (100), once (12: 1), which joins a convolution with its bias
# and ReLU: the others find nothing in this graph, and take a tenth of a second. Nor is there anything to gain by what
# is computed before the first run (10.3.3, opt_level: -1, none), except work for it: another 30 ms.
_CONFIG = b"\x10\x01\x28\x01\x52\x19\x1a\x0b\x18" + b"\xff" * 9 + b"\x01\x52\x0a\xa2\x06\x05remap\x60\x01"
Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


class Predictions(NamedTuple):
    """The model's output for N pictures."""

    probabilities: Floats  # [N, types]
    embeddings: Floats  # [N, numbers], of unit length: alike garments are near each other
    garments: Floats | None = None  # [N, rows, columns], 0 to 1: how much each place shows a garment of these types


class SavedModel:
    """A SavedModel that is ready to run; several threads may run it at once.

    `version`, `types` (in the order of the probabilities), `size` (height, width) and `channels` come from the
    manifest that was written with the model.
    """

    def __init__(self, folder: Path) -> None:
        """Open `folder`/saved_model as `folder`/manifest.json says. Raises ModelError."""
        try:
            manifest = json.loads((folder / "manifest.json").read_text())
            self.version: str = manifest["version"]
            self.types: tuple[str, ...] = tuple(manifest["types"])
            self.size: tuple[int, int] = tuple(manifest["input"]["size"])
            self.channels: int = manifest["input"]["channels"]
            outputs = manifest["outputs"]
            names = [manifest["input"]["name"], outputs["probabilities"], outputs["embedding"]]
            if "garment" in outputs:  # other models may not say where the garment is
                names.append(outputs["garment"])
                self._garment_size = tuple(manifest["garment_size"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder / 'manifest.json'}: {error!r}") from error
        self.timer: Timer = nullcontext  # measures each run
        self._tf = library()
        self._graph = self._tf.TF_NewGraph()
        self._session = self._open(folder / "saved_model")
        self._input, *outputs_found = (self._operation(name) for name in names)
        self._outputs = (Output * len(outputs_found))(*outputs_found)

    def _open(self, folder: Path) -> Any:
        options = self._tf.TF_NewSessionOptions()
        tags = (c_char_p * 1)(b"serve")
        try:
            with self._status() as status:
                self._tf.TF_SetConfig(options, _CONFIG, len(_CONFIG), status)
            with self._status() as status:
                return self._tf.TF_LoadSessionFromSavedModel(
                    options, None, os.fsencode(folder), tags, len(tags), self._graph, None, status
                )
        finally:
            self._tf.TF_DeleteSessionOptions(options)

    def _operation(self, name: str) -> Output:
        operation, _, index = name.partition(":")
        pointer = self._tf.TF_GraphOperationByName(self._graph, operation.encode())
        if not pointer:
            raise ModelError(f"the SavedModel has no operation {operation!r}, which its manifest names")
        return Output(pointer, int(index))

    def run(self, pixels: Pixels) -> Predictions:
        """What pictures [N, height, width, channels] show. Raises ModelError."""
        expected = (*self.size, self.channels)
        if pixels.dtype != np.uint8 or pixels.shape[1:] != expected:
            raise ModelError(f"the model takes uint8 [N, {expected}], not {pixels.dtype} {list(pixels.shape)}")
        if self.channels == 1:
            pixels = pixels[..., 0]  # a grey model's pictures have no axis for channels
        dimensions = (c_int64 * pixels.ndim)(*pixels.shape)
        given = self._tf.TF_AllocateTensor(_UINT8, dimensions, pixels.ndim, pixels.nbytes)
        answers = (c_void_p * len(self._outputs))()
        try:
            np.copyto(self._view(given, pixels.nbytes, np.uint8), pixels.reshape(-1))
            with self.timer(), self._status() as status:
                self._tf.TF_SessionRun(
                    self._session, None,
                    byref(self._input), byref(c_void_p(given)), 1,
                    self._outputs, answers, len(self._outputs),
                    None, 0, None, status,
                )  # fmt: skip
            probabilities, embeddings, *garments = (self._rows(answer, len(pixels)) for answer in answers)
        finally:
            for tensor in (given, *answers):
                if tensor:
                    self._tf.TF_DeleteTensor(tensor)
        if probabilities.shape[1] != len(self.types):
            raise ModelError(f"the SavedModel does not answer with float32 [N, {len(self.types)}]")
        places = [garment.reshape(-1, *self._garment_size) for garment in garments]
        return Predictions(probabilities, embeddings, *places)

    def _rows(self, tensor: Any, count: int) -> Floats:
        """A copy of a tensor float32 [count, …]. Raises ModelError when it is none."""
        size = self._tf.TF_TensorByteSize(tensor)
        if self._tf.TF_TensorType(tensor) != _FLOAT or size % (4 * count):
            raise ModelError(f"the SavedModel does not answer with float32 [{count}, …]")
        copy: Floats = self._view(tensor, size, np.float32).copy()
        return copy.reshape(count, -1)

    def _view(self, tensor: Any, size: int, dtype: Any) -> Any:
        """The tensor's own memory as a flat array; valid until the tensor is deleted."""
        memory = (ctypes.c_char * size).from_address(self._tf.TF_TensorData(tensor)) if size else b""
        return np.frombuffer(memory, dtype)

    @contextmanager
    def _status(self) -> Iterator[Any]:
        """A TF_Status for one call; what it reports is raised as ModelError."""
        status = self._tf.TF_NewStatus()
        try:
            yield status
            if self._tf.TF_GetCode(status):
                raise ModelError(f"TensorFlow: {self._tf.TF_Message(status).decode(errors='replace')}")
        finally:
            self._tf.TF_DeleteStatus(status)

    def close(self) -> None:
        """Free the session and the graph; the model cannot be run afterwards."""
        with self._status() as status:
            self._tf.TF_CloseSession(self._session, status)
        with self._status() as status:
            self._tf.TF_DeleteSession(self._session, status)
        self._tf.TF_DeleteGraph(self._graph)


def open_model(folder: Path) -> SavedModel:
    """A SavedModel that has run once, because TensorFlow prepares the graph in its first run.

    TensorFlow's calls release Python's lock, so other threads continue meanwhile.
    """
    model = SavedModel(folder)
    model.run(np.zeros((1, *model.size, model.channels), np.uint8))
    return model
