import Messages
import Primitives
import StorageMarket
import Synchronization

/// Proofs that a node holds an artefact: the blob directory reads a window out of a file and hashes it.
///
/// The yardstick is SHA-256 alone over windows of the same length that are in memory already. The file
/// is read for the first time just before, so it comes from the page cache, as what was fetched lately
/// does.
struct ChallengeBench {
    let effort: Effort
    let parent: String
    private static let artefactBytes = 64 * 1_048_576
    /// A small window, and the largest that may be asked for.
    private static let windows: [Int64] = [4_096, 65_536]

    func run(into report: inout Report) async throws {
        try await TemporaryFolder.with(parent: self.parent) { path in
            let device = try TaskedBlobs(dataDirectory: path)
            let (bytes, hash) = SampleArtefact.make(bytes: Self.artefactBytes, seed: 1)
            guard case .stored = await device.perform({ $0.store(bytes, as: hash, task: $1) })
            else { throw BenchError("the blob directory does not store an artefact") }
            for window in Self.windows {
                try await self.measure(window, bytes, hash, device, into: &report)
            }
        }
    }

    private func measure(
        _ window: Int64,
        _ bytes: [UInt8],
        _ hash: ContentHash,
        _ device: TaskedBlobs,
        into report: inout Report
    ) async throws {
        let count = self.effort.scaled(window > 10_000 ? 4_000 : 20_000)
        var proofs: [Double] = []
        var ratios: [Double] = []
        for run in 0..<self.effort.runs {
            var chance = SplitMix64(seed: UInt64(run))
            let offsets = (0..<count).map { _ in
                Int64(chance.next() % UInt64(Self.artefactBytes - Int(window)))
            }
            let plain = Self.hash(offsets, window, bytes)
            let proved = try await Self.prove(offsets, window, hash, device)
            guard proved.last == plain.last else { throw BenchError("a proof is wrong") }
            proofs.append(Double(count) / proved.seconds)
            ratios.append(plain.seconds / proved.seconds)
        }
        let name = "challenge_proof_\(window / 1_024)_KiB"
        report.add(name, Sample(proofs), unit: "proofs/s")
        report.add("\(name)_to_sha256", Sample(ratios), unit: "ratio")
    }

    private static func hash(_ offsets: [Int64], _ window: Int64, _ bytes: [UInt8])
        -> (seconds: Double, last: Bytes32)
    {
        var last = Bytes32.zero
        let seconds = bytes.withUnsafeBytes { bytes in
            Stopwatch.seconds {
                for offset in offsets {
                    let part = bytes[Int(offset)..<Int(offset + window)]
                    var hasher = SHA256Hasher()
                    hasher.update(Bytes32.zero.array)
                    hasher.update(UnsafeRawBufferPointer(rebasing: part))
                    last = hasher.finalize()
                }
            }
        }
        return (seconds, last)
    }

    /// Has proofs computed, as many at a time as a node does.
    private static func prove(
        _ offsets: [Int64],
        _ window: Int64,
        _ hash: ContentHash,
        _ device: TaskedBlobs
    ) async throws -> (seconds: Double, last: Bytes32) {
        let clock = ContinuousClock()
        let start = clock.now
        var last = Bytes32.zero
        for first in stride(from: 0, to: offsets.count, by: Self.atATime) {
            let batch = offsets[first..<min(first + Self.atATime, offsets.count)]
            let outcomes = await device.perform(batch.count) { blobs, tasks in
                for (offset, task) in zip(batch, tasks) {
                    let window = ChallengeWindow(offset: offset, direction: .after, size: window)
                    blobs.prove(hash, window: window, nonce: .zero, task: task)
                }
            }
            for outcome in outcomes {
                guard case .proof(let proof) = outcome else {
                    throw BenchError("the blob directory does not prove an artefact: \(outcome)")
                }
                last = proof
            }
        }
        return ((clock.now - start) / .seconds(1), last)
    }

    /// As many as a node has under way (`StorageDutyLimits.proofsComputedMax`).
    private static let atATime = 8
}

/// Bytes that nobody can compress.
enum SampleArtefact {
    static func make(bytes count: Int, seed: UInt64) -> (bytes: [UInt8], hash: ContentHash) {
        var chance = SplitMix64(seed: seed)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            for index in stride(from: 0, to: count, by: 8) {
                let word = chance.next()
                for offset in 0..<min(8, count - index) {
                    buffer[index + offset] = UInt8(truncatingIfNeeded: word >> (8 * UInt64(offset)))
                }
            }
            filled = count
        }
        return (bytes, ContentHash(SHA256Digest.hash(bytes)))
    }
}

/// A blob directory whose reports can be waited for.
final class TaskedBlobs: Sendable {
    private struct State {
        var next: UInt64 = 1
        var outcomes: [UInt64: BlobOutcome] = [:]
        var missing = 0
        var waiting: CheckedContinuation<[UInt64: BlobOutcome], Never>?
    }

    private let blobs: BlobDirectory
    private let state = Mutex(State())

    init(dataDirectory: String) throws {
        self.blobs = try BlobDirectory(dataDirectory: dataDirectory, writable: { _ in nil })
        _ = self.blobs.connect { [weak self] report in
            self?.take(report)
            return true
        }
    }

    /// Gives the device one task and waits for its outcome.
    func perform(_ body: (BlobDirectory, UInt64) -> Void) async -> BlobOutcome? {
        await self.perform(1) { blobs, tasks in body(blobs, tasks.lowerBound) }.first
    }

    /// Gives the device tasks of these numbers and waits for their outcomes.
    func perform(_ count: Int, _ body: (BlobDirectory, Range<UInt64>) -> Void) async
        -> [BlobOutcome]
    {
        let tasks = self.state.withLock { state in
            let first = state.next
            state.next += UInt64(count)
            state.missing = count
            return first..<state.next
        }
        let outcomes = await withCheckedContinuation { continuation in
            self.state.withLock { $0.waiting = continuation }
            body(self.blobs, tasks)
        }
        return tasks.compactMap { outcomes[$0] }
    }

    private func take(_ report: BlobReport) {
        self.state.withLock { state in
            state.outcomes[report.task] = report.outcome
            state.missing -= 1
            guard state.missing == 0 else { return }
            state.waiting?.resume(returning: state.outcomes)
            state.waiting = nil
            state.outcomes = [:]
        }
    }
}

extension BlobDirectory {
    fileprivate func store(_ bytes: [UInt8], as hash: ContentHash, task: UInt64) {
        self.store(bytes, as: hash, adopt: false, task: task)
    }
}
