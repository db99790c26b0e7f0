"""A strict reader of JSON, written from RFC 8259 and D-03, that says what is wrong first.

It returns a value for the comparison with other readers, and knows two levels: the grammar of the
RFC, and the node's rules on top of it (integers, no duplicates, whole surrogate pairs, depth).
"""

WHITE = b" \t\n\r"
SHORT = {ord(k): v for k, v in {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}.items()}
LARGEST = 2**53 - 1


class Wrong(Exception):
    """Why a document is refused: syntax, utf8, escape, surrogate, number, range, duplicate, depth."""

    def __init__(self, cause):
        super().__init__(cause)
        self.cause = cause


class Reader:
    def __init__(self, data, is_strict, depth_max):
        self.data, self.at, self.is_strict, self.depth_max = data, 0, is_strict, depth_max

    def peek(self):
        return self.data[self.at] if self.at < len(self.data) else -1

    def need(self, byte):
        if self.peek() != byte:
            raise Wrong("syntax")
        self.at += 1

    def skip(self):
        while self.at < len(self.data) and self.data[self.at] in WHITE:
            self.at += 1

    def document(self):
        self.skip()
        value = self.value(0)
        self.skip()
        if self.at != len(self.data):
            raise Wrong("syntax")
        return value

    def value(self, depth):
        first = self.peek()
        if first in (ord("{"), ord("[")):
            if depth + 1 > self.depth_max:
                raise Wrong("depth")
            return self.object(depth + 1) if first == ord("{") else self.array(depth + 1)
        if first == ord('"'):
            return self.string()
        if first == ord("-") or ord("0") <= first <= ord("9"):
            return self.number()
        for word, meaning in ((b"true", True), (b"false", False), (b"null", None)):
            if self.data.startswith(word, self.at):
                self.at += len(word)
                return meaning
        raise Wrong("syntax")

    def items(self, closing, read):
        self.at += 1
        self.skip()
        if self.peek() == closing:
            self.at += 1
            return
        while True:
            self.skip()
            read()
            self.skip()
            if self.peek() == closing:
                self.at += 1
                return
            self.need(ord(","))

    def array(self, depth):
        found = []
        self.items(ord("]"), lambda: found.append(self.value(depth)))
        return found

    def object(self, depth):
        found = []

        def member():
            if self.peek() != ord('"'):
                raise Wrong("syntax")
            key = self.string()
            self.skip()
            self.need(ord(":"))
            self.skip()
            found.append((key, self.value(depth)))

        self.items(ord("}"), member)
        if self.is_strict and len({key for key, _ in found}) < len(found):
            raise Wrong("duplicate")
        return dict(found)

    def digits(self):
        start = self.at
        while ord("0") <= self.peek() <= ord("9"):
            self.at += 1
        return self.data[start : self.at]

    def number(self):
        start = self.at
        if self.peek() == ord("-"):
            self.at += 1
        whole = self.digits()
        if not whole or (len(whole) > 1 and whole[:1] == b"0"):
            raise Wrong("number")
        is_integer = True
        if self.peek() == ord("."):
            self.at += 1
            is_integer = False
            if not self.digits():
                raise Wrong("number")
        if self.peek() in (ord("e"), ord("E")):
            self.at += 1
            is_integer = False
            if self.peek() in (ord("+"), ord("-")):
                self.at += 1
            if not self.digits():
                raise Wrong("number")
        text = self.data[start : self.at].decode()
        if not self.is_strict:
            return int(text) if is_integer else float(text)
        if not is_integer or text == "-0":
            raise Wrong("number")
        if abs(int(text)) > LARGEST:
            raise Wrong("range")
        return int(text)

    def string(self):
        self.at += 1
        found = ""
        while True:
            byte = self.peek()
            if byte == ord('"'):
                self.at += 1
                return found
            if byte < 0x20:
                raise Wrong("syntax")
            found += self.escape() if byte == ord("\\") else self.scalar()

    def scalar(self):
        for size in (1, 2, 3, 4):
            try:
                text = self.data[self.at : self.at + size].decode()
            except UnicodeDecodeError:
                continue
            self.at += size
            return text
        raise Wrong("utf8")

    def escape(self):
        self.at += 1
        kind = self.peek()
        self.at += 1
        if kind in SHORT:
            return SHORT[kind]
        if kind != ord("u"):
            raise Wrong("syntax" if kind < 0 else "escape")
        unit = self.unit()
        if 0xDC00 <= unit < 0xE000:
            return self.alone(unit)
        if not 0xD800 <= unit < 0xDC00:
            return chr(unit)
        before = self.at
        if self.data[self.at : self.at + 2] == b"\\u":
            self.at += 2
            second = self.unit()
            if 0xDC00 <= second < 0xE000:
                return chr(0x10000 + ((unit - 0xD800) << 10) + second - 0xDC00)
        self.at = before
        return self.alone(unit)

    def alone(self, unit):
        if self.is_strict:
            raise Wrong("surrogate")
        return chr(unit)

    def unit(self):
        digits = self.data[self.at : self.at + 4]
        if len(digits) < 4:
            raise Wrong("syntax")
        if any(byte not in b"0123456789abcdefABCDEF" for byte in digits):
            raise Wrong("escape")
        self.at += 4
        return int(digits, 16)


def read(data, is_strict=True, depth_max=10**9):
    return Reader(data, is_strict, depth_max).document()


def cause(data, is_strict=True, depth_max=10**9):
    """Why a document is refused; None when it is read."""
    try:
        read(data, is_strict, depth_max)
        return None
    except Wrong as wrong:
        return wrong.cause
