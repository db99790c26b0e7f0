import Kernel
import Messages
import Primitives

// The subsystem of `docs/plugging-in-a-subsystem.md`: it counts what is proposed.

/// How many proposals were logged, and how often the timer came round.
struct ProposalCount: Query {
    static var answerer: SubsystemName { "Almanac" }
    struct Reply: BusMessage {
        let total: Int
        let ticks: Int
    }
}

/// The rules: a plain struct that reads no clock.
struct AlmanacStateMachine: Sendable {
    private(set) var total = 0
    private(set) var ticks = 0

    mutating func logged(_ message: Message) {
        if message.type == .propose { self.total += 1 }
    }

    mutating func ticked() { self.ticks += 1 }
}

/// The shell: it wires and translates.
actor Almanac: Subsystem {
    static let name: SubsystemName = "Almanac"
    private static let interval = Duration.seconds(60)
    private var machine = AlmanacStateMachine()

    init(_ boot: borrowing Boot) {}

    static func wire(_ wiring: borrowing Wiring<Almanac>) {
        wiring.receives(MessageLogged.self) { almanac, envelope, _ in
            almanac.machine.logged(envelope.body.admitted.message)
        }
        wiring.receives(ReplayFinished.self) { _, _, outbox in
            outbox.wake(at: outbox.now.advanced(by: Self.interval))
        }
        wiring.wakes { almanac, outbox in
            almanac.machine.ticked()
            outbox.wake(at: outbox.now.advanced(by: Self.interval))
        }
        wiring.answers(ProposalCount.self) { almanac, envelope, outbox in
            let machine = almanac.machine
            outbox.reply(
                ProposalCount.Reply(total: machine.total, ticks: machine.ticks),
                to: envelope.replyAddress
            )
        }
    }
}
