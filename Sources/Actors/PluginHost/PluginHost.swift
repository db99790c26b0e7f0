import Checkpoints
package import Kernel
package import Messages
import Primitives

/// The subsystem that lets processes of their own take part in the node (ADR 0058).
///
/// It is plugged in like any other subsystem: it judges the wire types that children own, asks children on
/// behalf of callers, and tells them what is in the log. Nothing that a child says reaches a state of the
/// protocol but through messages that the node signs and admits like all others.
package actor PluginHost: Subsystem {
    /// Its name in the topology.
    package static let name = SubsystemName.pluginHost

    private var machine: PluginHostStateMachine
    private let processes: any PluginProcesses
    private let inlet: Inlet<PluginReported>
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    private let publish: Emitter<PublishExtension>

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - registrations: the children, as the device numbers them.
    ///   - processes: the device.
    package init(
        _ boot: borrowing Boot,
        _ registrations: [PluginRegistration],
        processes: any PluginProcesses
    ) {
        self.machine = PluginHostStateMachine(registrations)
        self.processes = processes
        self.inlet = boot.inlet(PluginReported.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.publish = boot.emits(PublishExtension.self)
    }

    /// Declares what it receives and answers.
    package static func wire(_ wiring: borrowing Wiring<PluginHost>) {
        wiring.foldsNothing()
        wiring.receives(ReplayFinished.self) { host, _, outbox in
            host.processes.begin(reportingTo: host.inlet)
            host.perform(host.machine.wentLive(now: outbox.now.timestamp), &outbox)
        }
        wiring.receives(PluginReported.self) { host, envelope, outbox in
            let now = outbox.now.timestamp
            host.perform(host.machine.reported(envelope.body, now: now), &outbox)
        }
        wiring.receives(JudgePluginMessage.self) { host, envelope, outbox in
            let now = outbox.now.timestamp
            host.perform(host.machine.judge(envelope.body, now: now), &outbox)
        }
        wiring.receives(MessageLogged.self) { host, envelope, outbox in
            host.perform(host.machine.logged(envelope.body), &outbox)
        }
        wiring.receives(MessageRefused.self) { host, envelope, outbox in
            host.perform(host.machine.refused(envelope.body), &outbox)
        }
        wiring.answers(AskPlugin.self) { host, envelope, outbox in
            let now = outbox.now.timestamp
            let actions = host.machine.ask(envelope.body, from: envelope.replyAddress, now: now)
            host.perform(actions, &outbox)
        }
        wiring.answers(Plugins.self) { host, envelope, outbox in
            outbox.reply(host.machine.report, to: envelope.replyAddress)
        }
        wiring.answers(PluginStatus.self) { host, envelope, outbox in
            let reply = PluginStatus.Reply(plugins: host.machine.report)
            outbox.reply(reply, to: envelope.replyAddress)
        }
        wiring.wakes { host, outbox in
            host.perform(host.machine.woke(now: outbox.now.timestamp), &outbox)
        }
    }

    private func perform(_ actions: [PluginAction], _ outbox: inout Outbox) {
        for action in actions { self.perform(action, &outbox) }
    }

    private func perform(_ action: PluginAction, _ outbox: inout Outbox) {
        switch action {
        case .start(let child, let run): self.processes.start(child, run: run)
        case .say(let saying, let child): self.processes.say(saying, to: child)
        case .proceed(let child): self.processes.proceed(child)
        case .end(let child): self.processes.end(child)
        case .call(let operation, let arguments, let id, let child):
            self.processes.call(operation, arguments, as: id, for: child)
        case .tell(let text, let child): self.processes.tell(text, of: child)
        case .accept(let command): outbox.send(self.accepted, command.accepted)
        case .refuse(let command, let refusal):
            outbox.send(self.refused, command.refused(refusal))
        case .reply(let reply, let asker): outbox.reply(reply, to: asker)
        case .publish(let command): outbox.send(self.publish, command)
        case .wake(let moment): outbox.wake(at: Moment(moment))
        }
    }
}
