public import Kernel
import Messages

/// The subsystem that tells the operator what goes on in the network.
///
/// It only listens: subsystems report in events what happened, and this one words it for the operator.
/// A subsystem that logged by itself would decide a second time what matters, and could not be silenced
/// in a simulation.
public actor Chronicle: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.chronicle

    private var machine: ChronicleStateMachine
    private let writer: any ChronicleWriter

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - writer: the device.
    ///   - startingPoints: addresses that the operator or the network named, in multiaddr text form;
    ///     failures to reach them are told.
    public init(_ boot: borrowing Boot, writer: any ChronicleWriter, startingPoints: [String]) {
        self.writer = writer
        self.machine = ChronicleStateMachine(
            isVerbose: writer.isVerbose,
            startingPoints: startingPoints
        )
    }

    /// Declares what it receives.
    public static func wire(_ wiring: borrowing Wiring<Chronicle>) {
        wiring.receives(ListeningStarted.self) { chronicle, envelope, _ in
            chronicle.write(chronicle.machine.listening(on: envelope.body.addresses))
        }
        wiring.receives(PeerConnected.self) { chronicle, envelope, _ in
            let event = envelope.body
            let lines = chronicle.machine.connected(
                event.peer,
                at: event.address,
                isOutbound: event.isOutbound
            )
            chronicle.write(lines)
        }
        wiring.receives(PeerAuthenticated.self) { chronicle, envelope, outbox in
            let now = outbox.now.timestamp
            chronicle.write(chronicle.machine.authenticated(envelope.body.peer, now: now))
        }
        wiring.receives(PeerDisconnected.self) { chronicle, envelope, outbox in
            let (event, now) = (envelope.body, outbox.now.timestamp)
            chronicle.write(
                chronicle.machine.disconnected(event.peer, reason: event.reason, now: now)
            )
        }
        wiring.receives(DialFailed.self) { chronicle, envelope, outbox in
            let (event, now) = (envelope.body, outbox.now.timestamp)
            chronicle.write(
                chronicle.machine.dialFailed(event.address, reason: event.reason, now: now)
            )
        }
        wiring.receives(OwnKeyMet.self) { chronicle, envelope, outbox in
            let (event, now) = (envelope.body, outbox.now.timestamp)
            chronicle.write(
                chronicle.machine.ownKeyMet(event.address, isOutbound: event.isOutbound, now: now)
            )
        }
        wiring.receives(SyncStateChanged.self) { chronicle, envelope, _ in
            chronicle.write(chronicle.machine.syncChanged(to: envelope.body.state))
        }
        wiring.receives(TreeDivergence.self) { chronicle, envelope, _ in
            chronicle.write(chronicle.machine.diverged(envelope.body.divergence))
        }
        wiring.receives(MessageRefused.self) { chronicle, envelope, _ in
            chronicle.write(chronicle.machine.refused(envelope.body))
        }
    }

    private func write(_ lines: [ChronicleLine]) {
        for line in lines { self.writer.write(line) }
    }
}
