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
    /// A challenge asks about no byte of the artefact (D-70).
    case emptyWindow(ContentHash)
    /// No room for it beside what the machine needs itself.
    case noRoom(bytes: Int)
    /// A system call failed.
    case file(operation: String, path: String, cause: String)

    /// The cause and the next step in words, parted by a semicolon.
    public var description: String {
        switch self {
        case .wrongHash(let expected, let found):
            "the bytes have the hash \(found), not \(expected); get them from another node"
        case .wrongSize(let expected, let found):
            "got \(found) bytes in place of \(expected); get them from another node"
        case .damaged(let hash):
            "the copy of \(hash) on this node is damaged and lies in blobs/damaged now; fetch it again"
        case .unknown(let hash):
            "this node does not hold \(hash); fetch it first"
        case .emptyWindow(let hash):
            "the challenge asks about no byte of \(hash); choose a place within it"
        case .noRoom(let bytes):
            "the disk has no room for \(bytes) bytes more; make room and try again"
        case .file(let operation, let path, let cause):
            "cannot \(operation) \(path): \(cause); check the data directory and its disk"
        }
    }
}

extension ContentFailure {
    /// What the blob device could not do, for people.
    init(_ error: BlobError) {
        let isOfDisk =
            switch error {
            case .noRoom, .file: true
            case .wrongHash, .wrongSize, .damaged, .unknown, .emptyWindow: false
            }
        self.init(error.description, isOfDisk: isOfDisk)
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
    /// A piece of a partial artefact is on disk.
    case written
    /// What proves that this node holds a window of an artefact.
    case proof(Bytes32)
    /// An artefact is held no longer.
    case removed(ContentHash)
    /// None of these, and why.
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

/// What a blob device has when a session begins.
public struct BlobInventory: Sendable, Equatable {
    /// Artefacts held, with their sizes in bytes.
    public let held: [ContentHash: Int]
    /// When they came here, as far as the device knows.
    public let since: [ContentHash: Timestamp]
    /// Artefacts of which only pieces are there.
    public let partial: [ContentHash: PieceMap]

    /// Puts an inventory together.
    public init(
        held: [ContentHash: Int] = [:],
        since: [ContentHash: Timestamp] = [:],
        partial: [ContentHash: PieceMap] = [:]
    ) {
        self.held = held
        self.since = since
        self.partial = partial
    }
}

/// Keeps artefacts under the names of their hashes; nothing is visible before its hash is checked.
///
/// Nothing here answers at once: all but ``discard(_:)`` end in one ``BlobReport`` each. Tasks of one
/// device are worked on in order, except that reading and proving do not wait for what is being
/// written.
public protocol BlobDevice: UploadStore {
    /// Begins a session; what is under way from an earlier one is not reported any more.
    ///
    /// - Parameter report: takes a report, or returns false to get it again later.
    /// - Returns: what is there; what changes is in the reports.
    func connect(_ report: @escaping @Sendable (BlobReport) -> Bool) -> BlobInventory

    /// Stores whole bytes.
    func store(_ bytes: [UInt8], as hash: ContentHash, adopt: Bool, task: UInt64)

    /// Keeps an upload under its hash.
    func keep(_ upload: UploadedContent, task: UInt64)

    /// Reads a held artefact whole and compares its hash; a damaged one is held no longer.
    func verify(_ hash: ContentHash, task: UInt64)

    /// Reads bytes of a held artefact from `offset` on, unchecked.
    func read(_ hash: ContentHash, offset: Int, count: Int, task: UInt64)

    /// Computes what proves that this node holds a window of an artefact.
    func prove(_ hash: ContentHash, window: ChallengeWindow, nonce: Bytes32, task: UInt64)

    /// Writes a piece of a partial artefact, which a restart finds again.
    ///
    /// - Parameters:
    ///   - bytes: the piece, as long as its place.
    ///   - number: which one, as ``PieceMap`` counts them.
    ///   - hash: the artefact; pieces of it under another size are dropped.
    ///   - size: bytes of the whole artefact.
    ///   - task: named in the report.
    func write(_ bytes: [UInt8], number: Int, of hash: ContentHash, size: Int, task: UInt64)

    /// Checks a partial artefact and makes it visible; what fails the check is dropped.
    func finish(_ hash: ContentHash, size: Int, task: UInt64)

    /// Drops the pieces of a partial artefact; nothing is reported.
    func discard(_ hash: ContentHash)

    /// Links a held artefact into the adopted folder after checking its hash again.
    func adopt(_ hash: ContentHash, task: UInt64)

    /// Holds an artefact no longer; an adopted copy of it stays.
    func remove(_ hash: ContentHash, task: UInt64)
}
