import Kernel
import Messages
import Primitives

// What the caller is told near a deadline when this node's clock is known to be off (ADR 0034).
extension LocalAPI {
    /// Signs and sends a message; when it has a deadline and the clock is off, it looks first how much
    /// time peers see left.
    func publish(
        _ type: MessageType,
        _ payload: JSONValue,
        for id: RequestID,
        _ outbox: inout Outbox
    ) {
        guard let clock = self.machine.node.clock, clock.isOff else {
            return self.broadcast(type, payload, for: id, &outbox)
        }
        switch type {
        case .propose:
            if let deadline = payload["voting_deadline"]?.integer {
                let end = Timestamp(milliseconds: deadline)
                self.machine.warn(clock.warning(until: end, now: outbox.now.timestamp), id)
            }
            self.broadcast(type, payload, for: id, &outbox)
        case .vote, .withdraw:
            guard let proposal = payload["proposal_id"]?.string.flatMap({ MessageID(hex: $0) }),
                self.ask.proposals.isConnected
            else { return self.broadcast(type, payload, for: id, &outbox) }
            self.machine.advance(id, to: .closing(type, payload))
            self.put(self.ask.proposals, Proposals(id: proposal, limit: 1), for: id, &outbox)
        default: self.broadcast(type, payload, for: id, &outbox)
        }
    }

    /// Signs and sends what is said about a proposal, now that it is known when that closes.
    func publish(
        _ type: MessageType,
        _ payload: JSONValue,
        about view: ProposalView?,
        for id: RequestID,
        _ outbox: inout Outbox
    ) {
        let now = outbox.now.timestamp
        self.machine.warn(view.flatMap { self.warning(about: $0, now: now) }, id)
        self.machine.advance(id, to: .message)
        self.broadcast(type, payload, for: id, &outbox)
    }

    /// The warning for a caller who acts on a proposal; nil when the offset of the clocks makes no
    /// difference.
    func warning(about view: ProposalView, now: Timestamp) -> String? {
        view.decisionDue.flatMap { self.machine.node.clock?.warning(until: $0, now: now) }
    }
}

extension ClockComparison {
    /// Whether the offset is larger than what comparisons fluctuate by.
    fileprivate var isOff: Bool {
        self.offsetMilliseconds.magnitude >= UInt64(APILimits.clockOffMilliseconds)
    }

    /// The warning for a deadline; nil when it is far off, or has passed by the own clock, too.
    fileprivate func warning(until end: Timestamp, now: Timestamp) -> String? {
        let left = end.milliseconds(since: now)
        let distance = Int64(clamping: self.offsetMilliseconds.magnitude)
        guard self.isOff, left >= 0,
            left <= distance.saturatingAdding(APILimits.nearMilliseconds)
        else { return nil }
        let theirs = left.saturatingAdding(self.offsetMilliseconds)
        let time =
            theirs > 0
            ? "\(theirs / 1_000) s are left until the deadline of \(end.text)"
            : "the deadline of \(end.text) has passed"
        let side = self.offsetMilliseconds < 0 ? "behind" : "ahead of"
        return
            "this node's clock is \(distance.saturatingAdding(500) / 1_000) s \(side) those of its peers, "
            + "by which \(time); set the clock, best by an NTP service"
    }
}
