package import Kernel
package import Messages

/// The subsystem: it wires and translates.
package actor Almanac: Subsystem {
    package static let name: SubsystemName = "Almanac"
    /// What it owns beyond the protocol.
    package static let extensions = Extensions(
        messages: [AlmanacNote.self],
        reads: [NoteCounts.self]
    )

    private static let interval = Duration.seconds(60)
    private var machine = AlmanacStateMachine()
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    private let publish: Emitter<PublishExtension>
    private let turned: Emitter<PageTurned>

    package init(_ boot: borrowing Boot) {
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.publish = boot.emits(PublishExtension.self)
        self.turned = boot.emits(PageTurned.self)
    }

    package static func wire(_ wiring: borrowing Wiring<Almanac>) {
        wiring.receives(JudgeExtension<AlmanacNote>.self) { almanac, envelope, outbox in
            let question = envelope.body
            if let refusal = almanac.machine.refusal(of: question.admitted.message) {
                outbox.send(almanac.refused, question.refused(refusal))
            } else {
                outbox.send(almanac.accepted, question.accepted)
            }
        }
        wiring.receives(MessageLogged.self) { almanac, envelope, _ in
            almanac.machine.logged(envelope.body.admitted.message)
        }
        wiring.receives(WriteNote.self) { almanac, envelope, outbox in
            outbox.send(almanac.publish, PublishExtension(envelope.body.note))
        }
        wiring.answers(NoteCounts.self) { almanac, envelope, outbox in
            let counts = almanac.machine.notes.map {
                NoteCounts.Reply.Count(proposal: $0.key, notes: $0.value)
            }
            let shown = Array(counts.prefix(envelope.body.limit))
            outbox.reply(NoteCounts.Reply(counts: shown), to: envelope.replyAddress)
        }
        wiring.receives(ReplayFinished.self) { _, _, outbox in
            outbox.wake(at: outbox.now.advanced(by: Self.interval))
        }
        wiring.wakes { almanac, outbox in
            outbox.send(almanac.turned, PageTurned(page: almanac.machine.turnPage()))
            outbox.wake(at: outbox.now.advanced(by: Self.interval))
        }
    }
}
