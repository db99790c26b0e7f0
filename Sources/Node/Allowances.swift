import SwarmTransport
import Synchronization

/// What is kept of the caps of a node: its memory, its disk, and what its transport takes.
final class Allowances: Sendable {
    let memory: MemoryWatch
    let disk: DiskAllowance
    private let caps: Mutex<Caps>

    /// - Parameters:
    ///   - caps: what the node takes at most.
    ///   - directory: holds log and artefacts.
    init(_ caps: Caps, directory: String) {
        self.memory = MemoryWatch(bytesMax: caps.memoryBytes)
        self.disk = DiskAllowance(directory, bytesMax: caps.diskBytes)
        self.caps = Mutex(caps)
    }

    /// Changes them while the node runs; the transport is told by who has it.
    func limit(to caps: Caps) {
        self.memory.limit(to: caps.memoryBytes)
        self.disk.limit(to: caps.diskBytes)
        self.caps.withLock { $0 = caps }
    }

    /// Those of the transport.
    var bounds: SwarmTransport.Bounds {
        self.caps.withLock {
            SwarmTransport.Bounds(
                connections: $0.connections,
                bytesPerSecond: $0.bytesPerSecond
            )
        }
    }
}
