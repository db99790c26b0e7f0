import Messages
import Primitives

@testable import Swarm

/// Stream frames: documents, and lengths that are refused before the body is read.
enum FramingVectors {
    static func run(_ vector: VectorCase) throws {
        if vector.input.has("json_utf8") {
            try self.document(vector)
        } else if vector.input.has("prefix_hex") {
            try self.prefix(vector)
        } else {
            throw VectorFailure.unknownShape(vector.input)
        }
    }

    private static func document(_ vector: VectorCase) throws {
        let document = Array(try vector.input.text("json_utf8").utf8)
        let frame = try vector.expect.bytes("frame_hex")
        try Check.same("frame", FrameCodec.encode(document), frame)
        try Check.same("document", FrameCodec.decode(frame), document)
        // The transport has a framing of its own, below the messages.
        try Check.same("frame of the transport", ExchangeReader.frame(document), frame)
        try Check.same("document of the transport", try self.received(frame), document)
    }

    private static func prefix(_ vector: VectorCase) throws {
        let prefix = try vector.input.bytes("prefix_hex")
        let declared = try vector.input.integer("declared")
        let isRead = try vector.expect.bool("read_body")
        let count = FrameCodec.bodyCount(prefix: prefix)
        try Check.same("length", count, isRead ? Int(declared) : nil)
        try Check.same("verdict of the transport", self.isRead(prefix), isRead)
    }

    private static func received(_ bytes: [UInt8]) throws -> [UInt8]? {
        try ExchangeReader().receive(bytes)
    }

    private static func isRead(_ prefix: [UInt8]) -> Bool {
        do {
            _ = try self.received(prefix)
            return true
        } catch {
            return false
        }
    }
}
