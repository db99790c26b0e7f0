import Testing

@testable import Swarm

@Suite("Frames of exchanges")
struct FramingTests {
    private static func received(_ bytes: [UInt8]) throws -> [UInt8]? {
        try ExchangeReader().receive(bytes)
    }

    @Test("R-02-010: a frame is four bytes of big-endian length and the document")
    func frames() throws {
        #expect(ExchangeReader.frame(Array("{}".utf8)) == [0, 0, 0, 2, 0x7b, 0x7d])
        let long = [UInt8](repeating: 0x20, count: 0x0001_0203)
        let frame = ExchangeReader.frame(long)
        #expect(Array(frame.prefix(4)) == [0, 1, 2, 3])
        let reader = ExchangeReader()
        let parts = [frame.prefix(3), frame[3..<1_000], frame[1_000...]].map { Array($0) }
        let documents = try parts.map { try reader.receive($0) }
        #expect(documents == [nil, nil, long])
    }

    @Test("D-17: a frame of nothing, over 8 MiB or with something behind it is refused at once")
    func badFrames() throws {
        for prefix: [UInt8] in [[0, 0, 0, 0], [0, 0x80, 0, 1], [0xff, 0xff, 0xff, 0xff]] {
            #expect(throws: FramingError.length) { try Self.received(prefix) }
        }
        #expect(try Self.received([0, 0x80, 0, 0]) == nil, "8 MiB may come")
        #expect(throws: FramingError.unsolicited) { try Self.received([0, 0, 0, 1, 0x7b, 0x7d]) }
        for part: [UInt8] in [[], [0, 0, 1], [0, 0, 0, 2, 0x7b]] {
            #expect(try Self.received(part) == nil, "more may come")
        }
    }
}
