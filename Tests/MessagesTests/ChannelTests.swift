import Messages
import Primitives
import Testing

@Suite("§2 Time, channels and frames")
struct ChannelTests {
    private func verdict(_ type: MessageType?, _ age: Int64, _ channel: TimeChannel)
        -> TimeWindow.Verdict
    {
        TimeWindow.verdict(
            type: type,
            timestamp: Wire.now.adding(milliseconds: -age),
            now: Wire.now,
            channel: channel
        )
    }

    @Test("D-16: five minutes either way, both ends included, on gossip and on streams")
    func window() {
        for channel in [TimeChannel.gossip, .stream] {
            for type in [MessageType.vote, .contentRequest, nil] {
                #expect(self.verdict(type, 300_000, channel) == .inside)
                #expect(self.verdict(type, 300_001, channel) == .tooOld)
                #expect(self.verdict(type, -300_000, channel) == .inside)
                #expect(self.verdict(type, -300_001, channel) == .tooNew)
            }
        }
    }

    @Test("D-16: what comes by sync may be of any age, but not from the future")
    func sync() {
        for type in MessageType.allCases {
            #expect(self.verdict(type, Int64.max, .sync) == .inside)
            #expect(self.verdict(type, -300_001, .sync) == .tooNew)
        }
    }

    @Test("D-15: identity messages may be relayed again long after they were signed")
    func identityMessages() {
        let exempt = MessageType.allCases.filter { self.verdict($0, 300_001, .gossip) == .inside }
        #expect(Set(exempt) == [.keyRotate, .keyConflict, .didLink, .didRevoke])
        for type in exempt {
            #expect(self.verdict(type, -300_001, .gossip) == .tooNew)
            #expect(self.verdict(type, 300_001, .stream) == .tooOld)
        }
    }

    @Test("hostile timestamps do not trap")
    func extremes() {
        for channel in TimeChannel.allCases {
            for edge in [Int64.min, .max] {
                let verdict = TimeWindow.verdict(
                    type: .vote,
                    timestamp: Timestamp(milliseconds: edge),
                    now: Wire.now,
                    channel: channel
                )
                #expect(verdict != .inside || (edge == .min && channel == .sync))
            }
        }
    }

    @Test("R-02-028: every type has its topic or stream")
    func channels() {
        var names: [String: Set<String>] = [:]
        for type in MessageType.allCases {
            let channel =
                switch type.channel {
                case .gossip(let topic): topic.rawValue
                case .stream(let stream): stream.rawValue
                }
            names[channel, default: []].insert(type.rawValue)
        }
        #expect(names["/valence/votes"] == ["VOTE"])
        #expect(
            names["/valence/peers"] == [
                "PEER_ANNOUNCE", "REPUTATION_GOSSIP", "KEY_ROTATE", "KEY_CONFLICT", "DID_LINK",
                "DID_REVOKE", "SHARE", "FLAG",
            ]
        )
        #expect(
            names["/valence/proposals"] == [
                "REQUEST", "PROPOSE", "WITHDRAW", "ADOPT", "COMMENT", "CHALLENGE_RESULT",
                "REPLICATE_REQUEST", "REPLICATE_ACCEPT", "COPY_ASSIGNMENT", "COPY_RECEIVED",
                "RENT_PAYMENT", "RENT_TRANSFER", "RENT_TRANSFER_ACK", "CONTENT_WITHDRAW",
            ]
        )
        #expect(names["/valence/auth/1.0.0"] == ["AUTH_CHALLENGE", "AUTH_RESPONSE"])
        #expect(names["/valence/content/1.0.0"] == ["CONTENT_REQUEST", "CONTENT_RESPONSE"])
        #expect(names["/valence/sync/1.0.0"]?.count == 9)
        #expect(names.count == 6)
    }

    @Test("D-28: gossip types are fetched in one of five phases, announcements in none")
    func phases() {
        for type in MessageType.allCases {
            let isGossiped = if case .gossip = type.channel { true } else { false }
            #expect((type.syncPhase != nil) == (isGossiped && type != .peerAnnounce), "\(type)")
        }
        #expect(MessageType.allCases.compactMap(\.syncPhase).allSatisfy { (1...5).contains($0) })
    }

    @Test("D-75: the gates of the capability ramp, inclusive")
    func gates() {
        for capability in Capability.allCases {
            let gate = capability.gate
            #expect(capability.isPermitted(at: gate))
            let below = gate - FixedPoint(millionths: 1)
            #expect(!capability.isPermitted(at: below))
        }
        #expect(Capability.vote.gate == FixedPoint(millionths: 300_000))
        #expect(Capability.flagIllegal.gate == FixedPoint(millionths: 500_000))
        #expect(Capability.publishSnapshot.gate == FixedPoint(millionths: 700_000))
        #expect(Capability.adopt.gate == .zero)
    }
}
