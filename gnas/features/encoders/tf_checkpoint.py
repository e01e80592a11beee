"""Tensors out of a TensorFlow checkpoint of the second format, without TensorFlow.

The index file is a sorted string table (LevelDB's): blocks of keys that share beginnings, each with a message of the
protocol buffer `BundleEntryProto`, which says the tensor's shape and place in the data file.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

FOOTER = 48
FLOAT = 1


def read_checkpoint(index: Path, values: Path) -> dict[str, np.ndarray]:
    """The float32 tensors of a checkpoint with one data file, by name.

    Args:
        index: the file that ends in `.index`.
        values: the one that ends in `.data-00000-of-00001`.
    """
    table, data = index.read_bytes(), values.read_bytes()
    _, at = _handle(table, len(table) - FOOTER)  # of the meta index, which says nothing here
    (start, size), _ = _handle(table, at)
    found = {}
    for _, handle in _entries(table[start : start + size]):
        (start, size), _ = _handle(handle, 0)
        for key, message in _entries(table[start : start + size]):
            entry = _fields(message)
            if key and entry.get(1) == FLOAT:
                shape = _shape(entry.get(2, b""))
                first, length = entry.get(4, 0), entry.get(5, 0)
                assert isinstance(first, int)
                assert isinstance(length, int)
                found[key.decode()] = np.frombuffer(data[first : first + length], dtype="<f4").reshape(shape)
    return found


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a block; its end lists restarts, which only a search needs."""
    n_restarts = struct.unpack_from("<I", block, len(block) - 4)[0]
    end, at, key = len(block) - 4 * (n_restarts + 1), 0, b""
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def _fields(message: bytes) -> dict[int, int | bytes]:
    """The fields of a protocol buffer by number; of repeated ones the last."""
    return dict(_all_fields(message))


def _all_fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
        elif kind == 2:
            length, at = _varint(message, at)
            yield tag >> 3, message[at : at + length]
            at += length
        else:  # a fixed number: the checksum
            at += 4 if kind == 5 else 8


def _shape(message: int | bytes) -> list[int]:
    assert isinstance(message, bytes)
    sizes = [_fields(dim).get(1, 0) for number, dim in _all_fields(message) if number == 2 and isinstance(dim, bytes)]
    return [size for size in sizes if isinstance(size, int)]


def _handle(block: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and where the next handle stands."""
    start, at = _varint(block, at)
    size, at = _varint(block, at)
    return (start, size), at


def _varint(block: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = block[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
