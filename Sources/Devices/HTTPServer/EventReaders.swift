import LocalAPI
import Messages
import NIOCore
import Synchronization

/// Those who follow the events: what waits for each, and who is too slow.
///
/// An event is rendered once, whoever follows. One that does not take its bytes loses them and is let go, so
/// that it costs the node no more than ``HTTPLimits/readerBytesMax``.
final class EventReaders: Sendable {
    /// What waits for a reader.
    struct Piece: Sendable {
        /// The position of an event; nil for what is none.
        let sequence: UInt64?
        let bytes: ByteBuffer

        /// A sign of life.
        static let pulse = Piece(sequence: nil, bytes: ByteBuffer(string: ":\n\n"))
    }

    fileprivate struct Reader {
        let filter: EventFilter
        /// Closes its connection after a while.
        let close: @Sendable () -> Void
        var pieces: [Piece] = []
        var byteCount = 0
        /// Nothing follows what waits now.
        var isEnding = false
        var waiter: CheckedContinuation<[Piece]?, Never>?
    }

    private struct State {
        var readers: [UInt64: Reader] = [:]
        var nextID: UInt64 = 1
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Lets somebody follow from now on.
    ///
    /// - Parameters:
    ///   - filter: what it wants.
    ///   - close: closes its connection, soon.
    /// - Returns: its number; nil when there are too many, or the server stops.
    func open(_ filter: EventFilter, close: @escaping @Sendable () -> Void) -> UInt64? {
        self.state.withLock { state in
            guard !state.isClosed, state.readers.count < HTTPLimits.readersMax else { return nil }
            let id = state.nextID
            state.nextID += 1
            state.readers[id] = Reader(filter: filter, close: close)
            return id
        }
    }

    /// What waits for a reader, as soon as there is something.
    ///
    /// - Returns: it; nil when nothing follows.
    func next(for id: UInt64) async -> [Piece]? {
        await withCheckedContinuation { continuation in
            self.state.withLock { state in
                guard var reader = state.readers[id] else {
                    return continuation.resume(returning: nil)
                }
                if reader.pieces.isEmpty, !reader.isEnding {
                    reader.waiter = continuation
                } else {
                    continuation.resume(returning: reader.take())
                }
                state.readers[id] = reader
            }
        }
    }

    /// Tells all who want it of an event.
    func tell(_ event: NodeEvent, _ bytes: ByteBuffer) {
        let piece = Piece(sequence: event.sequence, bytes: bytes)
        self.state.withLock { state in
            // A list of its own, or each reader would be copied with all that waits for it.
            for id in Array(state.readers.keys)
            where state.readers[id]?.filter.admits(event) == true {
                state.readers[id]?.add(piece)
            }
        }
    }

    /// Sends a reader a sign of life.
    func pulse(_ id: UInt64) {
        self.state.withLock { $0.readers[id]?.add(.pulse) }
    }

    /// A reader is gone.
    func leave(_ id: UInt64) {
        let reader = self.state.withLock { $0.readers.removeValue(forKey: id) }
        reader?.waiter?.resume(returning: nil)
    }

    /// The server stops: all are let go.
    func close() {
        let readers = self.state.withLock { state in
            state.isClosed = true
            defer { state.readers = [:] }
            return state.readers
        }
        for reader in readers.values {
            reader.waiter?.resume(returning: nil)
            reader.close()
        }
    }
}

extension EventReaders.Reader {
    /// Adds something, or lets the reader go when too much waits.
    fileprivate mutating func add(_ piece: EventReaders.Piece) {
        guard !self.isEnding else { return }
        self.pieces.append(piece)
        self.byteCount += piece.bytes.readableBytes
        if self.byteCount > HTTPLimits.readerBytesMax {
            let gap = StreamedEvent.gap(.slow, next: nil)
            self.pieces = [EventReaders.Piece(sequence: nil, bytes: gap.bytes)]
            self.isEnding = true
            self.close()
        }
        guard let waiter = self.waiter else { return }
        self.waiter = nil
        waiter.resume(returning: self.take())
    }

    /// All that waits; nil once nothing follows.
    fileprivate mutating func take() -> [EventReaders.Piece]? {
        guard !self.pieces.isEmpty else { return nil }
        defer { (self.pieces, self.byteCount) = ([], 0) }
        return self.pieces
    }
}
