import Messages
import OrderedCollections
import Primitives

/// Live messages that wait until the phase of sync to which they belong was read (R-05-014 to R-05-021).
///
/// Sync judges a message by what came before it; a vote of which the proposal, or the voter's key, is still
/// on its way would be judged by less. What a peer serves or an exchange brings does not wait.
struct LiveMessages: Sendable {
    /// What waited for a phase.
    struct Waited: Sendable {
        let phase: Int
        /// By their stamps (R-05-016).
        let messages: [IdentifySender]
        /// The stamp of the oldest message that gave way.
        let oldestDropped: Timestamp?
    }

    private var buffers: OrderedDictionary<Int, LiveBuffer> = [:]

    /// Whether a message of a type has to wait.
    func awaits(_ type: MessageType?, from origin: Origin) -> Bool {
        guard case .gossip = origin, let phase = type?.syncPhase else { return false }
        return self.buffers[phase] != nil
    }

    /// Keeps a message that has to wait.
    ///
    /// - Returns: what gave way; that may be the message itself.
    mutating func keep(_ command: IdentifySender) -> [IdentifySender] {
        guard let phase = command.message.type?.syncPhase else { return [] }
        return self.buffers[phase]?.insert(command) ?? []
    }

    /// These phases are yet to be read, and no others.
    ///
    /// - Returns: what waited for the others, the first phase first.
    mutating func await(_ phases: [Int]) -> [Waited] {
        let finished = self.buffers.filter { !phases.contains($0.key) }
        for phase in finished.keys { self.buffers[phase] = nil }
        for phase in phases where self.buffers[phase] == nil { self.buffers[phase] = LiveBuffer() }
        return finished.sorted { $0.key < $1.key }.map { phase, buffer in
            Waited(
                phase: phase,
                messages: buffer.messages,
                oldestDropped: buffer.oldestDropped
            )
        }
    }
}
