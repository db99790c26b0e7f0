import Foundation
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("ADR 0028: the last commit, known a second time")
struct LogMarkTests {
    private static let owner = LogOwner(
        format: PersistenceLimits.formatVersion,
        node: LogFixture.node
    )

    private static func tail(_ sequence: UInt64, arrival: Int64? = -5) -> LogTail {
        var tail = LogTail()
        tail.sequence = sequence
        tail.digest = LogFixture.id("\(sequence)")
        tail.arrival = arrival.map { Timestamp(milliseconds: $0) }
        return tail
    }

    private static func read<T>(_ bytes: [UInt8], _ make: (UnsafeRawBufferPointer) -> T?) -> T? {
        bytes.withUnsafeBytes { make($0) }
    }

    @Test(
        "a tail comes back as it was, with and without a time",
        arguments: [nil, 0, -1, Int64.max, Int64.min] as [Int64?]
    )
    func tails(arrival: Int64?) {
        for sequence in [0, 1, UInt64.max] {
            let tail = Self.tail(sequence, arrival: arrival)
            #expect(tail.bytes.count == LogTail.size)
            #expect(Self.read(tail.bytes, LogTail.init) == tail)
        }
        let bytes = Self.tail(1).bytes
        #expect(Self.read(Array(bytes.dropLast()), LogTail.init) == nil)
        #expect(Self.read(bytes + [0], LogTail.init) == nil)
        #expect(Self.read([], LogTail.init) == nil)
    }

    @Test("of an owner in another format only the number is read; in ours the node is needed")
    func owners() {
        #expect(Self.read(Self.owner.bytes, LogOwner.init) == Self.owner)
        let other = Self.read([0, 0, 0, 9, 1, 2], LogOwner.init)
        #expect(other?.format == 9)
        #expect(Self.read(Array(Self.owner.bytes.dropLast()), LogOwner.init) == nil)
        #expect(Self.read([0, 0, 1], LogOwner.init) == nil)
    }

    @Test("no changed byte of a mark passes, and no cut one")
    func mark() {
        let mark = CommitMark(generation: 7, owner: Self.owner, tail: Self.tail(12))
        let bytes = mark.bytes
        #expect(bytes.count == CommitMark.size)
        #expect(Self.read(bytes, CommitMark.init) == mark)
        #expect(Self.read(bytes + [1, 2, 3], CommitMark.init) == mark, "padding is no part of it")
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 0x04
            #expect(Self.read(changed, CommitMark.init) == nil, "\(place)")
        }
        #expect(Self.read(Array(bytes.dropLast()), CommitMark.init) == nil)
    }

    private static func withFile(_ body: (CommitMarkFile, String) throws -> Void) throws {
        try LogFixture.withDirectory { folder in
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true
            )
            let path = "\(folder)/\(PersistenceLimits.markerName)"
            try body(CommitMarkFile(path), path)
        }
    }

    @Test("without a file there is no log; a file that begins with a number alone kept no mark")
    func absent() throws {
        try Self.withFile { file, path in
            #expect(file.read() == .absent)
            try file.checkFormat()
            try Data("1\n".utf8).write(to: URL(fileURLWithPath: path))
            #expect(file.read() == .unmarked)
            try file.checkFormat()
        }
    }

    @Test("marks are written in turn, and the newest one is read")
    func turns() throws {
        try Self.withFile { file, _ in
            try file.begin(Self.owner, Self.tail(0), after: .absent)
            for sequence in 1...5 as ClosedRange<UInt64> {
                try file.write(Self.owner, Self.tail(sequence))
                guard case .mark(let mark) = file.read() else {
                    Issue.record("no mark")
                    return
                }
                #expect(mark.tail == Self.tail(sequence))
                #expect(mark.generation == sequence + 2)
            }
        }
    }

    @Test("a write that was torn leaves the mark before it; two torn places are told")
    func torn() throws {
        try Self.withFile { file, path in
            try file.begin(Self.owner, Self.tail(1), after: .absent)
            try file.write(Self.owner, Self.tail(2))
            file.end()
            // The third mark has an odd number, and lies in the second place.
            let spacing = PersistenceLimits.markSpacing
            try Self.damage(path, at: 2 * spacing + 20)
            guard case .mark(let mark) = file.read() else {
                Issue.record("no mark")
                return
            }
            #expect(mark.tail == Self.tail(1) && mark.generation == 2)
            try Self.damage(path, at: spacing + 20)
            #expect(file.read() == .unreadable)
        }
    }

    @Test("a session that begins goes on counting, and heals both places")
    func begins() throws {
        try Self.withFile { file, path in
            try file.begin(Self.owner, Self.tail(1), after: .absent)
            file.end()
            try Self.damage(path, at: PersistenceLimits.markSpacing + 20)
            let next = CommitMarkFile(path)
            try next.begin(Self.owner, Self.tail(9), after: next.read())
            guard case .mark(let mark) = next.read() else {
                Issue.record("no mark")
                return
            }
            #expect(mark.tail == Self.tail(9) && mark.generation == 3)
            try Self.damage(path, at: 2 * PersistenceLimits.markSpacing + 20)
            guard case .mark(let other) = next.read() else {
                Issue.record("the other place was not healed")
                return
            }
            #expect(other.tail == Self.tail(9))
        }
    }

    @Test("another format is refused with both numbers; what begins with no number is none")
    func formats() throws {
        try Self.withFile { file, path in
            try Data("2\n".utf8).write(to: URL(fileURLWithPath: path))
            #expect(throws: LogError.otherFormat(path: path, found: 2, expected: 1)) {
                try file.checkFormat()
            }
            try Data("x\n".utf8).write(to: URL(fileURLWithPath: path))
            try file.checkFormat()
        }
    }

    @Test("a place that cannot be written is told with its path")
    func unwritable() throws {
        let file = CommitMarkFile("/nowhere/log.format")
        #expect(
            throws: LogError.unusable(path: "/nowhere/log.format", operation: "write", code: ENOENT)
        ) {
            try file.write(Self.owner, Self.tail(1))
        }
    }

    private static func damage(_ path: String, at offset: Int) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[offset] ^= 1
        try bytes.write(to: URL(fileURLWithPath: path))
    }
}

@Suite("The digest of a replay")
struct ReplayCheckTests {
    private static let sums = (1...6).map { LogFixture.id("\($0)") }

    private static func digest(_ sums: some Sequence<Bytes32>) -> Bytes32 {
        sums.reduce(LogDigest.empty) { LogDigest.adding($1, to: $0) }
    }

    @Test("steps add up to one digest, however they are cut", arguments: 1...6)
    func steps(size: Int) {
        var check = ReplayCheck()
        var done = 0
        while done < Self.sums.count {
            let step = Array(Self.sums[done...].prefix(size))
            check.follow(after: UInt64(done), checksums: step)
            done += step.count
        }
        #expect(check.digest(at: 6) == Self.digest(Self.sums))
        #expect(check.digest(at: 5) == nil && check.digest(at: 7) == nil)
    }

    @Test("a gap or a repetition ends the check; a replay from the start begins it anew")
    func gaps() {
        var check = ReplayCheck()
        check.follow(after: 0, checksums: Array(Self.sums.prefix(2)))
        check.follow(after: 3, checksums: [Self.sums[3]])
        check.follow(after: 1, checksums: [Self.sums[1]])
        #expect(check.sequence == 2 && check.digest == Self.digest(Self.sums.prefix(2)))
        check.follow(after: 0, checksums: [Self.sums[5]])
        #expect(check.digest(at: 1) == Self.digest([Self.sums[5]]))
    }

    @Test("an empty log has the digest of a new one")
    func empty() {
        #expect(ReplayCheck().digest(at: 0) == LogDigest.empty)
    }
}
