import Cryptography
import Multiformats
import Primitives

@testable import Noise

extension SplitMix64 {
    /// Hostile bytes that come again.
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: self.next()) }
    }
}

/// Thirty-two bytes of one value: a secret whose test is repeatable.
func secret(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

func framed(_ message: [UInt8]) -> [UInt8] {
    [UInt8(message.count >> 8), UInt8(message.count & 0xff)] + message
}

/// Two handshakes face to face.
struct HandshakePair {
    let alice: SigningKey
    let bob: SigningKey
    var initiator: NoiseHandshake
    var responder: NoiseHandshake

    init() throws {
        self.alice = try SigningKey(seed: secret(1))
        self.bob = try SigningKey(seed: secret(2))
        self.initiator = NoiseHandshake(
            role: .initiator,
            identity: self.alice,
            staticSecret: secret(3),
            ephemeralSecret: secret(4)
        )
        self.responder = NoiseHandshake(
            role: .responder,
            identity: self.bob,
            staticSecret: secret(5),
            ephemeralSecret: secret(6)
        )
    }

    /// Runs to the end; both sides' results.
    mutating func finish() throws -> (initiator: NoiseProgress, responder: NoiseProgress) {
        guard try self.responder.receive(self.initiator.start()[...]) == nil,
            let initiator = try self.initiator.receive(self.responder.takeOutput()[...]),
            let responder = try self.responder.receive(self.initiator.takeOutput()[...])
        else { throw NoiseError.unexpectedMessage }
        return (initiator, responder)
    }
}
