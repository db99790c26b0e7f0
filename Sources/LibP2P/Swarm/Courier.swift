import NIOCore
import Synchronization

/// Takes frames to the connections of one event loop: those that are sent meanwhile go in one turn,
/// and each connection writes once for all of its.
final class Courier: Sendable {
    private typealias Load = [(handler: NIOLoopBound<ConnectionHandler>, frame: [UInt8])]

    private let eventLoop: any EventLoop
    private let waiting = Mutex(Load())

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

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
