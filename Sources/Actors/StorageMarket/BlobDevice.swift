public import Kernel
public import Messages
public import Primitives

/// Why an artefact could not be stored, read or adopted.
public enum BlobError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bytes do not have the hash that was asked for.
    case wrongHash(expected: ContentHash, found: ContentHash)
    /// The bytes are not as many as announced.
    case wrongSize(expected: Int, found: Int)
    /// The artefact on disk changed since it was stored; it is set aside.
    case damaged(ContentHash)
    /// The artefact is not in the blob directory.
    case unknown(ContentHash)
    /// No room for it beside what the machine needs itself.
    case noRoom(bytes: Int)
    /// A system call failed.
    case file(operation: String, path: String, cause: String)

    /// The cause in words.
    public var description: String {
        switch self {
        case .wrongHash(let expected, let found):
            "The bytes have the hash \(found), not \(expected). Get them from another node."
        case .wrongSize(let expected, let found):
            "Got \(found) bytes in place of \(expected). Get them from another node."
        case .damaged(let hash):
            "The copy of \(hash) on this node is damaged; it lies in blobs/damaged. Fetch it again."
        case .unknown(let hash):
            "This node does not hold \(hash). Fetch it first."
        case .noRoom(let bytes):
            "The disk has no room for \(bytes) bytes more. Make room and try again."
        case .file(let operation, let path, let cause):
            "Cannot \(operation) \(path): \(cause). Check the data directory and its disk."
        }
    }
}

/// Where a stored artefact is.
public struct StoredBlob: Sendable, Equatable {
    /// Its hash, checked.
    public let hash: ContentHash
    /// Bytes.
    public let size: Int
    /// Absolute path: the adopted copy if one was asked for.
    public let path: String

    /// Describes a stored artefact.
    public init(hash: ContentHash, size: Int, path: String) {
        self.hash = hash
        self.size = size
        self.path = path
    }
}

/// The outcome of one task of the blob device.
public enum BlobOutcome: Sendable, Equatable {
    /// An artefact is held, and its bytes have its hash.
    case stored(StoredBlob)
    /// The bytes that were asked for, fewer at the end of the artefact.
    case piece([UInt8])
    /// Neither, and why.
    case failed(BlobError)
}

/// The end of one task of the blob device.
public struct BlobReport: Signal {
    /// The number that the task was given.
    public let task: UInt64
    /// The outcome.
    public let outcome: BlobOutcome

    /// Reports on a task.
    public init(task: UInt64, outcome: BlobOutcome) {
        self.task = task
        self.outcome = outcome
    }
}

/// Keeps artefacts under the names of their hashes; nothing is visible before its hash is checked.
///
/// Nothing here answers at once: storing, keeping, verifying, reading, finishing and adopting end in
/// one ``BlobReport`` each. Tasks of one device are worked on in order, except that reading does not
/// wait for what is being written.
public protocol BlobDevice: UploadStore {
    /// Begins a session; unfinished tasks of an earlier one are forgotten.
    ///
    /// - Parameter report: takes a report, or returns false to get it again later.
    /// - Returns: the artefacts held, with their sizes in bytes; what changes is in the reports.
    func connect(_ report: @escaping @Sendable (BlobReport) -> Bool) -> [ContentHash: Int]

    /// Stores whole bytes.
    func store(_ bytes: [UInt8], as hash: ContentHash, adopt: Bool, task: UInt64)

    /// Keeps an upload under its hash.
    func keep(_ upload: UploadedContent, task: UInt64)

    /// Reads a held artefact whole and compares its hash; a damaged one is held no longer.
    func verify(_ hash: ContentHash, task: UInt64)

    /// Reads bytes of a held artefact from `offset` on, unchecked.
    func read(_ hash: ContentHash, offset: Int, count: Int, task: UInt64)

    /// Puts a chunk behind those that the task has; faults are reported by ``finish``.
    func append(_ chunk: [UInt8], task: UInt64)

    /// Checks what the task has and makes it visible.
    func finish(_ hash: ContentHash, size: Int, adopt: Bool, task: UInt64)

    /// Forgets the chunks of a task; nothing is reported.
    func discard(task: UInt64)

    /// Links a held artefact into the adopted folder after checking its hash again.
    func adopt(_ hash: ContentHash, task: UInt64)
}
