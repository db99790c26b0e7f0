import Kernel
import Messages

/// The last hop of admission: every type has exactly one owner (design §3).
struct Judges: Sendable {
    private let consensus: Emitter<JudgeConsensusMessage>
    private let storage: Emitter<JudgeStorageMessage>
    private let peers: Emitter<JudgePeerMessage>
    private let identity: Emitter<JudgeIdentityMessage>
    private let sync: Emitter<JudgeSyncMessage>
    private let unknown: Emitter<JudgeUnknownMessage>
    /// Of the types that plugged-in subsystems own.
    private var plugged: [PluggedJudge] = []

    init(_ boot: borrowing Boot, _ extensions: Extensions) {
        self.consensus = boot.emits(JudgeConsensusMessage.self)
        self.storage = boot.emits(JudgeStorageMessage.self)
        self.peers = boot.emits(JudgePeerMessage.self)
        self.identity = boot.emits(JudgeIdentityMessage.self)
        self.sync = boot.emits(JudgeSyncMessage.self)
        self.unknown = boot.emits(JudgeUnknownMessage.self)
        for type in extensions.messages { self.plugged.append(PluggedJudge(type, boot)) }
        let owners = extensions.children.filter { $0.owned != nil }
        if !owners.isEmpty { self.plugged.append(PluggedJudge(owners, boot)) }
    }

    /// Hands a message to the owner of its type.
    func hand(over admitted: AdmittedMessage, _ outbox: inout Outbox) {
        switch admitted.message.type?.judge {
        case .consensus?:
            outbox.send(self.consensus, JudgeConsensusMessage(admitted: admitted))
        case .storageMarket?:
            outbox.send(self.storage, JudgeStorageMessage(admitted: admitted))
        case .peers?:
            outbox.send(self.peers, JudgePeerMessage(admitted: admitted))
        case .identity?:
            outbox.send(self.identity, JudgeIdentityMessage(admitted: admitted))
        case .sync?:
            outbox.send(self.sync, JudgeSyncMessage(admitted: admitted))
        default:
            if let judge = self.plugged(admitted) { return judge.judge(admitted, &outbox) }
            outbox.send(self.unknown, JudgeUnknownMessage(admitted: admitted))
        }
    }

    /// The plugged-in judge of a broadcast; what comes another way is not one's own to judge, since no
    /// phase of sync and no exchange carries such types.
    private func plugged(_ admitted: AdmittedMessage) -> PluggedJudge? {
        switch admitted.origin {
        case .local, .gossip: self.plugged.first { $0.type.owns(admitted.message) }
        case .exchange, .answer, .sync: nil
        }
    }
}

/// The way to a judge of a type that the protocol does not know.
private struct PluggedJudge: Sendable {
    let type: Extensions
    let judge: @Sendable (AdmittedMessage, inout Outbox) -> Void

    init<Payload: WireExtension>(_ type: Payload.Type, _ boot: borrowing Boot) {
        let emitter = boot.emits(JudgeExtension<Payload>.self)
        self.type = Extensions(messages: [type])
        self.judge = { admitted, outbox in
            outbox.send(emitter, JudgeExtension<Payload>(admitted: admitted))
        }
    }

    /// The way to the host of child processes.
    init(_ children: [PluginManifest], _ boot: borrowing Boot) {
        let emitter = boot.emits(JudgePluginMessage.self)
        self.type = Extensions(children: children)
        self.judge = { admitted, outbox in
            outbox.send(emitter, JudgePluginMessage(admitted: admitted))
        }
    }
}
