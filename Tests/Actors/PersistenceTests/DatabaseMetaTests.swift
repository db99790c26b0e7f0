import Foundation
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("C3-8: the two descriptions of commits at the head of the database")
struct DatabaseMetaTests {
    /// Where things lie in a description.
    private enum Offset {
        static let flags = 10
        static let magic = 16
        static let version = 20
        static let freePad = 40
        static let freeFlags = 44
        static let mainFlags = 92
        static let transaction = 144
    }

    private static let page = 4_096

    /// A log's database, changed by `change`.
    private static func newest(_ change: (inout Data) -> Void = { _ in }) throws -> DatabaseMeta {
        try LogFixture.withDirectory { path in
            try LogFixture.write(LogFixture.entries(0..<3), to: path)
            let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
            var data = try Data(contentsOf: file)
            change(&data)
            try data.write(to: file)
            let (meta, pageSize) = try DatabaseMeta.newest(in: DatabaseFile(file.path))
            #expect(pageSize == Self.page)
            return meta
        }
    }

    private static func damage(_ change: (inout Data) -> Void) -> String? {
        let error = #expect(throws: DatabaseDamage.self) { try Self.newest(change) }
        return error?.cause
    }

    @Test("the newer of two commits is the one that counts")
    func newest() throws {
        var commits: [UInt64] = []
        let meta = try Self.newest { data in
            commits = [0, 1].map { number in
                data.withUnsafeBytes {
                    $0.loadUnaligned(
                        fromByteOffset: number * Self.page + Offset.transaction,
                        as: UInt64.self
                    )
                }
            }
        }
        #expect(meta.transaction == commits.max() && commits[0] != commits[1])
        #expect(meta.main.entries == UInt64(LogTables.names.count))
    }

    @Test("what is no description of a commit of ours is told with its page", arguments: [0, 1])
    func kinds(number: Int) {
        let start = number * Self.page
        for offset in [0, Offset.flags, Offset.magic, Offset.version] {
            #expect(
                Self.damage { $0[start + offset] ^= 4 }
                    == "page \(number) is no description of a commit",
                "\(offset)"
            )
        }
        for offset in [Offset.freeFlags, Offset.mainFlags] {
            #expect(
                Self.damage { $0[start + offset] ^= 4 }
                    == "page \(number) describes trees of another kind",
                "\(offset)"
            )
        }
    }

    @Test("pages have one size, which is one of LMDB's")
    func pageSizes() {
        #expect(Self.damage { $0[Offset.freePad] = 1 } == "pages of 4097 bytes")
        #expect(Self.damage { $0[Offset.freePad + 1] = 0 } == "pages of 0 bytes")
        let second = Self.damage { $0[Self.page + Offset.freePad + 1] = 0x20 }
        #expect(second == "page 1 describes trees of another kind")
    }

    @Test("two commits that do not follow one another are told with their numbers")
    func turns() {
        for (first, second) in [(2, 5), (4, 4), (3, 2), (0, 3), (8, 6)] as [(UInt8, UInt8)] {
            let damage = Self.damage { data in
                data[Offset.transaction] = first
                data[Self.page + Offset.transaction] = second
            }
            #expect(damage == "commits \(first) and \(second) do not follow one another")
        }
    }

    @Test("a database before its first commit is one")
    func new() throws {
        let meta = try Self.newest { data in
            data[Offset.transaction] = 0
            data[Self.page + Offset.transaction] = 0
        }
        #expect(meta.transaction == 0)
    }

    @Test("a file that ends before its second description is told")
    func short() {
        #expect(
            Self.damage { $0 = $0.prefix(303) }
                == "its file has 303 bytes, which hold no commit"
        )
        #expect(
            Self.damage { $0 = $0.prefix(Self.page) }
                == "byte 4096 cannot be read (the file ends before)"
        )
    }

    @Test("where the disk gives nothing there are zeros, and all around is read")
    func salvage() throws {
        try LogFixture.withDirectory { path in
            try Data(repeating: 7, count: 5_000).write(to: URL(fileURLWithPath: path))
            let file = try DatabaseFile(path)
            var bytes = [UInt8](repeating: 0xFF, count: 12_288)
            bytes.withUnsafeMutableBytes { file.salvage($0, at: 0) }
            #expect(bytes.prefix(5_000).allSatisfy { $0 == 7 })
            #expect(bytes.dropFirst(5_000).allSatisfy { $0 == 0 })
        }
    }
}
