import Multiformats
import MultistreamSelect
import NIOCore
import Relay
import Yamux

// What a stream is for, once both sides agree on it.
extension ConnectionHandler {
    /// A peer chose what its stream is for.
    func chosen(_ name: String, on id: YamuxStreamID) {
        guard let peer = self.connection?.peer else { return }
        if let awaited = Self.awaited(in: name) {
            guard self.maySend(awaited) else { return self.reset(id) }
            return self.expect(awaited, on: id)
        }
        let configuration = self.swarm.configuration
        if configuration.exchangeProtocols.contains(name) {
            guard self.requestsBeingRead < SwarmLimits.requestsBeingReadMax else {
                return self.reset(id)
            }
            self.streams[id] = .request(protocolID: name, self.exchangeReader(of: peer))
        } else if configuration.longLivedProtocols.contains(name) {
            // Each may hold a frame of 8 MiB, so there is one a connection.
            if let former = self.inboundFrameStream { self.reset(former) }
            self.inboundFrameStream = id
            self.deadlines.remove(id)
            let budget = self.swarm.readBudget(of: peer)
            self.streams[id] = .framesIn(FrameReader(limit: SwarmLimits.frameBytesMax, budget))
        } else if name == Ping.protocolID {
            let echoes = self.streams.values.count { if case .echo = $0 { true } else { false } }
            guard echoes < SwarmLimits.echoStreamsMax else { return self.reset(id) }
            self.streams[id] = .echo
        } else {
            self.reply(self.identity, on: id)
        }
    }

    /// The message with which a peer begins in a protocol of the stack's own.
    private static func awaited(in name: String) -> StreamState.Awaited? {
        switch name {
        case Identify.pushProtocolID: .push
        case HopMessage.protocolID: .hop
        case StopMessage.protocolID: .stop
        case AutoNATClient.protocolID: .dialBack
        case HolePunchMessage.protocolID: .holePunch
        default: nil
        }
    }

    private func maySend(_ awaited: StreamState.Awaited) -> Bool {
        switch awaited {
        case .push: self.pushes.note(at: .now())
        default: self.requests.note(at: .now())
        }
    }

    private func exchangeReader(of peer: PeerID) -> ExchangeReader {
        ExchangeReader(
            limit: self.swarm.configuration.exchangeBytesMax,
            self.swarm.readBudget(of: peer)
        )
    }

    private var requestsBeingRead: Int {
        self.streams.values.count { if case .request = $0 { true } else { false } }
    }

    func offered(
        _ outcome: MultistreamOutcome?,
        _ purpose: StreamState.Purpose,
        _ id: YamuxStreamID
    ) throws {
        switch (outcome, purpose) {
        case (.selected(_, let leftover)?, .exchange(let token, let request, let staysOpen)):
            guard let peer = self.connection?.peer else { return }
            self.streams[id] = .answer(token: token, self.exchangeReader(of: peer))
            self.write(ExchangeReader.frame(request), on: id)
            if !staysOpen { self.closeWrite(id) }
            if !leftover.isEmpty { self.received(leftover, on: id) }
        case (.selected(let name, _)?, .frames):
            self.streams[id] = .framesOut
            guard let connection = self.connection else { return }
            self.swarm.delegate.frameStreamReady(
                connection.peer,
                protocolID: name,
                isOutbound: connection.isOutbound
            )
            self.releaseEarlyFrames()
        case (.selected(_, let leftover)?, .question(let question)):
            self.pose(question, on: id)
            if !leftover.isEmpty { self.received(leftover, on: id) }
        case (.selected?, .push):
            self.reply(self.identity, on: id)
        case (.refused?, _): throw LinkError.refused("the protocol of this stream")
        case (nil, _): break
        }
    }
}
