/// Reads a document once, strictly, into a tape (D-03).
///
/// Recursion is bounded by the depth limit. The scanner notes on the way which values stand in
/// their RFC 8785 form already, so that these need no second look.
struct JSONScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let limits: JSONLimits
    private var position = 0
    private var tape: [JSONEntry] = []

    static func scan(_ bytes: [UInt8], _ limits: JSONLimits) throws(JSONError) -> [JSONEntry] {
        guard bytes.count <= limits.bytesMax else {
            throw .tooLong(bytes: bytes.count, limit: limits.bytesMax)
        }
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<[JSONEntry], JSONError> in
            var scanner = JSONScanner(bytes: buffer, limits: limits)
            do throws(JSONError) {
                try scanner.document()
                return .success(scanner.tape)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        self.tape.reserveCapacity(min(64, bytes.count))
    }

    private mutating func document() throws(JSONError) {
        // Space around the root is not part of its range and does not spoil its form.
        _ = self.skipSpace()
        try self.value(depth: 0)
        _ = self.skipSpace()
        guard self.position == self.bytes.count else { throw .trailingBytes(at: self.position) }
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(JSONError) {
        switch try self.peek() {
        case 0x7b: try self.object(depth: depth + 1)
        case 0x5b: try self.array(depth: depth + 1)
        case 0x22: try self.string()
        case 0x2d, 0x30...0x39: try self.number()
        case 0x74: try self.literal("true", .bool)
        case 0x66: try self.literal("false", .bool)
        case 0x6e: try self.literal("null", .null)
        case let byte: throw .unexpectedByte(byte, at: self.position)
        }
    }

    private mutating func object(depth: Int) throws(JSONError) {
        let index = try self.open(.object, depth: depth)
        var canonical = true
        var isSorted = true
        var previousKey: Int?
        var count = 0
        if self.skipSpace() { canonical = false }
        if try self.peek() == 0x7d {
            self.position += 1
        } else {
            while true {
                guard try self.peek() == 0x22 else {
                    throw .unexpectedByte(self.bytes[self.position], at: self.position)
                }
                let key = self.tape.count
                try self.string()
                if let previousKey, isSorted { isSorted = self.isAscending(previousKey, key) }
                previousKey = key
                if self.skipSpace() { canonical = false }
                try self.expect(0x3a)
                if self.skipSpace() { canonical = false }
                let child = self.tape.count
                try self.value(depth: depth)
                canonical = canonical && self.tape[key].isCanonical && self.tape[child].isCanonical
                count += 1
                if self.skipSpace() { canonical = false }
                if try self.isLast(0x7d) { break }
                if self.skipSpace() { canonical = false }
            }
            if !isSorted { try self.orderKeys(of: index, count: count) }
        }
        self.close(index, count: count, canonical: canonical && isSorted, shuffled: !isSorted)
    }

    private mutating func array(depth: Int) throws(JSONError) {
        let index = try self.open(.array, depth: depth)
        var canonical = true
        var count = 0
        if self.skipSpace() { canonical = false }
        if try self.peek() == 0x5d {
            self.position += 1
        } else {
            while true {
                let child = self.tape.count
                try self.value(depth: depth)
                canonical = canonical && self.tape[child].isCanonical
                count += 1
                if self.skipSpace() { canonical = false }
                if try self.isLast(0x5d) { break }
                if self.skipSpace() { canonical = false }
            }
        }
        self.close(index, count: count, canonical: canonical)
    }

    private mutating func string() throws(JSONError) {
        let start = self.position
        let text = try JSONText.scan(self.bytes, from: start + 1)
        self.position = text.end
        self.append(.string, from: start, canonical: text.isCanonical, hasEscapes: text.hasEscapes)
    }

    /// `-?(0|[1-9][0-9]*)` within ±(2^53 − 1), and not `-0`.
    private mutating func number() throws(JSONError) {
        let start = self.position
        var index = start
        let isNegative = self.bytes[index] == 0x2d
        if isNegative { index += 1 }
        let first = index
        var magnitude: UInt64 = 0
        while index < self.bytes.count, self.bytes[index] &- 0x30 < 10 {
            magnitude = magnitude &* 10 &+ UInt64(self.bytes[index] &- 0x30)
            index += 1
            guard index - first <= 16 else { throw .numberOutOfRange(at: start) }
        }
        let digits = index - first
        guard digits > 0 else { throw .invalidNumber(at: start) }
        let hasLeadingZero = self.bytes[first] == 0x30 && (digits > 1 || isNegative)
        guard !hasLeadingZero else { throw .invalidNumber(at: start) }
        if index < self.bytes.count, [0x2e, 0x65, 0x45].contains(self.bytes[index]) {
            throw .invalidNumber(at: start)
        }
        guard magnitude <= UInt64(JSONLimits.integerMax) else { throw .numberOutOfRange(at: start) }
        self.position = index
        self.append(.integer, from: start, canonical: true)
    }

    private mutating func literal(_ text: StaticString, _ kind: JSONKind) throws(JSONError) {
        let start = self.position
        for offset in 0..<text.utf8CodeUnitCount {
            guard start + offset < self.bytes.count else { throw .unexpectedEnd }
            guard self.bytes[start + offset] == text.utf8Start[offset] else {
                throw .unexpectedByte(self.bytes[start + offset], at: start + offset)
            }
        }
        self.position = start + text.utf8CodeUnitCount
        self.append(kind, from: start, canonical: true)
    }

    // MARK: Helpers

    private mutating func open(_ kind: JSONKind, depth: Int) throws(JSONError) -> Int {
        guard depth <= self.limits.depthMax else {
            throw .tooDeep(at: self.position, limit: self.limits.depthMax)
        }
        self.append(kind, from: self.position, canonical: false)
        self.position += 1
        return self.tape.count - 1
    }

    private mutating func close(
        _ index: Int,
        count: Int,
        canonical: Bool,
        shuffled: Bool = false
    ) {
        let next = self.tape.count
        self.tape[index].close(
            end: self.position,
            next: next,
            count: count,
            isCanonical: canonical,
            isShuffled: shuffled
        )
    }

    private mutating func append(
        _ kind: JSONKind,
        from start: Int,
        canonical: Bool,
        hasEscapes: Bool = false
    ) {
        self.tape.append(
            JSONEntry(
                kind,
                start..<self.position,
                next: self.tape.count + 1,
                isCanonical: canonical,
                hasEscapes: hasEscapes
            )
        )
    }

    private func peek() throws(JSONError) -> UInt8 {
        guard self.position < self.bytes.count else { throw .unexpectedEnd }
        return self.bytes[self.position]
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        let found = try self.peek()
        guard found == byte else { throw .unexpectedByte(found, at: self.position) }
        self.position += 1
    }

    /// Takes a comma (false) or the closing byte (true).
    private mutating func isLast(_ closing: UInt8) throws(JSONError) -> Bool {
        let byte = try self.peek()
        guard byte == closing || byte == 0x2c else {
            throw .unexpectedByte(byte, at: self.position)
        }
        self.position += 1
        return byte == closing
    }

    /// Skips white space; true when there was any.
    private mutating func skipSpace() -> Bool {
        let start = self.position
        while self.position < self.bytes.count {
            switch self.bytes[self.position] {
            case 0x20, 0x09, 0x0a, 0x0d: self.position += 1
            default: return self.position != start
            }
        }
        return self.position != start
    }

    /// Whether one key sorts strictly before another by UTF-16 units (D-01).
    private func isAscending(_ left: Int, _ right: Int) -> Bool {
        JSONText.precedes(self.bytes, self.tape[left], self.tape[right])
    }

    /// Sorts the keys of an object that did not come sorted, and compares neighbours.
    private mutating func orderKeys(of object: Int, count: Int) throws(JSONError) {
        let bytes = self.bytes
        let areUnique = self.tape.withUnsafeMutableBufferPointer {
            $0.orderKeys(from: object + 1, count: count, of: bytes)
        }
        guard areUnique else { throw .duplicateMember(at: Int(self.tape[object].start)) }
    }
}
