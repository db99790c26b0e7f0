import Testing

@testable import Noise

@Suite("Vectors of Noise")
struct PrimitiveNoiseTests {
    @Test("Noise XX: whole conversations byte by byte, and handshakes that must fail")
    func conversations() throws {
        try PrimitiveFile.noise.check { fields in
            var conversation = NoiseConversation(parties: [
                try Self.party(.initiator, "initiator", fields),
                try Self.party(.responder, "responder", fields),
            ])
            let messages = try fields.list("messages").map { message in
                NoiseConversation.Message(
                    payload: try #require(message.hex("payload")),
                    ciphertext: try #require(message.hex("ciphertext"))
                )
            }
            guard fields.has("fails_at") else {
                return try conversation.run(messages, hash: try fields.bytes("hash"))
            }
            let refused = conversation.firstRefusal(messages)
            try Check.same("fails at", refused, Int(try fields.integer("fails_at")))
        }
    }

    private static func party(_ role: NoiseRole, _ name: String, _ fields: Fields) throws -> NoiseXX
    {
        NoiseXX(
            role: role,
            prologue: try fields.bytes("\(name)_prologue"),
            staticSecret: try fields.bytes("\(name)_static"),
            ephemeralSecret: try fields.bytes("\(name)_ephemeral")
        )
    }
}
