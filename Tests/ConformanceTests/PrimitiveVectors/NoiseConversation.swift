import Primitives

@testable import Noise

/// Two sides of Noise XX with given keys, who talk as vectors prescribe.
struct NoiseConversation {
    /// What one side sends, and what goes over the wire.
    struct Message {
        let payload: [UInt8]
        let ciphertext: [UInt8]
    }

    private static let handshake = 3
    /// The initiator and the responder.
    var parties: [NoiseXX]

    /// The first messages are the handshake; the sides take turns and go on so behind it.
    mutating func run(_ messages: [Message], hash: [UInt8]?) throws {
        for number in messages.indices.prefix(Self.handshake) {
            let message = messages[number]
            let written = try self.parties[number % 2].write(message.payload)
            try Check.same("message \(number)", written, message.ciphertext)
            let read = try self.parties[1 - number % 2].read(written)
            try Check.same("payload \(number)", read, message.payload)
        }
        try Check.same("finished", self.parties.map(\.isFinished), [true, true])
        try Check.same("hashes", self.parties[0].hash, self.parties[1].hash)
        if let hash { try Check.same("hash", self.parties[0].hash, hash) }
        var ciphers = self.parties.map { $0.split() }
        for number in messages.indices.dropFirst(Self.handshake) {
            let message = messages[number]
            let written = try ciphers[number % 2].own.encrypt(message.payload)
            try Check.same("message \(number)", written, message.ciphertext)
            let read = try ciphers[1 - number % 2].remote.decrypt(written)
            try Check.same("payload \(number)", read, message.payload)
        }
    }

    /// The number of the handshake message that somebody refuses; nil when all went well.
    ///
    /// What is written is thrown away: the other side gets the vector's bytes.
    mutating func firstRefusal(_ messages: [Message]) -> Int? {
        for number in 0..<Self.handshake {
            let payload = number < messages.count ? messages[number].payload : []
            do {
                _ = try self.parties[number % 2].write(payload)
                guard number < messages.count else { return nil }
                _ = try self.parties[1 - number % 2].read(messages[number].ciphertext)
            } catch {
                return number
            }
        }
        return nil
    }
}
