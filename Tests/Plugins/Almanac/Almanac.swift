// The subsystem of `docs/plugging-in-a-subsystem.md`: it counts what is proposed.

public import Kernel
import Messages

/// The subsystem: it wires and translates.
public actor Almanac: Subsystem {
    /// Its name in the topology.
    public static let name: SubsystemName = "Almanac"

    private static let interval = Duration.seconds(60)
    private var machine = AlmanacStateMachine()
    private let turned: Emitter<PageTurned>

    /// Plugs the subsystem in.
    public init(_ boot: borrowing Boot) { self.turned = boot.emits(PageTurned.self) }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Almanac>) {
        wiring.receives(MessageLogged.self) { almanac, envelope, _ in
            almanac.machine.logged(envelope.body.admitted.message)
        }
        wiring.receives(ReplayFinished.self) { _, _, outbox in
            outbox.wake(at: outbox.now.advanced(by: Self.interval))
        }
        wiring.wakes { almanac, outbox in
            outbox.send(almanac.turned, PageTurned(page: almanac.machine.turnPage()))
            outbox.wake(at: outbox.now.advanced(by: Self.interval))
        }
        wiring.receives(PageTurned.self) { almanac, envelope, _ in
            almanac.machine.turned(to: envelope.body.page)
        }
        wiring.answers(ProposalCount.self) { almanac, envelope, outbox in
            let machine = almanac.machine
            let reply = ProposalCount.Reply(total: machine.total, pages: machine.page)
            outbox.reply(reply, to: envelope.replyAddress)
        }
    }
}
