import Foundation
import Messages
import Primitives
import Testing

@testable import StorageMarket

@Suite("§6 Pieces of artefacts on a disk")
struct PartialBlobTests {
    private static let chunk = StorageMarketLimits.chunkBytesMax
    private let bytes = Fixture.artefact(2 * Self.chunk + 9)
    private var hash: ContentHash { Fixture.hash(self.bytes) }

    private func piece(_ number: Int) -> [UInt8] {
        Array(self.bytes[PieceMap(size: self.bytes.count).range(of: number)])
    }

    private func map(_ numbers: [Int]) -> PieceMap {
        var map = PieceMap(size: self.bytes.count)
        for number in numbers { map.insert(number) }
        return map
    }

    private func write(_ number: Int, to disk: Disk, task: UInt64) throws -> BlobOutcome {
        disk.directory.write(
            self.piece(number),
            number: number,
            of: self.hash,
            size: self.bytes.count,
            task: task
        )
        return try disk.end(of: task)
    }

    private func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/blobs/partial").sorted()
    }

    private var record: String { "blobs/partial/\(self.hash.hex).pieces" }

    @Test("pieces in any order survive the end of a process, and make the artefact")
    func survives() throws {
        try Disk.with { path in
            let first = try Disk(path)
            for number in [2, 0] {
                #expect(try self.write(number, to: first, task: UInt64(number)) == .written)
            }
            let second = try Disk(path)
            #expect(second.inventory.held.isEmpty)
            #expect(second.inventory.partial == [self.hash: self.map([0, 2])])
            #expect(try self.write(1, to: second, task: 3) == .written)
            second.directory.finish(self.hash, size: self.bytes.count, task: 4)
            let stored = try second.outcome(of: 4)
            #expect(FileManager.default.contents(atPath: stored.path) == Data(self.bytes))
            #expect(try self.names(path).isEmpty)
            let third = try Disk(path)
            #expect(third.inventory.held == [self.hash: self.bytes.count])
            #expect(third.inventory.partial.isEmpty)
        }
    }

    @Test("T20: what does not have the hash or the size is dropped whole")
    func dropped() throws {
        try Disk.with { path in
            let disk = try Disk(path)
            disk.directory.write([1, 2], number: 0, of: self.hash, size: 2, task: 1)
            #expect(try disk.end(of: 1) == .written)
            disk.directory.finish(self.hash, size: 2, task: 2)
            let wrong = BlobError.wrongHash(expected: self.hash, found: Fixture.hash([1, 2]))
            #expect(try disk.end(of: 2) == .failed(wrong))
            disk.directory.write([1, 2], number: 0, of: self.hash, size: 2, task: 3)
            disk.directory.finish(self.hash, size: 3, task: 4)
            #expect(try disk.end(of: 4) == .failed(.wrongSize(expected: 3, found: 2)))
            #expect(try self.names(path).isEmpty)
        }
    }

    @Test("pieces under another size take the place of those that were there")
    func otherSize() throws {
        try Disk.with { path in
            let disk = try Disk(path)
            disk.directory.write([1, 2], number: 0, of: self.hash, size: 2, task: 1)
            _ = try disk.end(of: 1)
            #expect(try self.write(1, to: disk, task: 2) == .written)
            #expect(try Disk(path).inventory.partial == [self.hash: self.map([1])])
        }
    }

    @Test("what is discarded is gone")
    func discards() throws {
        try Disk.with { path in
            let disk = try Disk(path)
            #expect(try self.write(0, to: disk, task: 1) == .written)
            disk.directory.discard(self.hash)
            #expect(try Disk(path).inventory.partial.isEmpty)
            #expect(try self.names(path).isEmpty)
        }
    }

    @Test(
        "a record that was cut off or makes no sense claims no piece that is not there",
        arguments: [
            ("<2097161>\n<0>\n<2", [0]), ("<2097161>\n<0>\n<1<2>", [0]),
            ("<2097161>\n<99>\n<-1>\n\n<0>\n", [0]), ("<20971", nil), ("", nil),
            ("<100000001>\n<0>", nil), ("<0>", nil), ("0\n0", nil),
        ] as [(String, [Int]?)]
    )
    func records(text: String, pieces: [Int]?) throws {
        try Disk.with { path in
            let disk = try Disk(path)
            #expect(try self.write(0, to: disk, task: 1) == .written)
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(self.record)"))
            let again = try Disk(path)
            #expect(again.inventory.partial[self.hash] == pieces.map { self.map($0) })
            // What made no sense is gone, and the next piece begins anew.
            #expect(try self.names(path).isEmpty == (pieces == nil))
            #expect(try self.write(1, to: again, task: 2) == .written)
            let numbers = (pieces ?? []) + [1]
            #expect(try Disk(path).inventory.partial[self.hash] == self.map(numbers))
        }
    }

    @Test("bytes without a record, a record without bytes and other names are removed")
    func strays() throws {
        try Disk.with { path in
            _ = try Disk(path)
            for name in [self.hash.hex, "\(Fixture.hash([1]).hex).pieces", "README"] {
                let file = URL(fileURLWithPath: "\(path)/blobs/partial/\(name)")
                try Data("<5>\n<0>".utf8).write(to: file)
            }
            #expect(try Disk(path).inventory.partial.isEmpty)
            #expect(try self.names(path).isEmpty)
        }
    }

    @Test("a piece that would touch the node's reserve is refused, and what is there stays")
    func reserve() throws {
        try Disk.with { path in
            #expect(try self.write(0, to: try Disk(path), task: 1) == .written)
            let full = try Disk(path, writable: UInt64(Self.chunk) - 1)
            let refusal = BlobOutcome.failed(.noRoom(bytes: Self.chunk))
            #expect(try self.write(1, to: full, task: 2) == refusal)
            #expect(try Disk(path).inventory.partial == [self.hash: self.map([0])])
        }
    }

    @Test("a folder that cannot be written to is named in the outcome")
    func unwritable() throws {
        try Disk.with { path in
            let disk = try Disk(path)
            // Also refused to a process that may do everything, unlike a folder without permissions.
            try FileManager.default.removeItem(atPath: "\(path)/blobs/partial")
            try Data().write(to: URL(fileURLWithPath: "\(path)/blobs/partial"))
            let outcome = try self.write(0, to: disk, task: 1)
            guard case .failed(.file(let operation, let name, _)) = outcome else {
                Issue.record("written")
                return
            }
            #expect(operation == "write" && name.contains("blobs/partial"))
        }
    }
}
