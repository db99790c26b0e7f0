import Cryptography
import Multiformats
import Testing

@testable import GossipSub

@Suite("The way of a message")
struct MessageTests {
    @Test("A message is delivered once, and forwarded to the mesh without those that have it")
    func forwarding() throws {
        var bench = try Bench()
        let peers = try (1...4).map { try Peer($0) }
        for peer in peers { try bench.join(peer) }
        _ = bench.heartbeat()
        let source = try Peer(9)
        let message = source.message(1)
        let first = bench.receive(Wire.publish(message), from: peers[0])
        #expect(delivered(first).map(\.source) == [source.id])
        #expect(delivered(first).map(\.propagatedFrom) == [peers[0].id])
        let second = bench.receive(Wire.publish(message, message), from: peers[1])
        #expect(second.isEmpty)
        #expect(bench.router.counters.duplicates == 2)
        let forwarded = bench.accept(first)
        #expect(try sent(forwarded, to: peers[0]).isEmpty)
        #expect(try sent(forwarded, to: peers[1]).isEmpty)
        #expect(try published(try sent(forwarded, to: peers[2])) == [[1, 2, 3]])
        #expect(try published(try sent(forwarded, to: peers[3])) == [[1, 2, 3]])
        #expect(bench.accept(first).isEmpty)
    }

    @Test(
        "The frame of a message is its protobuf behind two lengths, whatever its size",
        arguments: [0, 1, 12, 13, 127, 128, 300, 16_150, 16_384, 70_000]
    )
    func frames(size: Int) throws {
        for key in [nil, [], [UInt8](repeating: 7, count: 36)] {
            let message = PubsubMessage(
                from: [UInt8](repeating: 1, count: 38),
                data: [UInt8](repeating: 2, count: size),
                sequenceNumber: [UInt8](repeating: 3, count: 8),
                topic: String(repeating: "t", count: size % 200 + 1),
                signature: [UInt8](repeating: 4, count: 64),
                key: key
            )
            var inner = ProtobufWriter(after: message.encodeUnsigned(), reserving: 0)
            inner.append(bytes: message.signature, field: 5)
            if let key { inner.append(bytes: key, field: 6) }
            var outer = ProtobufWriter()
            outer.append(bytes: inner.bytes, field: 2)
            let expected = Varint.encode(UInt64(outer.bytes.count)) + outer.bytes
            #expect(message.encodeFrame() == expected)
        }
    }

    @Test("Ids are equal and hash alike when their bytes do, however they were made")
    func ids() {
        let from = [UInt8](0..<38)
        let number = [UInt8](repeating: 9, count: 8)
        let id = GossipMessageID(from: from, sequenceNumber: number)
        #expect(id == GossipMessageID(bytes: from + number))
        #expect(id.hashValue == GossipMessageID(bytes: from + number).hashValue)
        #expect(id != GossipMessageID(from: from, sequenceNumber: number.dropLast() + [8]))
        #expect(Set([id, GossipMessageID(bytes: from + number)]).count == 1)
    }

    @Test("A message never goes back to its publisher")
    func publisher() throws {
        var bench = try Bench()
        let (source, relay) = (try Peer(1), try Peer(2))
        try bench.join(source)
        try bench.join(relay)
        _ = bench.heartbeat()
        let arrival = bench.receive(Wire.publish(source.message(1)), from: relay)
        let forwarded = bench.accept(arrival)
        #expect(forwarded.isEmpty)
    }

    @Test("StrictSign holds with and without the key", arguments: [false, true])
    func strictSign(withKey: Bool) throws {
        var bench = try Bench()
        let source = try Peer(1)
        try bench.join(source)
        let arrival = bench.receive(Wire.publish(source.message(1, withKey: withKey)), from: source)
        #expect(delivered(arrival).map(\.signature.isValid) == [true])
    }

    @Test("What another key signed, or another key claims, does not hold")
    func wrongSignatures() throws {
        let (source, other) = (try Peer(1), try Peer(2))
        var bench = try Bench()
        try bench.join(other)
        let forged = source.message(1, signedBy: other.key)
        #expect(
            delivered(bench.receive(Wire.publish(forged), from: other)).map(\.signature.isValid)
                == [false]
        )
        // The right signature, and the key of somebody else beside it.
        var message = ProtobufWriter()
        message.append(bytes: PublicKeyProtobuf.encode(other.key.publicKey), field: 6)
        let twoKeys = source.message(2) + message.bytes
        #expect(
            delivered(bench.receive(Wire.publish(twoKeys), from: other)).map(\.signature.isValid)
                == [false]
        )
        // Any byte of what is signed counts.
        let sound = source.message(3, data: [1, 2, 3])
        let start = try #require(sound.indices.first { sound[$0...].starts(with: [1, 2, 3]) })
        var altered = sound
        altered[start] ^= 1
        #expect(
            delivered(bench.receive(Wire.publish(altered), from: other)).map(\.signature.isValid)
                == [false]
        )
    }

    @Test("Messages without a member that StrictSign demands are refused", arguments: [1, 3, 4, 5])
    func missingMembers(field: Int) throws {
        var bench = try Bench()
        let source = try Peer(1)
        try bench.join(source)
        var reader = ProtobufReader(source.message(1)[...])
        var writer = ProtobufWriter()
        while let next = try reader.next() {
            if case .bytes(let bytes) = next.value, next.number != field {
                writer.append(bytes: bytes, field: next.number)
            }
        }
        let actions = bench.receive(Wire.publish(writer.bytes), from: source)
        #expect(delivered(actions).isEmpty)
        #expect(bench.router.counters.notStrictSign == 1)
    }

    @Test("Members of impossible length are refused", arguments: [1, 3, 5, 6])
    func impossibleLengths(field: Int) throws {
        var bench = try Bench()
        let source = try Peer(1)
        try bench.join(source)
        var writer = ProtobufWriter()
        writer.append(bytes: [UInt8](repeating: 1, count: 129), field: field)
        let actions = bench.receive(Wire.publish(source.message(1) + writer.bytes), from: source)
        #expect(delivered(actions).isEmpty)
    }

    @Test("Unknown fields are skipped in RPCs, messages and control")
    func unknownFields() throws {
        var bench = try Bench()
        let source = try Peer(1)
        try bench.join(source)
        var extra = ProtobufWriter()
        extra.append(varint: 5, field: 4)
        extra.append(bytes: [1], field: 99)
        var inMessage = ProtobufWriter()
        inMessage.append(bytes: [1], field: 77)
        let frame = extra.bytes + Wire.publish(source.message(1) + inMessage.bytes) + extra.bytes
        #expect(delivered(bench.receive(frame, from: source)).count == 1)
        let control = Wire.control((9, [1, 2]), (6, [3]))
        #expect(bench.receive(control, from: source).isEmpty)
        #expect(bench.router.counters.malformedRPCs == 0)
    }

    @Test("Messages in topics without subscription are dropped without blame")
    func foreignTopic() throws {
        var bench = try Bench()
        let source = try Peer(1)
        try bench.join(source)
        let actions = bench.receive(Wire.publish(source.message(1, topic: "/x")), from: source)
        #expect(actions.isEmpty)
        #expect(bench.router.counters.foreignTopic == 1)
    }

    @Test("A peer that may not publish yet is not heard, and its message can come again")
    func notAcceptedYet() throws {
        var bench = try Bench()
        let source = try Peer(1)
        try bench.join(source)
        let frame = Wire.publish(source.message(1))
        let early = bench.receive(frame, from: source, accepting: false)
        #expect(early.isEmpty)
        let asked = bench.receive(
            Wire.ihave([source.messageID(1)]),
            from: source,
            accepting: false
        )
        #expect(asked.isEmpty)
        #expect(bench.router.counters.notAccepted == 1)
        #expect(delivered(bench.receive(frame, from: source)).count == 1)
    }

    @Test("A rejected message counts against all that sent it, and may come again")
    func rejection() throws {
        var bench = try Bench()
        let (relay, source) = (try Peer(1), try Peer(9))
        try bench.join(relay)
        var reasons: [GossipPenalty] = []
        for _ in 0..<11 {
            let arrival = bench.receive(Wire.publish(source.message(1)), from: relay)
            for message in delivered(arrival) {
                reasons += penalties(
                    bench.router.validated(message.id, verdict: .reject, now: bench.now)
                )
            }
        }
        #expect(reasons == [.invalidMessage])
        let ignored = bench.receive(Wire.publish(source.message(2)), from: relay)
        #expect(ignored.isEmpty)
        #expect(bench.router.counters.graylistedRPCs == 1)
    }

    @Test("An ignored message is neither forwarded nor blamed, and does not come again")
    func ignoring() throws {
        var bench = try Bench()
        let (relay, other) = (try Peer(1), try Peer(2))
        try bench.join(relay)
        try bench.join(other)
        _ = bench.heartbeat()
        let arrival = bench.receive(Wire.publish(relay.message(1)), from: relay)
        let message = try #require(delivered(arrival).first)
        #expect(bench.router.validated(message.id, verdict: .ignore, now: bench.now).isEmpty)
        #expect(bench.receive(Wire.publish(relay.message(1)), from: other).isEmpty)
    }

    @Test("A forgery under the id of a message does not keep the message out")
    func rivals() throws {
        var bench = try Bench()
        let (liar, honest, source) = (try Peer(1), try Peer(2), try Peer(9))
        try bench.join(liar)
        try bench.join(honest)
        let forged = source.message(1, data: [6, 6, 6], signedBy: liar.key)
        let first = bench.receive(Wire.publish(forged), from: liar)
        let second = bench.receive(Wire.publish(source.message(1)), from: honest)
        #expect(second.isEmpty)
        let message = try #require(delivered(first).first)
        #expect(!message.signature.isValid)
        let next = bench.router.validated(message.id, verdict: .reject, now: bench.now)
        #expect(delivered(next).map(\.data) == [[1, 2, 3]])
        #expect(delivered(next).map(\.propagatedFrom) == [honest.id])
        #expect(delivered(next).map(\.signature.isValid) == [true])
    }

    @Test("An id is forgotten after two minutes")
    func seenLifetime() throws {
        var bench = try Bench()
        let source = try Peer(1)
        try bench.join(source)
        let frame = Wire.publish(source.message(1))
        _ = bench.accept(bench.receive(frame, from: source))
        bench.now += 118_000
        _ = bench.heartbeat()
        #expect(delivered(bench.receive(frame, from: source)).isEmpty)
        _ = bench.heartbeats(2)
        #expect(delivered(bench.receive(frame, from: source)).count == 1)
    }

    @Test("Too many messages without a verdict are dropped, and can come again")
    func overload() throws {
        var bench = try Bench { $0.pendingMax = 2 }
        let source = try Peer(1)
        try bench.join(source)
        let arrival = bench.receive(
            Wire.publish(source.message(1), source.message(2), source.message(3)),
            from: source
        )
        #expect(delivered(arrival).count == 2)
        #expect(bench.router.counters.overloaded == 1)
        _ = bench.accept(arrival)
        let again = bench.receive(Wire.publish(source.message(3)), from: source)
        #expect(delivered(again).count == 1)
    }

    @Test("An own publication goes to all subscribers at once, mesh or not, and is well signed")
    func publishing() throws {
        var bench = try Bench()
        let peers = try (1...20).map { try Peer($0) }
        for peer in peers { try bench.join(peer) }
        let outcome = bench.router.publish([4, 5], topic: topic, now: bench.now)
        for peer in peers {
            let rpcs = try sent(outcome.actions, to: peer)
            #expect(try published(rpcs) == [[4, 5]])
            let message = try PubsubMessageView(try #require(rpcs.first?.messages.first)).message
            #expect(PubsubSignature(message).isValid)
            #expect(message.key == nil)
        }
    }

    @Test("An own publication is never dropped: neither when all is full nor without peers")
    func ownPublication() throws {
        var bench = try Bench { $0.pendingMax = 1 }
        let (source, late) = (try Peer(1), try Peer(2))
        try bench.join(source)
        _ = bench.receive(Wire.publish(source.message(1)), from: source)
        let first = bench.router.publish([1], topic: topic, now: bench.now)
        #expect(try published(try sent(first.actions, to: source)) == [[1]])
        bench.router.removePeer(source.id, now: bench.now)
        let alone = bench.router.publish([2], topic: topic, now: bench.now)
        #expect(alone.actions.isEmpty)
        #expect(alone.id != first.id)
        // Who comes later learns of it by gossip.
        try bench.join(late)
        _ = bench.receive(Wire.prune(), from: late)
        let offered = try sent(bench.heartbeat(), to: late).flatMap(\.control.ihave).flatMap(\.ids)
        #expect(offered.contains(alone.id))
        let fetched = bench.receive(Wire.iwant([alone.id.bytes]), from: late)
        #expect(try published(try sent(fetched, to: late)) == [[2]])
    }

    @Test("An echo of an own message is no message, even after its id is forgotten")
    func echo() throws {
        var bench = try Bench()
        let peer = try Peer(1)
        try bench.join(peer)
        let outcome = bench.router.publish([1], topic: topic, now: bench.now)
        let echo = try #require(try sent(outcome.actions, to: peer).first?.messages.first)
        #expect(bench.receive(Wire.publish(Array(echo)), from: peer).isEmpty)
        bench.now += 200_000
        _ = bench.heartbeat()
        #expect(bench.receive(Wire.publish(Array(echo)), from: peer).isEmpty)
    }
}
