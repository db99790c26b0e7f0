import Testing

@testable import Noise

@Suite("Noise against public vectors")
struct PublicNoiseTests {
    @Test(
        "Every byte of the published conversations, in both directions",
        .publicSuite("noise"),
        arguments: ["cacophony", "snow"]
    )
    func conversations(author: String) throws {
        let json = try ExternalFiles.json("noise/Noise_XX_25519_ChaChaPoly_SHA256.json")
        let published = try #require(json[author]?.elements?.first)
        let messages = try (published["messages"]?.elements ?? []).map { message in
            NoiseConversation.Message(
                payload: try #require(message.hex("payload")),
                ciphertext: try #require(message.hex("ciphertext"))
            )
        }
        #expect(messages.count >= 5)
        var conversation = NoiseConversation(parties: [
            try Self.party(.initiator, "init", published),
            try Self.party(.responder, "resp", published),
        ])
        try conversation.run(messages, hash: published.hex("handshake_hash"))
    }

    private static func party(_ role: NoiseRole, _ name: String, _ json: RawJSON) throws -> NoiseXX
    {
        NoiseXX(
            role: role,
            prologue: try #require(json.hex("\(name)_prologue")),
            staticSecret: try #require(json.hex("\(name)_static")),
            ephemeralSecret: try #require(json.hex("\(name)_ephemeral"))
        )
    }
}
