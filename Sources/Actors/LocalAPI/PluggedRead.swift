public import Kernel
public import Messages

/// A question of a plugged-in subsystem that the local API serves.
struct PluggedRead: Sendable {
    /// The last part of its place.
    let path: String
    /// Puts the question on behalf of a request.
    let ask: @Sendable (isolated LocalAPI, RequestID, inout Outbox) -> Void

    private init<Q: ServedQuery>(_ type: Q.Type, _ boot: borrowing Boot) {
        let asker = boot.asks(type, about: RequestID.self)
        self.path = Q.path
        self.ask = { api, id, outbox in api.put(asker, Q(), for: id, &outbox) }
    }

    static func all(_ extensions: Extensions, _ boot: borrowing Boot) -> [PluggedRead] {
        var reads: [PluggedRead] = []
        for type in extensions.reads { reads.append(PluggedRead(type, boot)) }
        return reads
    }
}

extension LocalAPI {
    /// Declares what the answers to plugged-in subsystems' questions lead to.
    public static func wireReads(_ extensions: Extensions, _ wiring: borrowing Wiring<LocalAPI>) {
        for type in extensions.reads { Self.wireRead(type, wiring) }
    }

    private static func wireRead<Q: ServedQuery>(
        _ type: Q.Type,
        _ wiring: borrowing Wiring<LocalAPI>
    ) {
        Self.hear(wiring, type) { api, id, reply, _ in api.answer(id, APIResponse(reply.json)) }
    }
}
