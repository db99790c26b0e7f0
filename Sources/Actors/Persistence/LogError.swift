public import Primitives

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What is wrong with the bytes of one record.
public enum RecordDamage: Error, Equatable, Sendable {
    /// Fewer bytes than a header and a checksum need.
    case tooShort(count: Int)
    /// The checksum does not match the bytes.
    case checksum
    /// The first bytes are not those of a record.
    case magic
    /// The record says that it belongs elsewhere.
    case sequence(found: UInt64)
    /// A kind, origin, topic or length that this version does not write.
    case field(String)
    /// The stored envelope no longer parses.
    case envelope(String)
}

/// Why the log could not be opened, read or written.
public enum LogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A system call on the data directory failed.
    case unusable(path: String, operation: String, code: Int32)
    /// Another process, or another part of this one, holds the data directory.
    case inUse(path: String, processID: Int32?)
    /// Another version of the node wrote the data directory.
    case otherFormat(path: String, found: UInt32, expected: UInt32)
    /// The data directory belongs to another node key.
    case otherNode(path: String, found: NodeID, expected: NodeID)
    /// The database file is damaged and cannot be rebuilt; `left` says what is readable.
    case damaged(path: String, cause: String, left: String?)
    /// An index does not agree with the records.
    case damagedIndex(path: String, sequence: UInt64?)
    /// The database file ends before what it says that it holds.
    case truncated(path: String, bytes: Int, expected: Int)
    /// There was a log, and now its database file is empty or not there.
    case lost(path: String, marker: String)
    /// A record fails its check.
    case damagedRecord(path: String, sequence: UInt64, damage: RecordDamage)
    /// A record between the first and the last is not there.
    case missingRecord(path: String, sequence: UInt64)
    /// All records hold, but together they are not what was written.
    case wrongDigest(path: String, stored: Bytes32, computed: Bytes32)
    /// LMDB refused an operation.
    case database(operation: String, code: Int32, text: String)
    /// More was accepted than can wait for the disk.
    case overrun
    /// The log was closed.
    case closed

    /// The cause in words.
    public var description: String {
        switch self {
        case .unusable(let path, let operation, let code):
            "Cannot \(operation) \(path): \(systemMessage(code)). "
                + "Make the data directory writable for this user, or choose another with --data-dir."
        case .inUse(let path, let processID):
            "The data directory \(path) is in use by "
                + (processID.map { "process \($0)" } ?? "another process")
                + ". Stop that node, or give this one its own --data-dir."
        case .otherFormat(let path, let found, let expected):
            "\(path) has format \(found), this node writes format \(expected). "
                + "Run the version that wrote it, or start with an empty --data-dir and sync."
        case .otherNode(let path, let found, let expected):
            "The log in \(path) belongs to node \(found), but the key is that of \(expected). "
                + "Put the matching key file back, or start with an empty --data-dir."
        case .damaged(let path, let cause, let left):
            "The log in \(path) is damaged: \(cause)\(left.map { "; \($0)" } ?? ""). Nothing was "
                + "changed. \(Self.recovery(path))"
        case .damagedIndex(let path, let sequence):
            "An index of the log in \(path) does not agree with "
                + (sequence.map { "record \($0)" } ?? "its records")
                + ". Check the disk and start the node again: it rebuilds the log from its records."
        case .truncated(let path, let bytes, let expected):
            "The log in \(path) was cut off: its file has \(bytes) bytes of \(expected). "
                + Self.recovery(path)
        case .lost(let path, let marker):
            "The log in \(path) is gone: \(marker) says that there was one, but its file is empty "
                + "or missing. \(Self.recovery(path))"
        case .damagedRecord(let path, let sequence, let damage):
            "Record \(sequence) of the log in \(path) is damaged (\(damage)); nothing of it was "
                + "used and nothing was changed. \(Self.recovery(path))"
        case .missingRecord(let path, let sequence):
            "Record \(sequence) is missing from the log in \(path). \(Self.recovery(path))"
        case .wrongDigest(let path, let stored, let computed):
            "The log in \(path) has digest \(computed.hex), but \(stored.hex) was written. "
                + Self.recovery(path)
        case .database(let operation, let code, let text):
            "The log failed to \(operation): \(text) (\(code)). "
                + "Check the disk and its free space, then start the node again."
        case .overrun:
            "More messages were accepted than can wait for the disk; what the log holds is right, and "
                + "the node takes its state from there. Check the disk and its free space."
        case .closed:
            "The log is closed. Start the node again."
        }
    }

    private static func recovery(_ path: String) -> String {
        "Check the disk. Then restore \(path) and \(PersistenceLimits.markerName) beside it from "
            + "one backup, or move both away and start the node again: it fetches the history from "
            + "its peers."
    }
}

/// The system's text for an error code.
func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
