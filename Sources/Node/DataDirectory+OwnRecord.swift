import Cryptography
import Identity
import Logging
import Messages
import Persistence
package import Primitives

extension DataDirectory {
    /// The node that lives here, and the newest stamp with which it signed, as far as this directory knows; the beginning
    /// of time where it knows of none.
    ///
    /// - Throws: ``NodeError/inUse(path:process:)`` while the node runs, and what ``loadKey()`` throws.
    package func ownRecord() throws(NodeError) -> (node: NodeID, newest: Timestamp) {
        let key = try self.loadKey()
        let node = NodeID(key.publicKey)
        let mark = try self.loadRestoredKey()?.highWater ?? Timestamp(milliseconds: 0)
        guard Files.exists("\(self.path)/log") else { return (node, mark) }
        let silent = Logger(label: "valence-node") { _ in SwiftLogNoOpLogHandler() }
        let log = try NodeFiles.log(self, of: key, logger: silent)
        defer { log.close() }
        return (node, max(mark, try log.newestStamp(of: node) ?? mark))
    }
}
