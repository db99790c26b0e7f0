import Messages
import OrderedCollections
import Primitives

/// The rules: a plain struct that reads no clock.
struct AlmanacStateMachine: Sendable {
    /// Notes in the log, by the proposal that they are about.
    private(set) var notes: OrderedDictionary<MessageID, Int> = [:]
    /// Minutes since the node went live.
    private(set) var page = 0

    /// Why a note is refused; nil when it is accepted.
    func refusal(of message: Message) -> Refusal? {
        do throws(Refusal) {
            let note = try AlmanacNote(message)
            guard self.notes[note.proposal] == nil else { return nil }
            return Refusal(.rule, "the note is about \(note.proposal), which is no known proposal")
        } catch {
            return error
        }
    }

    /// The one place where the log changes anything, live and at replay.
    mutating func logged(_ message: Message) {
        if message.type == .propose {
            self.notes[message.id] = self.notes[message.id] ?? 0
        } else if let note = try? AlmanacNote(message) {
            self.notes[note.proposal, default: 0] += 1
        }
    }

    mutating func turnPage() -> Int {
        self.page += 1
        return self.page
    }
}
