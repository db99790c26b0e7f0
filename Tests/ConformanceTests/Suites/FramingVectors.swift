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
        try Check.same("frame", ExchangeReader.frame(document), frame)
        try Check.same("document", try self.received(frame), document)
    }

    private static func prefix(_ vector: VectorCase) throws {
        let prefix = try vector.input.bytes("prefix_hex")
        let declared = try vector.input.integer("declared")
        let isRead = try vector.expect.bool("read_body")
        try Check.same("verdict", self.isRead(prefix), isRead)
        if isRead {
            let document = [UInt8](repeating: 0x20, count: Int(declared))
            try Check.same("length", try self.received(prefix + document)?.count, document.count)
        }
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
