import Dispatch
import Foundation
import Messages
import Primitives
import Testing

@testable import StorageMarket

@Suite("§6 Artefacts on a disk")
struct BlobDirectoryTests {
    private let bytes = Fixture.artefact(3_000)
    private var hash: ContentHash { Fixture.hash(self.bytes) }

    private func contents(_ path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map(Array.init)
    }

    private func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    @Test("what would touch the node's reserve on the disk is refused, to the byte")
    func reserve() throws {
        try Disk.with { path in
            let full = try Disk(path, writable: 2_999)
            full.directory.store(self.bytes, as: self.hash, adopt: false, task: 1)
            #expect(throws: BlobError.noRoom(bytes: 3_000)) { try full.outcome(of: 1) }
            let roomy = try Disk(path, writable: 3_000)
            roomy.directory.store(self.bytes, as: self.hash, adopt: false, task: 1)
            #expect(try roomy.outcome(of: 1).size == 3_000)
        }
    }

    @Test("a stored artefact has the name of its hash, is read-only and is there after a restart")
    func stores() throws {
        try Disk.with { path in
            let disk = try Disk(path)
            disk.directory.store(self.bytes, as: self.hash, adopt: false, task: 1)
            let stored = try disk.outcome(of: 1)
            #expect(stored.path == disk.file(self.bytes, in: "blobs"))
            #expect(self.contents(stored.path) == self.bytes)
            let attributes = try FileManager.default.attributesOfItem(atPath: stored.path)
            #expect(attributes[.posixPermissions] as? Int == 0o400)
            let again = try Disk(path)
            #expect(again.inventory.held == [self.hash: 3_000])
            again.directory.read(self.hash, offset: 2_990, count: 50, task: 2)
            #expect(try again.piece(of: 2) == self.bytes.suffix(10))
            again.directory.read(self.hash, offset: 3_001, count: 1, task: 3)
            #expect(try again.piece(of: 3) == nil)
            again.directory.read(Fixture.hash([9]), offset: 0, count: 1, task: 4)
            #expect(try again.piece(of: 4) == nil)
        }
    }

    @Test("a piece for a peer does not wait for what is being written")
    func readsBesideWriting() throws {
        try Disk.with { path in
            let before = try Disk(path)
            before.directory.store(self.bytes, as: self.hash, adopt: false, task: 1)
            _ = try before.outcome(of: 1)
            let gate = DispatchSemaphore(value: 0)
            let disk = try Disk(path, gate: gate)
            let other = Fixture.artefact(7)
            disk.directory.store(other, as: Fixture.hash(other), adopt: false, task: 2)
            disk.directory.read(self.hash, offset: 0, count: 3, task: 3)
            #expect(try disk.piece(of: 3) == Array(self.bytes.prefix(3)))
            gate.signal()
            #expect(try disk.outcome(of: 2).size == 7)
        }
    }

    @Test("an adopted artefact stands in the adopted folder, once")
    func adopts() throws {
        try Disk.with { path in
            let disk = try Disk(path)
            disk.directory.adopt(self.hash, task: 1)
            #expect(throws: BlobError.unknown(self.hash)) { try disk.outcome(of: 1) }
            disk.directory.store(self.bytes, as: self.hash, adopt: false, task: 2)
            for task in 3...4 as ClosedRange<UInt64> {
                disk.directory.adopt(self.hash, task: task)
                let adopted = try disk.outcome(of: task)
                #expect(adopted.path == disk.file(self.bytes, in: "adopted"))
                #expect(self.contents(adopted.path) == self.bytes)
            }
        }
    }

    @Test("an adopted file that somebody changed is put right")
    func changedAdoption() throws {
        try Disk.with { path in
            let disk = try Disk(path)
            let file = disk.file(self.bytes, in: "adopted")
            try Data([1]).write(to: URL(fileURLWithPath: file))
            disk.directory.store(self.bytes, as: self.hash, adopt: true, task: 1)
            #expect(try disk.outcome(of: 1).path == file)
            #expect(self.contents(file) == self.bytes)
        }
    }

    @Test("a damaged artefact is never adopted, and gives way to a whole one")
    func damaged() throws {
        try Disk.with { path in
            let disk = try Disk(path)
            disk.directory.store(self.bytes, as: self.hash, adopt: false, task: 1)
            let file = try disk.outcome(of: 1).path
            try FileManager.default.removeItem(atPath: file)
            try Data(self.bytes.reversed()).write(to: URL(fileURLWithPath: file))
            disk.directory.adopt(self.hash, task: 2)
            #expect(throws: BlobError.self) { try disk.outcome(of: 2) }
            #expect(disk.directory.size(of: self.hash) == nil)
            disk.directory.store(self.bytes, as: self.hash, adopt: true, task: 3)
            #expect(self.contents(try disk.outcome(of: 3).path) == self.bytes)
        }
    }

    @Test("C3-11: a changed or shortened artefact is told when it is read whole, and set aside")
    func verifies() throws {
        for damage in [Data(self.bytes.reversed()), Data(self.bytes.dropLast())] {
            try Disk.with { path in
                let disk = try Disk(path)
                disk.directory.store(self.bytes, as: self.hash, adopt: false, task: 1)
                let file = try disk.outcome(of: 1).path
                disk.directory.verify(self.hash, task: 2)
                #expect(try disk.outcome(of: 2) == disk.outcome(of: 1))
                try FileManager.default.removeItem(atPath: file)
                try damage.write(to: URL(fileURLWithPath: file))
                disk.directory.verify(self.hash, task: 3)
                #expect(throws: BlobError.damaged(self.hash)) { try disk.outcome(of: 3) }
                #expect(disk.directory.size(of: self.hash) == nil)
                #expect(!FileManager.default.fileExists(atPath: file))
                let aside = disk.file(self.bytes, in: "blobs/damaged")
                #expect(self.contents(aside) == Array(damage))
                #expect(try Disk(path).inventory.held.isEmpty)
            }
        }
    }

    @Test("C3-13: an upload goes to disk as it comes; only what is kept is seen, or stays")
    func uploads() async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-blobs-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let disk = try Disk(path)
        let (kept, dropped) = (disk.directory.beginUpload(), disk.directory.beginUpload())
        for upload in [kept, dropped] {
            try await upload.append(Array(self.bytes.prefix(1_000)))
            try await upload.append(Array(self.bytes.dropFirst(1_000)))
        }
        #expect(try self.names("\(path)/blobs/parts").count == 2)
        let content = await kept.finish()
        #expect(content.hash == self.hash && content.size == 3_000)
        disk.directory.keep(content, task: 1)
        #expect(self.contents(try disk.outcome(of: 1).path) == self.bytes)
        for upload in [kept, dropped] { upload.discard() }
        disk.directory.verify(self.hash, task: 2)
        #expect(try disk.outcome(of: 2).size == 3_000)
        #expect(try self.names("\(path)/blobs/parts").isEmpty)
        // What a crash leaves behind is gone at the next start.
        let cut = disk.directory.beginUpload()
        try await cut.append([1])
        #expect(try self.names("\(path)/blobs/parts").count == 1)
        _ = try Disk(path)
        #expect(try self.names("\(path)/blobs/parts").isEmpty)
    }

    @Test("C3-13: an upload that would touch the node's reserve is refused")
    func uploadReserve() async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-blobs-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let upload = try Disk(path, writable: 2_999).directory.beginUpload()
        await #expect(throws: ContentFailure.self) { try await upload.append(self.bytes) }
    }

    @Test("an artefact that is removed is gone, now and after a restart; an adopted copy stays")
    func removes() throws {
        try Disk.with { path in
            let disk = try Disk(path)
            disk.directory.store(self.bytes, as: self.hash, adopt: true, task: 1)
            let adopted = try disk.outcome(of: 1).path
            disk.directory.remove(self.hash, task: 2)
            #expect(try disk.end(of: 2) == .removed(self.hash))
            disk.directory.remove(self.hash, task: 3)
            #expect(try disk.end(of: 3) == .failed(.unknown(self.hash)))
            disk.directory.read(self.hash, offset: 0, count: 1, task: 4)
            #expect(try disk.piece(of: 4) == nil)
            #expect(self.contents(adopted) == self.bytes)
            #expect(try Disk(path).inventory.held.isEmpty)
        }
    }

    @Test("R-06-108: a proof does not wait for what is being written, and needs the bytes")
    func proves() throws {
        try Disk.with { path in
            let before = try Disk(path)
            before.directory.store(self.bytes, as: self.hash, adopt: false, task: 1)
            let file = try before.outcome(of: 1).path
            let gate = DispatchSemaphore(value: 0)
            let disk = try Disk(path, gate: gate)
            let other = Fixture.artefact(7)
            disk.directory.store(other, as: Fixture.hash(other), adopt: false, task: 2)
            let nonce = SHA256Digest.hash([1])
            func prove(_ hash: ContentHash, _ window: ChallengeWindow, _ task: UInt64) throws
                -> BlobOutcome
            {
                disk.directory.prove(hash, window: window, nonce: nonce, task: task)
                return try disk.end(of: task)
            }
            let last = ChallengeWindow(offset: 2_000, direction: .after, size: 4_096)
            let expected = SHA256Digest.hash(nonce.array + self.bytes[2_000...])
            #expect(try prove(self.hash, last, 3) == .proof(expected))
            let none = ChallengeWindow(offset: 3_000, direction: .after, size: 4_096)
            #expect(try prove(self.hash, none, 4) == .failed(.emptyWindow(self.hash)))
            #expect(try prove(Fixture.hash([9]), last, 5) == .failed(.unknown(Fixture.hash([9]))))
            try FileManager.default.removeItem(atPath: file)
            try Data(self.bytes.dropLast()).write(to: URL(fileURLWithPath: file))
            #expect(try prove(self.hash, last, 6) == .failed(.damaged(self.hash)))
            gate.signal()
            #expect(try disk.outcome(of: 2).size == 7)
        }
    }

    @Test("parts of an earlier run and names that are no hashes are not artefacts")
    func leftovers() throws {
        try Disk.with { path in
            _ = try Disk(path)
            for name in ["parts/1", "README", String(repeating: "A", count: 64)] {
                try Data([1]).write(to: URL(fileURLWithPath: "\(path)/blobs/\(name)"))
            }
            let disk = try Disk(path)
            #expect(disk.inventory.held.isEmpty)
            #expect(try self.names("\(path)/blobs/parts").isEmpty)
        }
    }
}
