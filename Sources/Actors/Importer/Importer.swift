import Checkpoints
public import Kernel
import Messages
public import Primitives

/// The subsystem that brings a node what a file holds, while the node does not run (ADR 0065).
public actor Importer: Subsystem {
    /// Its name in the topology; a running node has none.
    public static let name: SubsystemName = "Importer"

    /// The way in for pages of the file.
    public nonisolated let pages: Inlet<ImportPage>

    private var machine: ImporterStateMachine
    private let desk: any ImporterDesk
    private let admit: Emitter<AdmitMessage>
    private let known: Asker<MessagesByID, Void>

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - own: the key of this node.
    ///   - desk: the device.
    public init(_ boot: borrowing Boot, own: NodeID, desk: any ImporterDesk) {
        self.machine = ImporterStateMachine(own: own)
        self.desk = desk
        self.pages = boot.inlet(ImportPage.self)
        self.admit = boot.emits(AdmitMessage.self)
        self.known = boot.asks(MessagesByID.self)
    }

    /// Declares what it receives.
    public static func wire(_ wiring: borrowing Wiring<Importer>) {
        wiring.foldsNothing()
        wiring.receives(ImportPage.self) { importer, envelope, outbox in
            importer.perform(importer.machine.took(envelope.body.lines), &outbox)
        }
        wiring.hears(MessagesByID.self) { importer, reply, outbox in
            importer.perform(importer.machine.heard(reply), &outbox)
        }
        wiring.receives(MessageAccepted.self) { importer, envelope, outbox in
            importer.perform(importer.machine.accepted(envelope.body), &outbox)
        }
        wiring.receives(MessageRefused.self) { importer, envelope, outbox in
            importer.perform(importer.machine.refused(envelope.body), &outbox)
        }
        wiring.receives(MessageLogged.self) { importer, envelope, outbox in
            let id = envelope.body.admitted.message.id
            importer.perform(importer.machine.logged(id), &outbox)
        }
        wiring.receives(LogStopped.self) { importer, envelope, outbox in
            importer.perform(importer.machine.logStopped(envelope.body), &outbox)
        }
    }

    private func perform(_ actions: [ImporterAction], _ outbox: inout Outbox) {
        for action in actions {
            switch action {
            case .look(let ids):
                outbox.ask(self.known, MessagesByID(ids: ids))
            case .admit(let bytes, let origin):
                outbox.send(self.admit, AdmitMessage(bytes: bytes, origin: origin))
            case .end(let outcome): self.desk.ended(outcome)
            case .stop(let reason): self.desk.stopped(because: reason)
            }
        }
    }
}
