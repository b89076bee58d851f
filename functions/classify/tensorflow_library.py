"""The C API inside the tensorflow-cpu wheel, without `import tensorflow` (decision 6).

The Python package takes seconds to import, at the edge of Lambda's ten for a start; its libraries load in a quarter of
a second. The functions used are those of tensorflow/c/c_api.h, which is public and stable:
https://www.tensorflow.org/install/lang_c. No NumPy here: the libraries load while that is imported.
"""

import ctypes
import importlib.util
import os
import re
import sys
from ctypes import POINTER, c_char_p, c_int, c_int64, c_size_t, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

from photo_library.errors import ModelError

_MADV_DONTNEED = 4


class Output(ctypes.Structure):
    """TF_Output: one result of an operation."""

    _fields_ = (("operation", c_void_p), ("index", c_int))


@cache
def library() -> Any:
    """The wheel's libraries with the signatures of the functions used. Runs no Python code of TensorFlow's."""
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("tensorflow-cpu is not installed")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # errors only
    folder = Path(spec.submodule_search_locations[0])
    names = ("libtensorflow_framework", "libtensorflow_cc")
    suffix = "{}.2.dylib" if sys.platform == "darwin" else "{}.so.2"
    library = [_loaded(folder / suffix.format(name)) for name in names][1]
    _give_back_pages()
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "TF_NewStatus": (c_void_p, []),
        "TF_DeleteStatus": (None, [c_void_p]),
        "TF_GetCode": (c_int, [c_void_p]),
        "TF_Message": (c_char_p, [c_void_p]),
        "TF_NewGraph": (c_void_p, []),
        "TF_DeleteGraph": (None, [c_void_p]),
        "TF_NewSessionOptions": (c_void_p, []),
        "TF_DeleteSessionOptions": (None, [c_void_p]),
        "TF_SetConfig": (None, [c_void_p, c_char_p, c_size_t, c_void_p]),
        "TF_LoadSessionFromSavedModel": (
            c_void_p,
            [c_void_p, c_void_p, c_char_p, POINTER(c_char_p), c_int, c_void_p, c_void_p, c_void_p],
        ),
        "TF_GraphOperationByName": (c_void_p, [c_void_p, c_char_p]),
        "TF_AllocateTensor": (c_void_p, [c_int, POINTER(c_int64), c_int, c_size_t]),
        "TF_DeleteTensor": (None, [c_void_p]),
        "TF_TensorData": (c_void_p, [c_void_p]),
        "TF_TensorByteSize": (c_size_t, [c_void_p]),
        "TF_TensorType": (c_int, [c_void_p]),
        "TF_SessionRun": (
            None,
            [
                c_void_p, c_void_p,
                POINTER(Output), POINTER(c_void_p), c_int,
                POINTER(Output), POINTER(c_void_p), c_int,
                c_void_p, c_int, c_void_p, c_void_p,
            ],
        ),
        "TF_CloseSession": (None, [c_void_p, c_void_p]),
        "TF_DeleteSession": (None, [c_void_p, c_void_p]),
    }  # fmt: skip
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _loaded(path: Path) -> ctypes.CDLL:
    """The library at `path`. Raises ModelError.

    ctypes.CDLL would hold the interpreter's lock for the quarter of a second that the loading takes; a call of
    dlopen as of any C function does not.
    """
    loader = ctypes.CDLL(None)
    loader.dlopen.restype, loader.dlopen.argtypes = c_void_p, [c_char_p, c_int]
    loader.dlerror.restype = c_char_p
    # RTLD_LOCAL: the BoringSSL inside would otherwise shadow OpenSSL, and Python's ssl and hmac would crash.
    handle = loader.dlopen(os.fsencode(path), os.RTLD_LOCAL | os.RTLD_LAZY)
    if not handle:
        raise ModelError(f"TensorFlow's libraries do not load: {(loader.dlerror() or b'').decode(errors='replace')}")
    return ctypes.CDLL(str(path), handle=handle)


def _give_back_pages(mappings: Path = Path("/proc/self/smaps")) -> None:
    """Let go of the pages of TensorFlow's libraries that only loading has touched: 200 MB of memory.

    They are unchanged parts of the files, which the kernel brings back when one is used again.
    """
    if not mappings.exists():
        return  # not Linux
    libc = ctypes.CDLL(None)
    libc.madvise.argtypes = [c_void_p, c_size_t, c_int]
    for mapping in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", mappings.read_text()):
        found = re.match(r"([0-9a-f]+)-([0-9a-f]+) r-[x-]p .*/libtensorflow_", mapping)
        if found and re.search(r"(?m)^Anonymous: +0 kB$", mapping):  # no page of it was written to
            start, end = (int(address, 16) for address in found.groups())
            libc.madvise(start, end - start, _MADV_DONTNEED)
