extension DNSMessage {
    /// Reads a whole message.
    ///
    /// - Throws: ``DNSError``; nothing in a message makes the reader trap, loop or allocate more
    ///   than a small multiple of the message.
    package init(bytes: [UInt8]) throws(DNSError) {
        guard bytes.count <= DNSLimits.messageBytesMax else { throw .tooLong }
        var reader = DNSReader(bytes)
        self.id = try reader.number()
        let flags = try reader.number()
        self.isResponse = flags & 0x8000 != 0
        self.isAuthoritative = flags & 0x0400 != 0
        self.isTruncated = flags & 0x0200 != 0
        self.wantsRecursion = flags & 0x0100 != 0
        self.responseCode = UInt8(flags & 0x000f)
        var counts: [Int] = []
        for _ in 0..<4 { counts.append(Int(try reader.number())) }
        guard counts.reduce(0, +) <= DNSLimits.recordsMax else { throw .tooManyRecords }
        for _ in 0..<counts[0] { self.questions.append(try reader.question()) }
        self.answers = try reader.records(counts[1])
        // What an authority says about its zone is of no use here, but stands in between.
        _ = try reader.records(counts[2])
        self.additional = try reader.records(counts[3])
    }
}

/// Reads a message from its first byte to its last; names may point back into it.
struct DNSReader {
    private static let internetClass: UInt16 = 1
    private static let topBit: UInt16 = 0x8000

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func number() throws(DNSError) -> UInt16 {
        try self.take(2).reduce(0) { $0 << 8 | UInt16($1) }
    }

    mutating func question() throws(DNSError) -> DNSQuestion {
        let name = try self.name()
        let type = try self.number()
        let topic = try self.number()
        return DNSQuestion(name: name, type: type, wantsUnicast: topic & Self.topBit != 0)
    }

    mutating func records(_ count: Int) throws(DNSError) -> [DNSRecord] {
        var records: [DNSRecord] = []
        for _ in 0..<count {
            if let record = try self.record() { records.append(record) }
        }
        return records
    }

    /// One record; nil for one of another class than IN.
    private mutating func record() throws(DNSError) -> DNSRecord? {
        let name = try self.name()
        let type = try self.number()
        let topic = try self.number()
        let life = try self.take(4).reduce(0) { $0 << 8 | UInt32($1) }
        let length = Int(try self.number())
        guard self.bytes.count - self.position >= length else { throw .truncated }
        let end = self.position + length
        defer { self.position = end }
        guard topic & ~Self.topBit == Self.internetClass else { return nil }
        return DNSRecord(
            name: name,
            lifeSeconds: life,
            content: try self.content(type, end: end),
            isUnique: topic & Self.topBit != 0
        )
    }

    private mutating func content(_ type: UInt16, end: Int) throws(DNSError) -> DNSRecord.Content {
        switch type {
        case DNSType.pointer:
            let target = try self.name()
            guard self.position == end else { throw .name }
            return .pointer(target)
        case DNSType.text:
            var strings: [[UInt8]] = []
            while self.position < end {
                let count = Int(try self.take(1).reduce(0) { $1 | $0 })
                guard end - self.position >= count else { throw .truncated }
                strings.append(Array(try self.take(count)))
            }
            return .text(strings)
        default: return .other(type: type)
        }
    }

    private mutating func take(_ count: Int) throws(DNSError) -> ArraySlice<UInt8> {
        guard self.bytes.count - self.position >= count else { throw .truncated }
        defer { self.position += count }
        return self.bytes[self.position..<self.position + count]
    }

    /// A name, compressed or not: RFC 1035, section 4.1.4.
    ///
    /// Each pointer has to lead further back than the one before, so that no name runs in circles.
    private mutating func name() throws(DNSError) -> DNSName {
        var labels: [[UInt8]] = []
        var size = 1
        var cursor = self.position
        var lowest = self.position
        var end: Int?
        while true {
            guard cursor < self.bytes.count else { throw .truncated }
            let length = Int(self.bytes[cursor])
            switch length {
            case 0:
                self.position = end ?? cursor + 1
                guard let name = DNSName(labels: labels) else { throw .name }
                return name
            case 1...DNSLimits.labelBytesMax:
                guard self.bytes.count - cursor > length else { throw .truncated }
                size += length + 1
                guard size <= DNSLimits.nameBytesMax else { throw .name }
                labels.append(Array(self.bytes[cursor + 1...cursor + length]))
                cursor += length + 1
            case 0xc0...0xff:
                guard cursor + 1 < self.bytes.count else { throw .truncated }
                let target = (length & 0x3f) << 8 | Int(self.bytes[cursor + 1])
                guard target < lowest else { throw .name }
                end = end ?? cursor + 2
                lowest = target
                cursor = target
            default: throw .name
            }
        }
    }
}
