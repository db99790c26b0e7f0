import Foundation
import Messages
import Primitives
import TestSupport
import Testing

@testable import Persistence

@Suite("Bit flips on the disk (reliability: detected, refused, never silently used)")
struct LogDamageTests {
    @Test("a flipped bit anywhere in a record stops the replay and names the record")
    func everyRegion() throws {
        try LogFixture.withDirectory { path in
            let entries = try LogFixture.entries(0..<50)
            try LogFixture.write(entries, to: path)
            let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
            let intact = try Data(contentsOf: file)
            for trial in 0..<200 {
                let victim = trial % entries.count
                let record = RecordCodec.encode(entries[victim], sequence: UInt64(victim) + 1)
                let place = try #require(intact.range(of: Data(record))?.lowerBound)
                var damaged = intact
                damaged[place + (trial * 37) % record.count] ^= 1 << UInt8(trial % 8)
                try damaged.write(to: file)
                let error = #expect(throws: LogError.self) {
                    let opened = try LogFixture.open(path)
                    defer { opened.close() }
                    _ = try LogFixture.all(opened)
                }
                let text = "\(try #require(error))"
                #expect(
                    text.lowercased().contains("record \(victim + 1) "),
                    "trial \(trial): \(text)"
                )
            }
        }
    }

    @Test("a file that is cut while the node runs is refused, not read beyond its end")
    func cutWhileRunning() throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            let entries = try LogFixture.entries(0..<50)
            _ = LogFixture.append(entries, to: store)
            let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
            let whole = try Data(contentsOf: file)
            let handle = try FileHandle(forWritingTo: file)
            try handle.truncate(atOffset: 4_096)
            let error = #expect(throws: LogError.self) { try LogFixture.all(store) }
            guard case .truncated(_, 4_096, let expected) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(expected == whole.count)
            try handle.truncate(atOffset: 0)
            try handle.seek(toOffset: 0)
            try handle.write(contentsOf: whole)
            #expect(try LogFixture.all(store).count == 50, "it goes on when the file is back")
            store.close()
        }
    }

    @Test("a damaged record is not served to peers")
    func notServed() throws {
        try LogFixture.withDirectory { path in
            let entry = LogEntry.message(try LogFixture.admitted(1))
            // A byte of the body, which the start leaves to the replay.
            try Self.write([entry], path) { $0.count - 40 }
            let opened = try LogFixture.open(path)
            let id = try #require(entry.messageID)
            #expect(throws: LogError.self) { try opened.messages(ids: [id]) }
            let request = PageRequest(
                types: [],
                since: Timestamp(milliseconds: 0),
                sinceID: nil,
                limit: 10,
                bytesMax: 1_000
            )
            #expect(throws: LogError.self) { try opened.page(request) }
        }
    }

    @Test("records that hold but are not those that were written are noticed by the digest")
    func digest() throws {
        try LogFixture.withDirectory { path in
            let entries = try LogFixture.entries(0..<3)
            try LogFixture.write(entries, to: path)
            let written = RecordCodec.encode(entries[1], sequence: 2)
            // The same message, so that the indexes agree with it, from a sender with another score.
            let message = try LogFixture.message(1, at: 1_001)
            let forged = RecordCodec.encode(
                .message(
                    message.admitted(
                        from: .gossip(relay: LogFixture.peer, topic: .proposals, ticket: 9),
                        at: Timestamp(milliseconds: 1_006),
                        sender: SenderStanding(identity: LogFixture.node, keyCount: 2)
                    )
                ),
                sequence: 2
            )
            #expect(forged.count == written.count && forged != written)
            let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
            var bytes = try Data(contentsOf: file)
            let place = try #require(bytes.range(of: Data(written)))
            bytes.replaceSubrange(place, with: forged)
            try bytes.write(to: file)
            let opened = try LogFixture.open(path)
            let error = #expect(throws: LogError.self) { try LogFixture.all(opened) }
            guard case .wrongDigest = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("the text names the record and the next step")
    func text() {
        let error = LogError.damagedRecord(path: "/data/log", sequence: 17, damage: .checksum)
        #expect("\(error)".contains("Record 17"))
        #expect("\(error)".contains("restore /data/log and log.format beside it"))
    }

    /// Writes a log and flips one bit of its last record, at an offset in that record.
    private static func write(
        _ entries: [LogEntry],
        _ path: String,
        offset: ([UInt8]) -> Int
    ) throws {
        try LogFixture.write(entries, to: path)
        let last = try #require(entries.last)
        let record = RecordCodec.encode(last, sequence: UInt64(entries.count))
        let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
        var bytes = try Data(contentsOf: file)
        let place = try #require(bytes.range(of: Data(record))?.lowerBound)
        bytes[place + offset(record)] ^= 1
        try bytes.write(to: file)
    }
}
