import Dispatch
import Foundation
import Messages
import Primitives
import Synchronization
import Testing

@testable import StorageMarket

/// Reports of the tasks of a blob directory.
private final class Reports: Sendable {
    private let outcomes = Mutex<[UInt64: BlobOutcome]>([:])
    private let arrived = DispatchSemaphore(value: 0)

    func put(_ report: BlobReport) {
        self.outcomes.withLock { $0[report.task] = report.outcome }
        self.arrived.signal()
    }

    /// Waits for the end of a task.
    func outcome(of task: UInt64) throws -> BlobOutcome {
        let deadline = DispatchTime.now() + .seconds(10)
        while true {
            if let outcome = self.outcomes.withLock({ $0[task] }) { return outcome }
            try #require(self.arrived.wait(timeout: deadline) == .success, "no report")
        }
    }
}

/// A blob directory on a disk, and the reports of its tasks.
struct Disk {
    let path: String
    let directory: BlobDirectory
    /// What the directory had when it was opened.
    let inventory: BlobInventory
    private let reports: Reports

    /// Opens a directory in which every write waits for the gate, if there is one.
    init(_ path: String, writable: UInt64 = .max, gate: DispatchSemaphore? = nil) throws {
        self.path = path
        self.directory = try BlobDirectory(dataDirectory: path) { _ in
            gate?.wait()
            return writable
        }
        let reports = Reports()
        self.reports = reports
        self.inventory = self.directory.connect { report in
            reports.put(report)
            return true
        }
    }

    /// Waits for the end of a task.
    func end(of task: UInt64) throws -> BlobOutcome { try self.reports.outcome(of: task) }

    /// Waits for the end of a task that stores, checks or adopts.
    func outcome(of task: UInt64) throws -> StoredBlob {
        switch try self.end(of: task) {
        case .stored(let blob): return blob
        case .failed(let error): throw error
        case .piece, .written, .proof, .removed: throw UnexpectedOutcome()
        }
    }

    /// Waits for bytes; nil when there are none to be had.
    func piece(of task: UInt64) throws -> [UInt8]? {
        if case .piece(let bytes) = try self.reports.outcome(of: task) { bytes } else { nil }
    }

    private struct UnexpectedOutcome: Error {}

    func file(_ bytes: [UInt8], in folder: String) -> String {
        "\(self.path)/\(folder)/\(Fixture.hash(bytes).hex)"
    }

    static func with(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-blobs-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }
}
