import Foundation
import Messages
import Primitives
import Testing

@testable import StorageMarket

@Suite("What nothing refers to leaves the blob directory")
struct BlobSweepTests {
    private func age(_ path: String, days: Double) throws {
        let date = Date(timeIntervalSinceNow: -days * 86_400)
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: path)
    }

    @Test("only artefacts that are a day old and were not adopted may go, and unfinished files go")
    func sweeps() throws {
        try Disk.with { path in
            let disk = try Disk(path)
            let all = [10, 20, 30].map { Fixture.artefact($0) }
            for (task, bytes) in all.enumerated() {
                let adopt = task == 2
                disk.directory.store(
                    bytes,
                    as: Fixture.hash(bytes),
                    adopt: adopt,
                    task: UInt64(task)
                )
                _ = try disk.outcome(of: UInt64(task))
            }
            let (young, old, adopted) = (all[0], all[1], all[2])
            for bytes in [old, adopted] { try self.age(disk.file(bytes, in: "blobs"), days: 1.1) }
            try self.age(disk.file(young, in: "blobs"), days: 0.9)
            try Data(count: 7).write(to: URL(fileURLWithPath: "\(path)/blobs/parts/upload-9"))
            try Data(count: 5).write(to: URL(fileURLWithPath: "\(path)/blobs/partial/nonsense"))
            let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
            let sweep = BlobSweep(dataDirectory: path, now: now)
            #expect(sweep.candidates() == [Fixture.hash(old)])
            let result = sweep.remove([Fixture.hash(old)])
            #expect(result.artefacts == 1 && result.parts == 2 && result.bytes == 20 + 7 + 5)
            let left = BlobSweep(dataDirectory: path, now: now.adding(milliseconds: 1 << 40))
            #expect(left.candidates() == [Fixture.hash(young)])
        }
    }
}
