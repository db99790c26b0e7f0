import Doors
import Messages
import Primitives

/// Sees to it that what is asked for with a key is done once (ADR 0060).
///
/// How a request is served is ``LocalAPIStateMachine``'s matter; this looks at what goes in and comes out.
struct RequestDesk: Sendable {
    private var machine: LocalAPIStateMachine
    private var kept = KeptRequests()

    /// Begins with what no subsystem would know of the node, and with the questions of plugged-in
    /// subsystems that are served.
    init(about: NodeAbout? = nil, places: [PluggedPlace] = []) {
        self.machine = LocalAPIStateMachine(about: about, places: places)
    }

    /// What a checkpoint keeps.
    var traces: [KeptTrace] { self.kept.traces }

    /// Takes over what a checkpoint kept.
    mutating func restore(_ traces: [KeptTrace]) { self.kept.restore(traces) }

    /// Something becomes known that requests depend on.
    mutating func note(_ event: (inout LocalAPIStateMachine) -> Void) { event(&self.machine) }

    /// Something happens that requests wait for.
    mutating func step(
        now: Timestamp,
        _ event: (inout LocalAPIStateMachine) -> [LocalAPIAction]
    ) -> [LocalAPIAction] {
        self.settle(event(&self.machine), now: now)
    }

    /// A person or agent asks for something.
    mutating func received(_ request: APIRequestReceived, now: Timestamp) -> [LocalAPIAction] {
        let (call, id) = (request.call, request.id)
        // A dry run does nothing that could be done twice.
        guard let key = request.key, call.rehearsed.dryRun == nil else {
            return self.step(now: now) { $0.received(call, as: id, now: now) }
        }
        switch self.kept.find(key, now: now) {
        case .reused: return [.answer(id, .keyReused)]
        case .running: return [.answer(id, .keyInUse(now: now))]
        case .answered(let answer): return [.answer(id, answer)]
        case .nothing:
            self.kept.begin(key, id, now: now)
            return self.step(now: now) { $0.received(call, as: id, now: now) }
        case .logged(.message(let message)):
            self.kept.begin(key, id, now: now)
            return self.step(now: now) { $0.received(call, again: message, as: id, now: now) }
        case .logged(.fact):
            // No other call leads to a fact with its key.
            guard case .offerStorage(let offer) = call else { return [.answer(id, .keyReused)] }
            return [.answer(id, APIResponse(offer))]
        }
    }

    /// A message is in the log; the key of the request that led to it comes from there, live and at replay.
    mutating func logged(_ entry: MessageLogged, now: Timestamp) -> [LocalAPIAction] {
        if case .local(_, let key?) = entry.admitted.origin {
            let trace = KeptRequests.Trace.message(entry.admitted.message.id)
            self.kept.logged(key, trace, at: entry.admitted.receivedAt)
        }
        return self.step(now: now) { $0.logged(entry, now: now) }
    }

    /// A fact is in the log, as ``logged(_:now:)-(MessageLogged,_)``.
    mutating func logged(_ entry: FactLogged, now: Timestamp) -> [LocalAPIAction] {
        if let key = entry.fact.key { self.kept.logged(key, .fact, at: entry.fact.recordedAt) }
        return self.step(now: now) { $0.logged(entry) }
    }

    /// A message ended before acceptance.
    mutating func refused(_ event: MessageRefused, now: Timestamp) -> [LocalAPIAction] {
        if case .local(_, let key?) = event.origin { self.kept.refused(key) }
        return self.step(now: now) { $0.refused(event) }
    }

    private mutating func settle(_ actions: [LocalAPIAction], now: Timestamp) -> [LocalAPIAction] {
        actions.flatMap { self.settle($0, now: now) }
    }

    /// Gives what leaves a trace in the log the key of its request, unless the trace is there, and keeps
    /// answers.
    private mutating func settle(_ action: LocalAPIAction, now: Timestamp) -> [LocalAPIAction] {
        switch action {
        case .answer(let id, let answer): self.kept.answered(id, answer)
        case .publish(let message):
            guard let id = message.request, let key = self.kept.key(of: id) else { break }
            if case .message(let earlier)? = self.kept.trace(of: key) {
                return self.step(now: now) { $0.found(earlier, for: id, now: now) }
            }
            self.kept.sent(key)
            return [
                .publish(
                    PublishMessage(
                        type: message.type,
                        payload: message.payload,
                        request: id,
                        key: key
                    )
                )
            ]
        case .ask(.offer(let offer), let id):
            let key = self.kept.key(of: id)
            return [.ask(.offer(OfferStorage(offer: offer.offer, key: key)), id)]
        case .ask, .record, .wake: break
        }
        return [action]
    }
}
