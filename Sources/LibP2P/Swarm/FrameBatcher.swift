import NIOCore
import Synchronization

/// Batches the frames for the connections of one event loop: those that are sent within one turn of the
/// loop go together, and each connection writes all of its frames at once.
final class FrameBatcher: Sendable {
    private typealias Load = [(handler: NIOLoopBound<ConnectionHandler>, frame: [UInt8])]

    private let eventLoop: any EventLoop
    private let waiting = Mutex(Load())
    private let scratch: NIOLoopBoundBox<ByteBuffer?>

    /// Made on the event loop.
    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.scratch = NIOLoopBoundBox(nil, eventLoop: eventLoop)
    }

    /// Memory for what a connection writes; mostly that of an earlier write, which saves the system
    /// from handing out and clearing pages for each message.
    func takeBuffer(of capacity: Int) -> ByteBuffer {
        var buffer = self.scratch.value ?? ByteBuffer()
        self.scratch.value = nil
        // Memory that a write still holds is not used again.
        buffer.clear(minimumCapacity: capacity)
        return buffer
    }

    /// Keeps memory for the next write.
    func keep(_ buffer: ByteBuffer) {
        if buffer.capacity <= SwarmLimits.scratchBytesMax { self.scratch.value = buffer }
    }

    func send(_ frame: [UInt8], to handler: NIOLoopBound<ConnectionHandler>) {
        let isFirst = self.waiting.withLock { waiting in
            waiting.append((handler, frame))
            return waiting.count == 1
        }
        if isFirst { self.eventLoop.execute { self.deliver() } }
    }

    private func deliver() {
        let load = self.waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        for (handler, frame) in load { handler.value.send(frame: frame) }
        // A second flush finds nothing to write.
        for (handler, _) in load { handler.value.flush() }
    }
}
