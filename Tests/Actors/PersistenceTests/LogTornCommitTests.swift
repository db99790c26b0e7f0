import Foundation
import Primitives
import Testing

@testable import Persistence

@Suite("ADR 0045: of a commit that a crash cut off all is there, or nothing")
struct LogTornCommitTests {
    /// The files of a log at one moment.
    private struct Image {
        var pages: [Data]
        var mark: Data

        init(_ path: String) throws {
            let file = try Data(contentsOf: URL(fileURLWithPath: "\(path)/log/data.mdb"))
            self.pages = stride(from: 0, to: file.count, by: 4_096).map { start in
                Data(file[start..<min(start + 4_096, file.count)])
            }
            self.mark = try Data(contentsOf: URL(fileURLWithPath: "\(path)/log.format"))
        }

        func records() throws -> Int {
            try LogFixture.withDirectory { path in
                try FileManager.default.createDirectory(
                    atPath: "\(path)/log",
                    withIntermediateDirectories: true
                )
                try Data(self.pages.joined()).write(
                    to: URL(fileURLWithPath: "\(path)/log/data.mdb")
                )
                try self.mark.write(to: URL(fileURLWithPath: "\(path)/log.format"))
                let store = try LogFixture.open(path)
                defer { store.close() }
                let damaged = "\(path)/log/data.mdb.damaged"
                #expect(!FileManager.default.fileExists(atPath: damaged), "no repair")
                return try LogFixture.all(store).count
            }
        }
    }

    /// Meta pages; a commit writes one of them, after all others are on the disk.
    private static let metaPages = 2

    @Test("whichever of its pages were written, as long as the meta page was not, it is lost whole")
    func torn() throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            _ = LogFixture.append(try LogFixture.entries(0..<50), to: store)
            var random = SplitMix64(seed: 45)
            var count = 50
            for _ in 0..<3 {
                let before = try Image(path)
                let group = 1 + random.index(below: 30)
                let outcomes = LogFixture.append(
                    try LogFixture.entries(count..<(count + group)),
                    to: store
                )
                #expect(outcomes.count == group, "one commit")
                let after = try Image(path)
                for _ in 0..<4 {
                    let torn = Self.torn(before, after, &random)
                    #expect(try torn.records() == count)
                }
                var unmarked = after
                unmarked.mark = before.mark
                count += group
                #expect(try unmarked.records() == count, "committed, and nobody was told")
            }
            store.close()
        }
    }

    /// Some pages of the new image over the old one; what was never written is missing or empty.
    private static func torn(_ before: Image, _ after: Image, _ random: inout SplitMix64) -> Image {
        var torn = before
        let length =
            before.pages.count
            + random.index(below: max(after.pages.count - before.pages.count, 0) + 1)
        while torn.pages.count < length { torn.pages.append(Data(count: 4_096)) }
        for page in Self.metaPages..<length where random.index(below: 2) == 0 {
            torn.pages[page] = after.pages[page]
        }
        return torn
    }
}
