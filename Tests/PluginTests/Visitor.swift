import Almanac
import Kernel
import Messages
import Primitives
import Synchronization

/// Has notes written, and sees what becomes of messages; plugged into a node beside the almanac.
actor Visitor: Subsystem {
    static let name: SubsystemName = "Visitor"

    struct Say: Signal {
        let note: AlmanacNote
    }

    /// What was judged at a node; it outlives the node's subsystems.
    final class Diary: Sendable {
        private let state = Mutex<(accepted: Set<MessageID>, refused: Set<MessageID>)>(([], []))

        var accepted: Set<MessageID> { self.state.withLock { $0.accepted } }
        var refused: Set<MessageID> { self.state.withLock { $0.refused } }

        func accept(_ id: MessageID) { self.state.withLock { _ = $0.accepted.insert(id) } }
        func refuse(_ id: MessageID) { self.state.withLock { _ = $0.refused.insert(id) } }
    }

    nonisolated let say: Inlet<Say>
    private let write: Emitter<WriteNote>
    private let diary: Diary

    init(_ boot: borrowing Boot, _ diary: Diary) {
        self.say = boot.inlet(Say.self)
        self.write = boot.emits(WriteNote.self)
        self.diary = diary
    }

    static func wire(_ wiring: borrowing Wiring<Visitor>) {
        wiring.receives(Say.self) { visitor, envelope, outbox in
            outbox.send(visitor.write, WriteNote(envelope.body.note))
        }
        wiring.receives(MessageAccepted.self) { visitor, envelope, _ in
            visitor.diary.accept(envelope.body.admitted.message.id)
        }
        wiring.receives(MessageRefused.self) { visitor, envelope, _ in
            if let id = envelope.body.id { visitor.diary.refuse(id) }
        }
    }
}
