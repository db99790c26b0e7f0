import Messages
import Primitives

/// A log as a file: the first line says to which network it belongs, each other one is a message (ADR 0065).
public enum LogFile {
    /// The form of the file; another number stands for one that this software does not read.
    static let version: Int64 = 1

    /// Longest line that is read: messages that no page of sync could carry are refused anyway.
    public static let lineBytesMax = WireLimits.messageBytesMax

    /// Most lines that are judged together.
    ///
    /// Source: own choice: as many as a commit writes at once.
    public static let pageLinesMax = 256

    /// Most bytes that are judged together; a longer line is judged alone.
    ///
    /// Source: own choice: far below what the log hands out by identifiers at once (ADR 0037).
    public static let pageBytesMax = 1_048_576

    /// The first line: the hash of the network, or `none`.
    static func heading(network: String) -> [UInt8] {
        JSONValue.object([
            ("network", .string(network)), ("valence_log", .integer(self.version)),
        ]).canonicalBytes() + [0x0a]
    }

    /// The network that a first line names.
    ///
    /// - Throws: ``NodeError/noLogFile(cause:)`` when it is none.
    static func network(heading line: [UInt8]) throws(NodeError) -> String {
        guard let heading = try? JSONDocument(scanning: line).root.value,
            let version = heading["valence_log"]?.integer,
            let network = heading["network"]?.string
        else {
            throw .noLogFile(cause: "its first line does not say to which network it belongs")
        }
        guard version == self.version else {
            throw .noLogFile(
                cause: "it has the form \(version), and this software reads \(self.version)"
            )
        }
        return network
    }
}
