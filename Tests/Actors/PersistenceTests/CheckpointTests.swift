import Foundation
import Kernel
import Logging
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("Checkpoints beside the log")
struct CheckpointTests {
    private static let program = SHA256Digest.hash(Array("this".utf8))
    private static let digest = SHA256Digest.hash(Array("log".utf8))

    private static func checkpoint(at sequence: UInt64 = 7) -> Checkpoint {
        let parts = [
            CheckpointPart(subsystem: .consensus, bytes: [1, 2, 3]),
            CheckpointPart(subsystem: .reputation, bytes: []),
        ]
        return Checkpoint(sequence: sequence, digest: Self.digest, parts: parts)
    }

    // MARK: The file

    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("checkpoint-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appendingPathComponent("checkpoint").path)
    }

    private func file(_ path: String, of program: Bytes32 = Self.program) -> CheckpointFile {
        CheckpointFile(at: path, of: program, logger: Logger(label: "test"))
    }

    @Test("A checkpoint that was saved is found again, and only its owner may read it")
    func found() throws {
        try self.withFile { path in
            let file = self.file(path)
            #expect(file.load() == nil)
            file.save(Self.checkpoint())
            file.finish()
            let found = try #require(self.file(path).load())
            #expect(found.sequence == 7 && found.digest == Self.digest)
            #expect(found.parts.map(\.subsystem) == [.consensus, .reputation])
            #expect(found.parts.map(\.bytes) == [[1, 2, 3], []])
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
    }

    @Test("A checkpoint of another program, or with another setting, is thrown away")
    func otherProgram() throws {
        try self.withFile { path in
            let file = self.file(path)
            file.save(Self.checkpoint())
            file.finish()
            #expect(self.file(path, of: Self.digest).load() == nil)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("Whatever byte of the file changes, and wherever it ends, it is thrown away")
    func damaged() throws {
        try self.withFile { path in
            let whole = CheckpointCodec.encode(Self.checkpoint(), of: Self.program)
            var versions = whole.indices.map { Array(whole.prefix($0)) }
            versions += whole.indices.map { place in
                var bytes = whole
                bytes[place] ^= 0x40
                return bytes
            }
            for bytes in versions {
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                #expect(self.file(path).load() == nil)
                #expect(!FileManager.default.fileExists(atPath: path))
            }
        }
    }

    @Test("A file that cannot be written leaves the last checkpoint as it was")
    func unwritable() throws {
        try self.withFile { path in
            let file = self.file("\(path)/of/no/folder")
            file.save(Self.checkpoint())
            file.finish()
            #expect(file.load() == nil)
        }
    }

    // MARK: The replay

    private func machine(records: UInt64, digest: Bytes32 = LogDigest.empty)
        -> PersistenceStateMachine
    {
        var status = LogStatus()
        status.lastSequence = records
        status.digest = digest
        var machine = PersistenceStateMachine(status)
        machine.keepsCheckpoints(recordsBetween: 5)
        return machine
    }

    private func record(_ sequence: UInt64) -> LogRecord {
        let fact = LocalFact(
            owner: .consensus,
            kind: "test",
            body: [],
            recordedAt: Timestamp(milliseconds: 0)
        )
        return LogRecord(sequence: sequence, entry: .fact(fact))
    }

    @Test("A replay begins behind the checkpoint")
    func begins() {
        var machine = self.machine(records: 9)
        #expect(machine.step(100) == [.loadCheckpoint])
        #expect(machine.loaded(Self.checkpoint()) == [.checkpointFound(Self.checkpoint())])
        #expect(machine.step(100) == [.lookForNews, .read(after: 7, count: 2)])
        // Two records are no reason for a new one.
        _ = machine.stepped([self.record(8), self.record(9)])
        #expect(machine.stepped([]) == [.replayFinished(lastSequence: 9, lastArrival: nil)])
    }

    @Test("One that goes beyond the log, or ends where the log has another digest, is not used")
    func refused() {
        var behind = self.machine(records: 6)
        _ = behind.step(100)
        #expect(behind.loaded(Self.checkpoint()) == [])
        #expect(behind.step(100) == [.lookForNews, .read(after: 0, count: 6)])
        var other = self.machine(records: 7)
        _ = other.step(100)
        #expect(other.loaded(Self.checkpoint()) == [])
        var same = self.machine(records: 7, digest: Self.digest)
        _ = same.step(100)
        #expect(same.loaded(Self.checkpoint()) == [.checkpointFound(Self.checkpoint())])
    }

    @Test("After a long replay everybody hands in their state before the node is told to go live")
    func made() {
        var machine = self.machine(records: 5, digest: Self.digest)
        _ = machine.step(100)
        _ = machine.loaded(nil)
        _ = machine.step(100)
        _ = machine.stepped((1...5).map { self.record($0) })
        #expect(machine.stepped([]) == [.checkpointDue])
        let part = CheckpointPart(subsystem: .consensus, bytes: [1])
        machine.collected(part)
        let actions = machine.step(100)
        #expect(
            actions == [
                .saveCheckpoint(Checkpoint(sequence: 5, digest: Self.digest, parts: [])),
                .replayFinished(lastSequence: 5, lastArrival: nil),
            ]
        )
        let saved = actions.compactMap { action -> Checkpoint? in
            if case .saveCheckpoint(let checkpoint) = action { checkpoint } else { nil }
        }
        #expect(saved.first?.parts.map(\.bytes) == [[1]])
    }

    @Test("A log that keeps no checkpoints replays as ever")
    func without() {
        var status = LogStatus()
        status.lastSequence = 50
        var machine = PersistenceStateMachine(status)
        #expect(machine.step(100) == [.lookForNews, .read(after: 0, count: 50)])
    }
}
