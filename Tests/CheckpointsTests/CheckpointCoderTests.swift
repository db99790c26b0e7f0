import DequeModule
import HeapModule
import OrderedCollections
import Primitives
import Testing

@testable import Checkpoints

@Suite("What is written into a checkpoint comes back")
struct CheckpointCoderTests {
    private enum Stage: Codable, Equatable {
        case open(from: Int64)
        case asking
        case logging([UInt8], Bool?)
    }

    private enum Word: String, Codable {
        case yes, no
    }

    private struct Entry: Codable, Equatable {
        var small: UInt8 = 255
        var large = UInt64.max
        var negative = Int64.min
        var near: Int = -1
        var wide = UInt128.max - 5
        var wideNegative = Int128.min + 1
        var noWide: UInt128?
        var text = "e\u{301}\u{0}"
        var isSet = true
        var nothing: Int?
        var something: Int? = 7
        var noText: String?
        var inner: [Int?] = [nil, 3, nil]
        var stages: [Stage] = [.open(from: 5), .asking, .logging([1, 2], nil), .logging([], true)]
        var word = Word.no
        var maybe: Stage? = .asking
        var bytes = Bytes32.zero
        var ids: OrderedDictionary<NodeID, [Timestamp]> = [:]
        var queue: Deque<Int> = [3, 1, 2]
        var words: Set<String> = ["a", "b"]
        var table: [MessageID: Int] = [:]
        var half = 0.5
        var nested: [[UInt8]] = [[], [0, 255]]
    }

    private func read<T: Codable>(_ value: T) throws -> T {
        let bytes = try CheckpointEncoder().encode(value)
        return try CheckpointDecoder().decode(T.self, from: bytes)
    }

    private func node(_ byte: UInt8) throws -> NodeID {
        NodeID(try #require(Bytes32(repeatElement(byte, count: 32))))
    }

    @Test("Values of all kinds are the same afterwards, and lists keep their order")
    func kinds() throws {
        var entry = Entry()
        entry.bytes = try self.node(7).bytes
        for byte: UInt8 in [9, 3, 200] {
            entry.ids[try self.node(byte)] = [Timestamp(milliseconds: -Int64(byte))]
            entry.table[MessageID(try self.node(byte).bytes)] = Int(byte)
        }
        let back = try self.read(entry)
        #expect(back == entry)
        #expect(back.ids.keys.elementsEqual(entry.ids.keys))
    }

    @Test("A heap comes back with the same elements and gives them in the same order")
    func heaps() throws {
        struct Holder: Codable {
            @CodedHeap var heap = Heap([5, 1, 4])
        }
        var back = try self.read(Holder())
        #expect([back.heap.popMin(), back.heap.popMin(), back.heap.popMin()] == [1, 4, 5])
    }

    @Test("Live state is not written, and a checkpoint that would lose some is refused")
    func live() throws {
        struct Holder: Codable {
            @LiveOnly var waiting: [Int] = []
            var count = 1
        }
        #expect(try self.read(Holder()).count == 1)
        #expect(throws: LiveStateError.self) {
            try CheckpointEncoder().encode(Holder(waiting: [1]))
        }
    }

    @Test("Bytes that end early, or are left over, are an error and no trap")
    func damage() throws {
        let bytes = try CheckpointEncoder().encode(Entry())
        for count in 0..<bytes.count {
            #expect(throws: DecodingError.self) {
                try CheckpointDecoder().decode(Entry.self, from: Array(bytes.prefix(count)))
            }
        }
        #expect(throws: DecodingError.self) {
            try CheckpointDecoder().decode(Entry.self, from: bytes + [0])
        }
    }

    @Test("Whatever a byte is changed to, reading ends")
    func noise() throws {
        let bytes = try CheckpointEncoder().encode(Entry())
        for place in bytes.indices {
            for change: UInt8 in [1, 0x80, 0xFF] {
                var damaged = bytes
                damaged[place] ^= change
                _ = try? CheckpointDecoder().decode(Entry.self, from: damaged)
            }
        }
    }
}
