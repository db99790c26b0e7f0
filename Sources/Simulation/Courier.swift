import Checkpoints
import Kernel
import Messages
import Primitives
import Synchronization

/// Brings a node messages that keys without a node signed, past the network.
actor Courier: Subsystem {
    static let name: SubsystemName = "Courier"

    /// A message on its way in.
    private struct Parcel: Signal {
        let bytes: [UInt8]
        let origin: Origin
    }

    /// The messages in the node's log, by type.
    private let logged = Mutex<[MessageType: Set<MessageID>]>([:])
    private let inlet: Inlet<Parcel>
    private let admit: Emitter<AdmitMessage>
    /// The message that was put last, and why it was refused.
    private let fate = Mutex<(id: MessageID?, refusal: Refusal?)>((nil, nil))

    init(_ boot: borrowing Boot) {
        self.inlet = boot.inlet(Parcel.self)
        self.admit = boot.emits(AdmitMessage.self)
    }

    static func wire(_ wiring: borrowing Wiring<Courier>) {
        wiring.foldsNothing()
        wiring.receives(Parcel.self) { courier, envelope, outbox in
            let parcel = envelope.body
            outbox.send(courier.admit, AdmitMessage(bytes: parcel.bytes, origin: parcel.origin))
        }
        wiring.receives(MessageRefused.self) { courier, envelope, _ in
            let body = envelope.body
            courier.fate.withLock { fate in
                if fate.id != nil, fate.id == body.id { fate.refusal = body.refusal }
            }
        }
        wiring.receives(MessageLogged.self) { courier, envelope, _ in
            let message = envelope.body.admitted.message
            guard let type = message.type else { return }
            courier.logged.withLock { _ = $0[type, default: []].insert(message.id) }
        }
    }

    /// The messages of a type that the node has in its log.
    nonisolated func logged(_ type: MessageType) -> Set<MessageID> {
        self.logged.withLock { $0[type] ?? [] }
    }

    /// Puts a message; its fate is known once the node has settled.
    nonisolated func put(_ message: Message, _ origin: Origin) {
        self.fate.withLock { $0 = (message.id, nil) }
        self.inlet.put(Parcel(bytes: message.canonical, origin: origin))
    }

    /// Why the node refused the message that was put last; nil when it did not.
    nonisolated func takeRefusal() -> Refusal? {
        self.fate.withLock { fate in
            defer { fate = (nil, nil) }
            return fate.refusal
        }
    }
}
