import Messages
import Primitives
import Synchronization

/// Listens to SYNC questions and answers on the wire.
final class SyncWatch: Sendable {
    /// What was heard of questions and answers.
    struct Tally: Sendable {
        /// When each node asked first, as time since the start of the simulation.
        var firstQuestions: [Int: Duration] = [:]
        var questions = 0
        var answers = 0
        /// Answers that say that the node asks too often.
        var declined = 0
        /// Nodes that were told so.
        var declinedNodes: Set<Int> = []
        /// Bytes of answers.
        var bytes = 0
    }

    private let tally = Mutex(Tally())
    /// An answer that declines says nothing else.
    private static let declinedBytesMax = 4_096

    /// What was heard since the last time.
    func take() -> Tally {
        self.tally.withLock { tally in
            defer { tally = Tally() }
            return tally
        }
    }

    func hear(_ frame: OverheardFrame) {
        if let protocolID = frame.protocolID {
            guard protocolID == StreamProtocol.sync.rawValue,
                case .syncRequest = Self.payload(of: frame.frame)
            else { return }
            return self.tally.withLock { tally in
                tally.questions += 1
                tally.firstQuestions[frame.from] = tally.firstQuestions[frame.from] ?? frame.at
            }
        }
        let isDeclined = Self.isDeclined(frame.frame)
        self.tally.withLock { tally in
            tally.answers += 1
            tally.bytes += frame.frame.count
            guard isDeclined else { return }
            tally.declined += 1
            tally.declinedNodes.insert(frame.to)
        }
    }

    private static func isDeclined(_ frame: [UInt8]) -> Bool {
        guard frame.count <= Self.declinedBytesMax,
            case .syncResponse(let response) = Self.payload(of: frame)
        else { return false }
        return response.error != nil
    }

    private static func payload(of frame: [UInt8]) -> Payload? {
        (try? EnvelopeCodec.decode(frame))?.payload
    }
}

extension World {
    /// Has somebody listen to all questions and answers of sync from now on.
    func watchSync() -> SyncWatch {
        let watch = SyncWatch()
        self.network.listen { watch.hear($0) }
        return watch
    }
}
