import Cryptography
import Noise

/// A handshake with a stranger, and the channel behind one.
enum NoiseFuzzing {
    @Sendable static func handshake(_ input: [UInt8]) {
        var reader = InputReader(input)
        let role: NoiseRole = reader.byte() % 2 == 0 ? .responder : .initiator
        var handshake = Self.side(role, 1)
        _ = handshake.start()
        while !reader.isAtEnd {
            let progress = try? handshake.receive(reader.longPiece())
            precondition(progress == nil, "a stranger without keys has ended a handshake")
            _ = handshake.takeOutput()
        }
    }

    @Sendable static func frames(_ input: [UInt8]) {
        var session = Self.session
        var reader = InputReader(input)
        while !reader.isAtEnd {
            let plaintext = (try? session.decrypt(reader.longPiece())) ?? []
            precondition(plaintext.isEmpty, "bytes without a key were taken for a message")
        }
    }

    private static let session: NoiseSession = {
        var dialer = Self.side(.initiator, 1)
        var listener = Self.side(.responder, 3)
        do {
            _ = try listener.receive(dialer.start()[...])
            _ = try dialer.receive(listener.takeOutput()[...])
            if let progress = try listener.receive(dialer.takeOutput()[...]) {
                return progress.session
            }
        } catch {
            fatalError("two honest sides do not agree: \(error)")
        }
        fatalError("two honest sides do not finish")
    }()

    private static func side(_ role: NoiseRole, _ seed: UInt8) -> NoiseHandshake {
        guard let identity = try? SigningKey(seed: [UInt8](repeating: seed, count: 32)) else {
            fatalError("32 bytes are a seed")
        }
        return NoiseHandshake(
            role: role,
            identity: identity,
            staticSecret: [UInt8](repeating: seed + 1, count: 32),
            ephemeralSecret: [UInt8](repeating: seed + 2, count: 32)
        )
    }
}
