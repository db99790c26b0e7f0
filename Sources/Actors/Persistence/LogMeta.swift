import Primitives

/// Position, digest and time of the newest record, written with every commit.
struct LogTail: Equatable {
    static let key = Array("tail".utf8)
    static let size = 49

    var sequence: UInt64 = 0
    var digest = LogDigest.empty
    var arrival: Timestamp?

    init() {}

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.size, let digest = Bytes32(bytes[8..<40]) else { return nil }
        self.sequence = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        self.digest = digest
        let arrival = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 40, as: Int64.self))
        self.arrival = bytes[48] == 1 ? Timestamp(milliseconds: arrival) : nil
    }

    var bytes: [UInt8] {
        var result = SequenceKey.bytes(self.sequence)
        result.append(contentsOf: self.digest.array)
        let arrival = UInt64(bitPattern: self.arrival?.milliseconds ?? 0)
        result.append(contentsOf: SequenceKey.bytes(arrival))
        result.append(self.arrival == nil ? 0 : 1)
        return result
    }
}

/// Format and node of a log, written once.
struct LogOwner: Equatable {
    static let key = Array("owner".utf8)
    private static let formatSize = 4

    var format: UInt32
    var node: NodeID

    init(format: UInt32, node: NodeID) {
        self.format = format
        self.node = node
    }

    /// Another format may hold something else behind its number: only the number is required.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.formatSize else { return nil }
        self.format = UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))
        let rest = bytes.dropFirst(Self.formatSize)
        guard rest.count == 32, let node = NodeID(rest) else {
            guard self.format != PersistenceLimits.formatVersion else { return nil }
            self.node = NodeID(.zeros)
            return
        }
        self.node = node
    }

    var bytes: [UInt8] {
        withUnsafeBytes(of: self.format.bigEndian) { Array($0) } + self.node.array
    }
}

extension Bytes32 {
    /// Thirty-two zero bytes.
    static let zeros: Bytes32 = {
        guard let zeros = Bytes32(repeatElement(0, count: 32)) else {
            preconditionFailure("32 bytes make a Bytes32")
        }
        return zeros
    }()
}
