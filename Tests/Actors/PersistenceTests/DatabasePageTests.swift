import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("C3-7: pages of the database are checked before anything in them is followed")
struct DatabasePageTests {
    private static let entries: [(key: [UInt8], value: [UInt8])] = [
        ([1, 2, 3], [9]), ([4], [8, 8, 8, 8]), ([], []), ([5, 5], [7, 7, 7]),
    ]

    @Test("a sound leaf gives its keys and values, also of odd lengths")
    func leaf() throws {
        let draft = PageDraft(Self.entries)
        #expect(draft.damage() == nil)
        try draft.bytes.withUnsafeBytes { buffer in
            let page = try DatabasePage(buffer, number: 5)
            #expect(page.isLeaf && page.count == 4)
            for (index, entry) in Self.entries.enumerated() {
                let node = page.node(index)
                #expect(Array(node.key) == entry.key && Array(node.value) == entry.value)
                #expect(node.valueSize == entry.value.count && !node.isBig)
            }
        }
    }

    @Test("a page that says that it is another one, or of another kind, is refused")
    func identity() {
        #expect(PageDraft(Self.entries).damage(as: 6) == "page 6 says that it is page 5")
        for flags in [0, 3, DatabasePage.overflowFlag, DatabasePage.metaFlag, 0x12] as [UInt16] {
            var draft = PageDraft(Self.entries)
            draft.put(flags, at: 10)
            #expect(draft.damage() == "page 5 is of kind \(flags)")
        }
    }

    @Test("bounds that cannot be are refused: odd, crossed, beyond the end, or of an empty page")
    func bounds() {
        for (lower, upper) in [
            (16, 400), (15, 400), (25, 400), (402, 400), (24, 514), (0, 0), (.max, .max),
        ] as [(UInt16, UInt16)] {
            var draft = PageDraft(Self.entries)
            draft.put(lower, at: 12)
            draft.put(upper, at: 14)
            let damage = draft.damage()
            #expect(damage == "page 5 is filled from \(lower) to \(upper)", "\(damage ?? "-")")
        }
    }

    @Test(
        "offsets that share a node, are odd, or lead before the nodes or behind the page are refused"
    )
    func offsets() {
        let good = PageDraft(Self.entries)
        let first = UInt16(good.node(0))
        for offset in [first, first + 1, 20, 16, 506, 512, .max] as [UInt16] {
            var draft = good
            draft.put(offset, at: 18)
            #expect(draft.damage() == "the entries of page 5 do not fit together", "\(offset)")
        }
    }

    @Test("lengths that leave a gap or reach over an end are refused")
    func lengths() {
        let good = PageDraft(Self.entries)
        let last = good.node(3)
        for (place, value) in [(0, 1), (0, 200), (3, 1), (6, 60), (7, 1)] as [(Int, UInt8)] {
            var draft = good
            draft.bytes[last + place] = value
            #expect(draft.damage() != nil, "\(place): \(value)")
        }
    }

    @Test("any one changed byte of header and offsets is noticed or changes nothing that is read")
    func everyByte() throws {
        let good = PageDraft(Self.entries)
        for place in (0..<24) where !(8..<10).contains(place) {
            for bit in 0..<8 {
                var draft = good
                draft.bytes[place] ^= 1 << bit
                #expect(draft.damage() != nil, "byte \(place), bit \(bit)")
            }
        }
    }

    @Test("a branch's entry has a page below and no value")
    func branch() throws {
        let draft = PageDraft(branches: [([1, 1], 0x0506_0102_0304), ([2, 2], 0)], number: 5)
        #expect(draft.damage() == nil)
        try draft.bytes.withUnsafeBytes { buffer in
            let page = try DatabasePage(buffer, number: 5)
            #expect(!page.isLeaf && page.node(0).child == 0x0506_0102_0304)
        }
    }

    @Test("a value with pages of its own is a number of eight bytes in its leaf")
    func bigValue() throws {
        let draft = PageDraft(big: [1], size: 1_000_000, page: 9)
        #expect(draft.damage() == nil)
        try draft.bytes.withUnsafeBytes { buffer in
            let entry = try DatabasePage(buffer, number: 5).node(0)
            #expect(entry.isBig && entry.valuePage == 9 && entry.valueSize == 1_000_000)
        }
    }

    @Test("how many pages a large value has is one number of 32 bits")
    func overflow() {
        var draft = PageDraft([])
        draft.put(UInt32(0x0002_0001), at: 12)
        let pages = draft.bytes.withUnsafeBytes { PageHeader($0).overflowPages }
        #expect(pages == 0x0002_0001)
    }
}

@Suite("Sums over indexes")
struct EntrySumTests {
    private typealias Entry = (id: Bytes32, sequence: UInt64)

    private static let entries: [Entry] = (1...5).map { (LogFixture.id("\($0)"), UInt64($0)) }

    private static func sum(_ entries: [Entry]) -> EntrySum {
        var sum = EntrySum()
        for entry in entries {
            entry.id.withUnsafeBytes {
                sum.add(identifier: $0, at: 0, sequence: entry.sequence)
            }
        }
        return sum
    }

    private static func times(_ entries: [(UInt16, UInt64, Entry)]) -> EntrySum {
        var sum = EntrySum()
        for (type, time, entry) in entries {
            entry.id.withUnsafeBytes {
                sum.add(type: type, time: time, identifier: $0, at: 0, sequence: entry.sequence)
            }
        }
        return sum
    }

    @Test("order does not matter; entries, their number and their places do")
    func order() {
        let sum = Self.sum(Self.entries)
        #expect(Self.sum(Self.entries.reversed()) == sum)
        #expect(Self.sum(Self.entries.dropLast()) != sum)
        #expect(Self.sum(Self.entries + [Self.entries[0]]) != sum)
        var swapped = Self.entries
        (swapped[0].sequence, swapped[1].sequence) = (swapped[1].sequence, swapped[0].sequence)
        #expect(Self.sum(swapped) != sum)
        #expect(Self.sum([]) == EntrySum())
    }

    @Test("every bit of an entry counts")
    func bits() {
        let entry = Self.entries[0]
        let sum = Self.sum([entry])
        for bit in 0..<256 {
            var bytes = entry.id.array
            bytes[bit / 8] ^= 1 << (bit % 8)
            let changed = Bytes32(bytes) ?? .zero
            #expect(Self.sum([(changed, entry.sequence)]) != sum, "bit \(bit)")
        }
        for bit in 0..<64 {
            #expect(Self.sum([(entry.id, entry.sequence ^ 1 << UInt64(bit))]) != sum)
        }
    }

    @Test("type and time count as well, and are not each other")
    func times() {
        let entry = Self.entries[0]
        let sum = Self.times([(1, 2, entry)])
        #expect(Self.times([(2, 1, entry)]) != sum && Self.times([(1, 3, entry)]) != sum)
        #expect(Self.times([(1, 2, Self.entries[1])]) != sum && Self.sum([entry]) != sum)
    }

    @Test("the figures of records are those of the newest one and of all messages")
    func figures() throws {
        let entries = try LogFixture.entries(0..<3) + [.fact(LogFixture.fact())]
        var figures = RecordFigures()
        var sum = EntrySum()
        for (index, entry) in entries.enumerated() {
            let sequence = UInt64(index + 1)
            let record = RecordCodec.encode(entry, sequence: sequence)
            record.withUnsafeBytes { figures.add($0, at: sequence) }
            entry.messageID?.bytes.withUnsafeBytes {
                sum.add(identifier: $0, at: 0, sequence: sequence)
            }
        }
        #expect(figures.last == 4 && figures.lastArrival == LogFixture.fact().recordedAt)
        #expect(figures.identifiers == sum && figures.times != EntrySum())
    }
}
