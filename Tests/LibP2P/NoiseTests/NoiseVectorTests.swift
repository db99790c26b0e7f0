import Foundation
import Primitives
import Testing

@testable import Noise

/// One conversation as cacophony and snow publish it; every member is hex.
private struct Conversation: Decodable {
    struct Message: Decodable {
        let payload: String
        let ciphertext: String
    }

    let init_prologue: String
    let init_static: String
    let init_ephemeral: String
    let resp_prologue: String
    let resp_static: String
    let resp_ephemeral: String
    let handshake_hash: String?
    let messages: [Message]

    func party(_ role: NoiseRole) throws -> NoiseXX {
        let texts =
            role == .initiator
            ? [self.init_prologue, self.init_static, self.init_ephemeral]
            : [self.resp_prologue, self.resp_static, self.resp_ephemeral]
        let bytes = try texts.map { try #require(Hex.decode($0)) }
        return NoiseXX(
            role: role,
            prologue: bytes[0],
            staticSecret: bytes[1],
            ephemeralSecret: bytes[2]
        )
    }
}

@Suite("Noise against public vectors")
struct NoiseVectorTests {
    @Test(
        "every byte of the published conversations, in both directions",
        .enabled(if: ExternalVectors.isPresent, "the folder of public vectors is absent"),
        arguments: ["cacophony", "snow"]
    )
    func conversations(author: String) throws {
        let data = try Data(contentsOf: ExternalVectors.noise)
        let all = try JSONDecoder().decode([String: [Conversation]].self, from: data)
        let conversation = try #require(all[author]?.first)
        #expect(conversation.messages.count >= 5)
        var parties = [try conversation.party(.initiator), try conversation.party(.responder)]
        for (number, message) in conversation.messages.prefix(3).enumerated() {
            let payload = try #require(Hex.decode(message.payload))
            let written = try parties[number % 2].write(payload)
            #expect(Hex.encode(written) == message.ciphertext)
            #expect(try parties[1 - number % 2].read(written) == payload)
        }
        #expect(parties.map(\.isFinished) == [true, true])
        #expect(parties[0].hash == parties[1].hash)
        if let hash = conversation.handshake_hash { #expect(Hex.encode(parties[0].hash) == hash) }
        try self.transport(conversation.messages.dropFirst(3), parties)
    }

    /// The sides go on taking turns: the fourth message is the responder's.
    private func transport(
        _ messages: ArraySlice<Conversation.Message>,
        _ parties: [NoiseXX]
    ) throws {
        var ciphers = parties.map { $0.split() }
        for (number, message) in zip(messages.indices, messages) {
            let payload = try #require(Hex.decode(message.payload))
            let written = try ciphers[number % 2].own.encrypt(payload)
            #expect(Hex.encode(written) == message.ciphertext)
            #expect(try ciphers[1 - number % 2].remote.decrypt(written) == payload)
        }
    }
}
