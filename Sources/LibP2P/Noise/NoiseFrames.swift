/// Messages behind a length of two bytes, big-endian: noise-libp2p specification, "Wire Format".
struct NoiseFrames: Sendable {
    /// What two bytes can count.
    static let maximumMessage = 65_535
    /// Bytes in front of a message.
    static let lengthBytes = 2

    private var bytes: [UInt8] = []
    private var head = 0

    /// Adds input; between two calls less than one message is kept when all were taken.
    mutating func append(_ input: ArraySlice<UInt8>) {
        self.bytes.removeFirst(self.head)
        self.head = 0
        self.bytes += input
    }

    /// The next whole message.
    mutating func next() -> [UInt8]? {
        let rest = self.bytes[self.head...]
        guard rest.count >= 2 else { return nil }
        let count = Int(rest[self.head]) << 8 | Int(rest[self.head + 1])
        guard rest.count >= 2 + count else { return nil }
        self.head += 2 + count
        return Array(rest.dropFirst(2).prefix(count))
    }

    /// Takes the bytes behind the last message.
    mutating func takeRest() -> [UInt8] {
        defer {
            self.bytes = []
            self.head = 0
        }
        return Array(self.bytes[self.head...])
    }

    /// Puts the length in front of a message of at most 65,535 bytes.
    static func append(_ message: [UInt8], to output: inout [UInt8]) {
        output.append(UInt8(truncatingIfNeeded: message.count >> 8))
        output.append(UInt8(truncatingIfNeeded: message.count))
        output += message
    }
}
