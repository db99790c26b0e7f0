import Cryptography
import Logging
import Messages
import Persistence
import Primitives
import StorageMarket

/// The log and the blobs of a data directory, which one process has at a time.
struct NodeFiles: Sendable {
    let log: LogStore
    let blobs: BlobDirectory

    /// Opens them for the node whose key lies there.
    ///
    /// - Throws: ``NodeError/inUse(path:process:)`` while another process has them.
    init(
        _ directory: DataDirectory,
        of key: SigningKey,
        room: @escaping @Sendable (String) -> DiskSpace? = DiskSpace.measure,
        logger: Logger
    ) throws(NodeError) {
        self.log = try Self.log(directory, of: key, room: room, logger: logger)
        do {
            self.blobs = try BlobDirectory(
                dataDirectory: directory.path,
                writable: { room($0)?.writable }
            )
        } catch {
            throw .log(cause: "\(error)")
        }
    }

    /// Opens the log alone.
    static func log(
        _ directory: DataDirectory,
        of key: SigningKey,
        room: @escaping @Sendable (String) -> DiskSpace? = DiskSpace.measure,
        logger: Logger
    ) throws(NodeError) -> LogStore {
        var options = LogStoreOptions()
        options.diskSpace = room
        do {
            return try LogStore(
                dataDirectory: directory.path,
                nodeID: NodeID(key.publicKey),
                formerNodeID: directory.loadRetiredNode(),
                options: options,
                logger: logger
            )
        } catch LogError.inUse(_, let process) {
            throw .inUse(path: directory.path, process: process)
        } catch {
            throw .log(cause: "\(error)")
        }
    }

    /// Says to which network the directory is bound, when that is new.
    func join(
        _ network: NetworkDescription,
        _ directory: DataDirectory,
        logger: Logger
    ) throws(NodeError) {
        let membership = try directory.join(network, logger: logger) { () throws(NodeError) in
            try self.log.hasMessagesOfOthers()
        }
        switch membership {
        case .member, .begun: break
        case .begunWithoutNetwork:
            logger.notice(
                """
                this node runs without a description of a network, as nobody gave it one with --genesis; \
                it may still join a described network as long as it has heard nobody
                """,
                metadata: ["event": "no_network"]
            )
        case .moved:
            logger.notice(
                """
                this node ran without a network and heard nobody; it joins `\(network.name)` now, with \
                the hash \(network.hash?.hex ?? "-"), and keeps what it said itself
                """,
                metadata: ["event": "network_joined"]
            )
        }
    }
}
