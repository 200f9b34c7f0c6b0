"""Columns of a statement as buffers: millions of values without a Python object for each.

DuckDB hands out results by Arrow's C data interface (https://arrow.apache.org/docs/format/CDataInterface.html), which is two
structures and three functions; no further package is needed for it.
"""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from shanzhi.kernel.packs.queries.checking.opened import TooMuch

_NUMBERS: dict[bytes, Any] = {b"c": np.int8, b"i": np.int32, b"l": np.int64}
_OFFSETS: dict[bytes, Any] = {b"u": np.int32, b"z": np.int32, b"U": np.int64, b"Z": np.int64}
_CAPSULE = b"arrow_array_stream"
Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts or bytes one behind the other: the one numbered `n` is `data[bounds[n]:bounds[n + 1]]`."""

    data: bytes
    bounds: NDArray[np.int64]

    def ordered(self, order: Numbers) -> "Texts":
        """The same in another order."""
        texts = [self.data[self.bounds[nth] : self.bounds[nth + 1]] for nth in order.tolist()]
        return Texts(b"".join(texts), np.cumsum([0, *(len(text) for text in texts)]))


NOTHING = Texts(b"", np.zeros(1, np.int64))
Column = Any
"""`Numbers` or `Texts`."""


def bytes_of(column: Column) -> int:
    """How many bytes a column takes."""
    return len(column.data) + int(column.bounds.nbytes) if isinstance(column, Texts) else int(column.nbytes)


class _Schema(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p), ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64), ("children", ctypes.POINTER(ctypes.POINTER(_Schema))),
    ("dictionary", ctypes.POINTER(_Schema)), ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Schema))),
    ("private_data", ctypes.c_void_p),
]  # fmt: skip


class _Array(ctypes.Structure):
    pass


_Array._fields_ = [
    ("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64), ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64), ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))), ("dictionary", ctypes.POINTER(_Array)),
    ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(_Array))), ("private_data", ctypes.c_void_p),
]  # fmt: skip


class _Stream(ctypes.Structure):
    pass


_Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Schema))),
    ("get_next", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Stream), ctypes.POINTER(_Array))),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(_Stream))),
    ("release", ctypes.c_void_p), ("private_data", ctypes.c_void_p),
]  # fmt: skip

_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


def batches(db: duckdb.DuckDBPyConnection, statement: str) -> Iterator[list[Column]]:
    """The columns of a statement's rows, 131,072 rows at a time however long they are: whole numbers of 1, 4 or 8 bytes, texts,
    bytes. What is NULL has no meaning here: the statement says something in its place.

    Raises:
        duckdb.Error: as the statement itself would.
        TypeError: a column is of another type.
    """
    # The capsule frees the stream when it goes.
    capsule = db.sql(statement).__arrow_c_stream__()
    stream = ctypes.cast(_pointer(capsule, _CAPSULE), ctypes.POINTER(_Stream))
    schema = _Schema()
    _must(stream, stream.contents.get_schema(stream, schema))
    formats = [schema.children[nth].contents.format for nth in range(schema.n_children)]
    schema.release(schema)
    while True:
        array = _Array()
        _must(stream, stream.contents.get_next(stream, array))
        if not array.release:
            return
        try:
            made = [_column(array.children[nth].contents, form) for nth, form in enumerate(formats)]
        finally:
            array.release(array)
        yield made


def columns(db: duckdb.DuckDBPyConnection, statement: str, most: int) -> list[Column]:
    """All rows of a statement at once, by column; see `batches`. Nothing where there are none.

    Raises:
        TooMuch: they take more than `most` bytes.
    """
    found: list[list[Column]] = []
    size = 0
    for made in batches(db, statement):
        size += sum(bytes_of(column) for column in made)
        if size > most:
            raise TooMuch
        found.append(made)
    return found[0] if len(found) == 1 else [_joined(parts) for parts in zip(*found, strict=True)]


def _must(stream: Any, code: int) -> None:
    if code:
        said = stream.contents.get_last_error(stream)
        raise duckdb.Error(said.decode(errors="replace") if said else f"error {code}")


def _column(array: _Array, form: bytes) -> Column:
    """A copy of a column's values."""
    first, end = array.offset, array.offset + array.length
    if form in _NUMBERS:
        return _copy(array.buffers[1], end, _NUMBERS[form])[first:]
    if form not in _OFFSETS:
        raise TypeError(f"no buffer of {form.decode()}")
    bounds = _copy(array.buffers[1], end + 1, _OFFSETS[form])[first:].astype(np.int64)
    begin = int(bounds[0]) if len(bounds) else 0
    data = ctypes.string_at(array.buffers[2] + begin, int(bounds[-1]) - begin) if array.length else b""
    return Texts(data, bounds - begin)


def _copy(address: int | None, count: int, of: Any) -> Numbers:
    size = count * np.dtype(of).itemsize
    return np.frombuffer(ctypes.string_at(address, size), dtype=of) if address and count else np.zeros(count, dtype=of)


def _joined(parts: Sequence[Column]) -> Column:
    texts = [part for part in parts if isinstance(part, Texts)]
    if not texts:
        return np.concatenate(parts)
    begins = np.cumsum([0, *(len(part.data) for part in texts)])
    bounds = [part.bounds[:-1] + begin for part, begin in zip(texts, begins, strict=False)]
    return Texts(b"".join(part.data for part in texts), np.concatenate([*bounds, begins[-1:]]))
