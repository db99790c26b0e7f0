import Dispatch
import Foundation
public import Logging
import Messages
public import Primitives
import Synchronization

/// A checkpoint in a file of the data directory.
///
/// The file says by which program and with which settings it was made, and ends with the SHA-256 of all before. One
/// that is damaged, of another program or too new for the log is thrown away; that costs time and nothing else.
public final class CheckpointFile: CheckpointDevice {
    /// Records that are folded behind the last checkpoint before there is a new one.
    public let recordsBetween: UInt64

    private let path: String
    private let program: Bytes32
    private let logger: Logger
    private let queue = DispatchQueue(label: "valence.checkpoint")
    private let newest = Atomic<UInt64>(0)

    /// Names the place.
    ///
    /// - Parameters:
    ///   - path: of the file; its folder exists.
    ///   - program: names the program and all settings on which the folded state depends.
    ///   - recordsBetween: how many records are folded before there is a new one; nil for as many as usual.
    ///   - logger: told of checkpoints that cannot be used or written.
    public init(
        at path: String,
        of program: Bytes32,
        recordsBetween: UInt64? = nil,
        logger: Logger
    ) {
        self.recordsBetween = recordsBetween ?? PersistenceLimits.recordsBetweenCheckpoints
        self.path = path
        self.program = program
        self.logger = logger
    }

    /// The record up to which the newest checkpoint goes that was read or handed over; 0 without one.
    public var lastSequence: UInt64 { self.newest.load(ordering: .acquiring) }

    /// Reads the file.
    public func load() -> Checkpoint? {
        self.queue.sync {
            guard let data = FileManager.default.contents(atPath: self.path) else { return nil }
            switch CheckpointCodec.decode(Array(data)) {
            case .success(let (program, checkpoint)) where program == self.program:
                self.newest.store(checkpoint.sequence, ordering: .releasing)
                return checkpoint
            case .success:
                self.logger.info(
                    "the log is folded anew: the last checkpoint is of another program or of other settings",
                    metadata: ["event": "checkpoint_of_another_program"]
                )
            case .failure(let damage):
                self.logger.warning(
                    "the checkpoint is damaged and thrown away, the log is folded anew: \(damage)",
                    metadata: ["event": "checkpoint_damaged"]
                )
            }
            self.remove()
            return nil
        }
    }

    /// Writes the file on a queue of its own: under another name first, and renamed when it is on the disk.
    public func save(_ checkpoint: Checkpoint) {
        self.newest.store(checkpoint.sequence, ordering: .releasing)
        self.queue.async { self.write(checkpoint) }
    }

    /// Removes the file.
    public func discard() { self.queue.sync { self.remove() } }

    /// Waits until what was handed over is written.
    public func finish() { self.queue.sync {} }

    private func remove() {
        self.newest.store(0, ordering: .releasing)
        try? FileManager.default.removeItem(atPath: self.path)
    }

    private func write(_ checkpoint: Checkpoint) {
        let bytes = CheckpointCodec.encode(checkpoint, of: self.program)
        do {
            let draft = "\(self.path).\(ProcessInfo.processInfo.processIdentifier).tmp"
            guard
                FileManager.default.createFile(
                    atPath: draft,
                    contents: nil,
                    attributes: [.posixPermissions: 0o600]
                )
            else { throw LogError.unusable(path: draft, operation: "write", code: errno) }
            defer { try? FileManager.default.removeItem(atPath: draft) }
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: draft))
            try file.write(contentsOf: bytes)
            try file.synchronize()
            try file.close()
            guard rename(draft, self.path) == 0 else {
                throw LogError.unusable(path: self.path, operation: "write", code: errno)
            }
            self.logger.debug(
                "a checkpoint at record \(checkpoint.sequence), \(bytes.count) bytes",
                metadata: ["event": "checkpoint_written"]
            )
        } catch {
            self.logger.warning(
                "no checkpoint was written, so the next start takes longer: \(error)",
                metadata: ["event": "checkpoint_failed"]
            )
        }
    }
}
