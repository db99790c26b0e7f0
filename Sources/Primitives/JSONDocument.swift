/// A strict JSON document: its bytes and where each value stands in them.
public struct JSONDocument: Sendable {
    /// The document as received.
    public let bytes: [UInt8]
    let tape: [JSONEntry]

    /// Reads a document.
    ///
    /// - Throws: ``JSONError`` with the cause and its place.
    public init(scanning bytes: [UInt8], limits: JSONLimits = .message) throws(JSONError) {
        self.tape = try JSONScanner.scan(bytes, limits)
        self.bytes = bytes
    }

    /// The outermost value.
    public var root: JSONView { JSONView(document: self, index: 0) }

    /// Whether the bytes are the RFC 8785 form already.
    public var isCanonical: Bool {
        self.tape[0].isCanonical && Int(self.tape[0].end) == self.bytes.count
            && self.tape[0].start == 0
    }

    /// The RFC 8785 form.
    public func canonicalBytes() -> [UInt8] {
        self.isCanonical ? self.bytes : self.root.canonicalBytes()
    }
}

/// A value inside a document; it shares the document's bytes.
public struct JSONView: Sendable {
    private let document: JSONDocument
    private let index: Int

    init(document: JSONDocument, index: Int) {
        self.document = document
        self.index = index
    }

    private var entry: JSONEntry { self.document.tape[self.index] }

    /// What the value is.
    public var kind: JSONKind { self.entry.kind }

    /// Where the value stands in the document's bytes.
    public var byteRange: Range<Int> { self.entry.place }

    /// Whether the value is null.
    public var isNull: Bool { self.kind == .null }

    /// The truth value; nil for other kinds.
    public var bool: Bool? {
        self.kind == .bool ? self.document.bytes[Int(self.entry.start)] == 0x74 : nil
    }

    /// The number; nil for other kinds.
    public var integer: Int64? {
        guard self.kind == .integer else { return nil }
        var value: Int64 = 0
        var isNegative = false
        // The scanner bounds the magnitude by 2^53, so this cannot overflow.
        for byte in self.document.bytes[Int(self.entry.start)..<Int(self.entry.end)] {
            if byte == 0x2d { isNegative = true } else { value = value * 10 + Int64(byte - 0x30) }
        }
        return isNegative ? -value : value
    }

    /// The text; nil for other kinds.
    public var string: String? {
        self.withStringUTF8 { String(decoding: $0, as: UTF8.self) }
    }

    /// Bytes of the text in UTF-8; nil for other kinds.
    public var stringUTF8Count: Int? { self.withStringUTF8(\.count) }

    /// Gives the text as UTF-8, unescaped, for the time of the call; nil for other kinds.
    public func withStringUTF8<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R? {
        guard self.kind == .string else { return nil }
        let entry = self.entry
        return self.document.bytes.withUnsafeBufferPointer { bytes in
            guard entry.hasEscapes else {
                let inner = bytes[Int(entry.start) + 1..<Int(entry.end) - 1]
                return body(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: inner)))
            }
            return JSONText.unescaped(bytes, entry).withUnsafeBytes(body)
        }
    }

    /// Members of an object, elements of an array, else 0.
    public var count: Int { self.entry.count }

    /// The member of this name, compared by scalars (D-02); nil if there is none.
    public subscript(_ key: String) -> JSONView? {
        guard self.kind == .object else { return nil }
        var key = key
        return key.withUTF8 { wanted in
            var index = self.index + 1
            for _ in 0..<self.count {
                let name = JSONView(document: self.document, index: index)
                let isWanted = name.withStringUTF8 { $0.elementsEqual(wanted) } ?? false
                if isWanted { return JSONView(document: self.document, index: index + 1) }
                index = Int(self.document.tape[index + 1].next)
            }
            return nil
        }
    }

    /// The elements of an array; nil for other kinds.
    public var elements: [JSONView]? {
        guard self.kind == .array else { return nil }
        var result: [JSONView] = []
        result.reserveCapacity(self.count)
        var index = self.index + 1
        for _ in 0..<self.count {
            result.append(JSONView(document: self.document, index: index))
            index = Int(self.document.tape[index].next)
        }
        return result
    }

    /// The members of an object in document order; nil for other kinds.
    public var members: [(key: String, value: JSONView)]? {
        guard self.kind == .object else { return nil }
        var result: [(key: String, value: JSONView)] = []
        result.reserveCapacity(self.count)
        var index = self.index + 1
        for _ in 0..<self.count {
            let key = JSONView(document: self.document, index: index)
            let value = JSONView(document: self.document, index: index + 1)
            result.append((key: key.string ?? "", value: value))
            index = Int(self.document.tape[index + 1].next)
        }
        return result
    }

    /// A value of its own, without the document.
    public var value: JSONValue {
        switch self.kind {
        case .null: .null
        case .bool: .bool(self.bool ?? false)
        case .integer: .integer(self.integer ?? 0)
        case .string: .string(self.string ?? "")
        case .array: .array((self.elements ?? []).map(\.value))
        case .object:
            .object((self.members ?? []).map { JSONMember(key: $0.key, value: $0.value.value) })
        }
    }

    /// The RFC 8785 form.
    public func canonicalBytes() -> [UInt8] {
        CanonicalCopy.bytes(of: self.index, in: self.document)
    }

    /// Appends the RFC 8785 form.
    public func appendCanonical(to output: inout [UInt8]) {
        if self.entry.isCanonical {
            output += self.document.bytes[self.entry.place]
        } else {
            output += self.canonicalBytes()
        }
    }
}
