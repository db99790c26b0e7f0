import Messages
import Primitives
import Synchronization

/// Messages that the logs of many nodes in one process keep once (see ``MemoryLog``).
///
/// A message never changes, so that sharing it differs from copying it in memory alone.
public final class MessagePool: Sendable {
    private let messages = Mutex<[MessageID: SharedMessage]>([:])

    /// Makes an empty pool.
    public init() {}

    /// The one copy of a message; another envelope under the same id is another message.
    func shared(_ message: Message) -> SharedMessage {
        self.messages.withLock { messages in
            guard let known = messages[message.id] else {
                let shared = SharedMessage(message)
                messages[message.id] = shared
                return shared
            }
            guard known.message.canonical == message.canonical else {
                return SharedMessage(message)
            }
            return known
        }
    }
}

/// A message behind a reference.
final class SharedMessage: Sendable {
    let message: Message

    init(_ message: Message) { self.message = message }
}

/// A record of ``MemoryLog``: what a log keeps of an entry, the message by reference.
enum MemoryRecord: Sendable {
    /// What differs from node to node.
    struct Admission: Sendable {
        let origin: StoredOrigin
        let receivedAt: Timestamp
        let sender: SenderStanding
        let reputation: FixedPoint
    }

    case message(SharedMessage, Admission)
    case fact(LocalFact)

    init(_ entry: LogEntry, _ pool: MessagePool) {
        switch entry {
        case .fact(let fact): self = .fact(fact)
        case .message(let admitted):
            let admission = Admission(
                origin: StoredOrigin(admitted.origin),
                receivedAt: admitted.receivedAt,
                sender: admitted.sender,
                reputation: admitted.reputation
            )
            self = .message(pool.shared(admitted.message), admission)
        }
    }

    /// The entry as it comes back after a restart.
    var entry: LogEntry {
        switch self {
        case .fact(let fact): .fact(fact)
        case .message(let shared, let admission):
            .message(
                AdmittedMessage(
                    message: shared.message,
                    origin: admission.origin.origin,
                    receivedAt: admission.receivedAt,
                    sender: admission.sender,
                    reputation: admission.reputation
                )
            )
        }
    }
}
