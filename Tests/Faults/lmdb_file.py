"""Reads LMDB's data file without LMDB: where which bytes lie, and what the tables hold."""

import struct

BRANCH, LEAF, OVERFLOW = 1, 2, 4
BIG, TABLE = 1, 2
NO_ROOT = 2**64 - 1


class DataFile:
    """One `data.mdb`: the tables of its newest commit, and places by kind."""

    def __init__(self, data: bytes):
        self.data = data
        self.page_size = struct.unpack_from("<I", data, 40)[0]
        self.places: dict[str, list[tuple[int, int]]] = {}
        metas = [self._meta(0), self._meta(self.page_size)]
        for offset in (0, self.page_size):
            self._note("meta page", offset, 152)
        newest = max(metas, key=lambda meta: meta["transaction"])
        self._walk(newest["free"], "list of free pages")
        tables = self._walk(newest["main"], "table of tables")
        self.tables = {
            name.decode(): self._walk(self._tree(value, 0), self._kind(name.decode())) for name, value in tables.items()
        }

    @staticmethod
    def _kind(name: str) -> str:
        return {"log": "record", "meta": "figures", "id": "index by id", "type_time": "index by time"}[name]

    def _meta(self, offset: int) -> dict:
        return {
            "free": self._tree(self.data, offset + 40),
            "main": self._tree(self.data, offset + 88),
            "transaction": struct.unpack_from("<Q", self.data, offset + 144)[0],
        }

    @staticmethod
    def _tree(data: bytes, offset: int) -> int:
        return struct.unpack_from("<Q", data, offset + 40)[0]

    def _note(self, kind: str, offset: int, count: int) -> None:
        self.places.setdefault(kind, []).append((offset, count))

    def _walk(self, root: int, kind: str) -> dict[bytes, bytes]:
        entries: dict[bytes, bytes] = {}
        if root != NO_ROOT:
            self._page(root, kind, entries)
        return entries

    def _page(self, number: int, kind: str, entries: dict[bytes, bytes]) -> None:
        start = number * self.page_size
        flags, lower = struct.unpack_from("<HH", self.data, start + 10)
        self._note("page header", start, 16)
        self._note("offsets in a page", start + 16, lower - 16)
        for index in range((lower - 16) // 2):
            offset = start + struct.unpack_from("<H", self.data, start + 16 + 2 * index)[0]
            low, high, node_flags, key_size = struct.unpack_from("<HHHH", self.data, offset)
            key = self.data[offset + 8 : offset + 8 + key_size]
            if flags & BRANCH:
                self._note("branch", offset, 8 + key_size)
                self._page(low | high << 16 | node_flags << 32, kind, entries)
                continue
            size = low | high << 16
            value = offset + 8 + key_size
            self._note("entry header", offset, 8)
            if node_flags & BIG:
                self._note("link to a large value", value, 8)
                page = struct.unpack_from("<Q", self.data, value)[0] * self.page_size
                self._note("page header", page, 16)
                value = page + 16
                self._note("large " + kind, value, size)
            else:
                self._note(kind, offset + 8, key_size + size)
            entries[key] = self.data[value : value + size]
