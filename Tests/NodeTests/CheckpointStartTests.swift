import Cryptography
import Dispatch
import Foundation
import Kernel
import Logging
import Messages
import Persistence
import Primitives
import StorageMarket
import Testing

@testable import Node

@Suite("Starts behind a checkpoint (ADR 0079)")
struct CheckpointStartTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let key = SigningKey.generate()
    private static let settings = NodeSettings(key: Self.key, profile: .local)

    /// The data directory of a node, opened.
    private struct Directory {
        let path: String
        let log: LogStore

        func checkpoints(of program: Bytes32? = nil) -> CheckpointFile {
            CheckpointFile(
                at: "\(self.path)/checkpoint",
                of: program ?? CheckpointProgram.name(CheckpointStartTests.settings),
                recordsBetween: 10,
                logger: CheckpointStartTests.logger
            )
        }

        /// Takes in requests of somebody else.
        func take(_ numbers: Range<Int>) throws {
            let author = SigningKey.generate()
            let knocks = DispatchSemaphore(value: 0)
            self.log.connect { knocks.signal() }
            self.log.append(
                try numbers.map { number in
                    let message = try EnvelopeCodec.sign(
                        .request,
                        payload: Request(title: "request \(number)", body: "b", tags: []).json,
                        timestamp: Timestamp(milliseconds: 1_700_000_000_000 + Int64(number)),
                        key: author
                    )
                    return .message(
                        AdmittedMessage(
                            message: message,
                            origin: .sync(peer: message.from),
                            receivedAt: message.timestamp,
                            sender: SenderStanding(identity: message.from),
                            reputation: .zero
                        )
                    )
                }
            )
            var logged = 0
            while logged < numbers.count {
                try #require(knocks.wait(timeout: .now() + 30) == .success)
                logged += self.log.takeOutcomes().count
            }
        }

        /// Folds the log; whether that began behind a checkpoint, and how the kernel ended.
        func fold(with checkpoints: CheckpointFile) async throws -> (
            used: Bool, exit: KernelExit?
        ) {
            let clock = ManualClock(SystemClock().now)
            let kernel = Kernel(
                clock: clock,
                entropy: SystemEntropy(),
                logger: CheckpointStartTests.logger
            )
            var devices = NodeDevices(
                transport: NoDevice(),
                pool: NoDevice(),
                log: PastLog(of: self.log),
                blobs: MemoryBlobs(),
                api: NoDevice()
            )
            devices.checkpoints = checkpoints
            let persistence = Topology.plug(
                into: kernel,
                CheckpointStartTests.settings,
                devices,
                entropy: SystemEntropy(),
                startedAt: clock.now
            )
            try kernel.boot(standard: SubsystemName.standard)
            defer {
                kernel.stop()
                checkpoints.finish()
            }
            let exit = await ReplayDriver.replay(kernel, from: persistence)
            return (persistence.usedCheckpoint, exit)
        }

        /// What each subsystem handed in last, by the number of bytes: their order within a set may differ.
        func parts() throws -> [String: Int] {
            let found = try #require(self.checkpoints().load())
            return Dictionary(
                uniqueKeysWithValues: found.parts.map { ($0.subsystem.rawValue, $0.bytes.count) }
            )
        }
    }

    private func withDirectory(_ body: (Directory) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/start-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = try LogStore(
            dataDirectory: path,
            nodeID: NodeID(Self.key.publicKey),
            logger: Self.logger
        )
        defer { log.close() }
        try await body(Directory(path: path, log: log))
    }

    @Test("A start leaves a checkpoint, and the next one begins behind it and comes to the same")
    func begins() async throws {
        try await self.withDirectory { directory in
            try directory.take(0..<30)
            let checkpoints = directory.checkpoints()
            #expect(try await directory.fold(with: checkpoints) == (false, nil))
            let first = try directory.parts()
            #expect(
                Set(first.keys) == [
                    "Consensus", "Events", "Identity", "LocalAPI", "Peers", "Reputation",
                    "StorageMarket", "Sync", "Verification",
                ]
            )
            try directory.take(30..<45)
            #expect(try await directory.fold(with: checkpoints) == (true, nil))
            let behind = try directory.parts()
            directory.checkpoints().discard()
            #expect(try await directory.fold(with: checkpoints) == (false, nil))
            #expect(try directory.parts() == behind)
            #expect(behind != first)
        }
    }

    @Test("While a node runs, what its log took in is folded beside it")
    func keeps() async throws {
        try await self.withDirectory { directory in
            try directory.take(0..<12)
            let checkpoints = directory.checkpoints()
            let keeper = CheckpointKeeper(
                settings: Self.settings,
                log: directory.log,
                checkpoints: checkpoints,
                logger: Self.logger
            )
            #expect(keeper.isDue)
            await keeper.fold()
            checkpoints.finish()
            #expect(!keeper.isDue && checkpoints.lastSequence == 12)
            try directory.take(12..<22)
            #expect(keeper.isDue)
            await keeper.fold()
            checkpoints.finish()
            #expect(directory.checkpoints().load()?.sequence == 22)
        }
    }

    @Test(
        "A checkpoint whose state cannot be read, or that is of another log, ends the start it is used in"
    )
    func refused() async throws {
        try await self.withDirectory { directory in
            try directory.take(0..<15)
            let checkpoints = directory.checkpoints()
            _ = try await directory.fold(with: checkpoints)
            checkpoints.finish()
            let whole = try #require(checkpoints.load())
            let emptied = whole.parts.map { CheckpointPart(subsystem: $0.subsystem, bytes: []) }
            let otherLog = SHA256Digest.hash([1])
            for damaged in [
                Checkpoint(sequence: 15, digest: whole.digest, parts: emptied),
                Checkpoint(sequence: 15, digest: whole.digest, parts: []),
                Checkpoint(sequence: 14, digest: otherLog, parts: whole.parts),
            ] {
                checkpoints.save(damaged)
                checkpoints.finish()
                let start = try await directory.fold(with: checkpoints)
                #expect(start.used)
                guard case .faulted? = start.exit else {
                    Issue.record("\(damaged.sequence): \(start)")
                    continue
                }
            }
        }
    }

    @Test("Another version, key, policy or calendar makes a checkpoint one of another program")
    func programs() {
        var names = [CheckpointProgram.name(Self.settings)]
        #expect(CheckpointProgram.name(Self.settings) == names[0])
        var other = Self.settings
        other.policy = LocalPolicy(believesClaims: true)
        names.append(CheckpointProgram.name(other))
        other = Self.settings
        other.key = SigningKey.generate()
        names.append(CheckpointProgram.name(other))
        other = Self.settings
        other.hashDatabases = HashDatabases(["a": [ContentHash(SHA256Digest.hash([1]))]])
        names.append(CheckpointProgram.name(other))
        other = Self.settings
        other.profile = .standard
        names.append(CheckpointProgram.name(other))
        #expect(Set(names).count == names.count)
    }
}

private func == (one: (used: Bool, exit: KernelExit?), other: (Bool, KernelExit?)) -> Bool {
    one.used == other.0 && "\(String(describing: one.exit))" == "\(String(describing: other.1))"
}
