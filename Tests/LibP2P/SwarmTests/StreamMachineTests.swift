import Multiformats
import NIOCore
import Testing
import Yamux

@testable import Swarm

@Suite("Streams of a connection, without a socket")
struct StreamMachineTests {
    // MARK: Negotiation

    @Test("The peer is named once its key is proven, and streams begin behind that")
    func proven() throws {
        let bench = try MachineBench()
        guard case .proven(bench.peer)? = bench.actions.first else {
            Issue.record("\(bench.actions)")
            return
        }
        #expect(bench.actions.count == 1)
        let stream = try bench.open(Names.exchange, [0, 0, 0, 1, 7])
        guard case .exchange(.requested(Names.exchange, [7], stream))? = bench.actions.last else {
            Issue.record("\(bench.actions)")
            return
        }
    }

    @Test("What the host does not speak is refused, and the stream may be for something else")
    func refusedPurpose() throws {
        let bench = try MachineBench()
        let stream = try bench.open("/other/1.0.0")
        let refusal = Array("\u{03}na\n".utf8)
        #expect(bench.bytes(on: stream).suffix(refusal.count) == refusal[...])
        #expect(!bench.isReset(stream))
        let proposal = Array("\(Names.exchange)\n".utf8)
        try bench.write([UInt8(proposal.count)] + proposal + [0, 0, 0, 1, 7], on: stream)
        guard case .exchange(.requested(_, [7], stream))? = bench.actions.last else {
            Issue.record("\(bench.actions)")
            return
        }
    }

    @Test("What the peer does not speak fails with the reason, and the stream is reset")
    func refusedByPeer() throws {
        let bench = try MachineBench()
        try bench.tell {
            $0.openExchange(token: 5, protocolID: "/other", request: [1], staysOpen: false)
        }
        let stream = try bench.agree()
        #expect(bench.failures[5]?.contains("the peer does not speak") == true)
        #expect(bench.isReset(stream))
        #expect(bench.closing == nil)
    }

    @Test("Bytes that are no negotiation cost the stream, not the connection")
    func nonsense() throws {
        let bench = try MachineBench()
        let opened = bench.other.withMuxer { $0.openStream() } ?? nil
        let stream = try #require(opened)
        try bench.write([5, 1, 2, 3, 4, 5], on: stream)
        #expect(bench.isReset(stream))
        #expect(bench.released == 1)
        #expect(bench.closing == nil)
    }

    // MARK: Limits

    @Test("A stream without a place is reset, and nothing of it stays or is counted")
    func noPlace() throws {
        let bench = try MachineBench()
        bench.hasPlaces = false
        let stream = try bench.open(Names.exchange, [0, 0, 0, 1, 7])
        #expect(bench.isReset(stream))
        #expect(bench.released == 0)
        #expect(bench.machine.state(of: stream) == nil)
        bench.hasPlaces = true
        let next = try bench.open(Names.exchange, [0, 0, 0, 1, 7])
        #expect(!bench.isReset(next))
    }

    @Test("Requests that are on their way at once are few, and one that is whole makes room")
    func requestLimit() throws {
        let bench = try MachineBench()
        let part: [UInt8] = [0, 0, 0, 2, 7]
        let streams = try (0..<SwarmLimits.requestsBeingReadMax).map { _ in
            try bench.open(Names.exchange, part)
        }
        let refused = try bench.open(Names.exchange, part)
        #expect(bench.isReset(refused))
        try bench.write([8], on: streams[0])
        let next = try bench.open(Names.exchange, part)
        #expect(!bench.isReset(next))
        #expect(streams.allSatisfy { !bench.isReset($0) })
    }

    @Test("Echoes are few")
    func echoLimit() throws {
        let bench = try MachineBench()
        let streams = try (0...SwarmLimits.echoStreamsMax).map { _ in
            try bench.open(Ping.protocolID, [1, 2])
        }
        #expect(streams.map { bench.isReset($0) }.last == true)
        #expect(streams.dropLast().allSatisfy { bench.bytes(on: $0).suffix(2) == [1, 2] })
    }

    @Test("A new stream for frames takes the place of the one before")
    func oneFrameStream() throws {
        let bench = try MachineBench()
        let first = try bench.open(Names.frames, [2, 1])
        let second = try bench.open(Names.frames)
        #expect(bench.isReset(first))
        #expect(!bench.isReset(second))
        #expect(bench.readBudget.bytes == 0)
    }

    // MARK: Ends

    @Test(
        "A peer that closed its half gets the answer, and an answer that never comes is a failure"
    )
    func halfClose() throws {
        let bench = try MachineBench()
        let asked = try bench.open(Names.exchange, [0, 0, 0, 1, 7])
        try bench.closeWrite(asked)
        try bench.tell { $0.answer([9, 9], to: 1, on: asked) }
        #expect(bench.bytes(on: asked).suffix(6) == [0, 0, 0, 2, 9, 9])
        #expect(bench.events.contains(.remoteClosed(asked)))
        #expect(bench.released == 1)
        try bench.tell {
            $0.openExchange(token: 1, protocolID: Names.exchange, request: [1], staysOpen: false)
        }
        let own = try bench.agree()
        // This side's half is closed behind the request.
        #expect(bench.bytes(on: own).suffix(5) == [0, 0, 0, 1, 1])
        #expect(bench.events.contains(.remoteClosed(own)))
        try bench.closeWrite(own)
        #expect(bench.failures == [1: "the peer closed the stream without an answer"])
    }

    @Test("An answer that came with the agreement is taken")
    func leftover() throws {
        let bench = try MachineBench()
        try bench.tell {
            $0.openExchange(token: 3, protocolID: Names.exchange, request: [1], staysOpen: true)
        }
        _ = try bench.agree([0, 0, 0, 2, 5, 6])
        #expect(bench.answers == [3: [5, 6]])
        #expect(bench.failures.isEmpty)
    }

    @Test("A reset of the peer is the failure of what was asked on the stream")
    func reset() throws {
        let bench = try MachineBench()
        try bench.tell {
            $0.openExchange(token: 1, protocolID: Names.exchange, request: [1], staysOpen: false)
        }
        let stream = try bench.agree()
        try bench.reset(stream)
        #expect(bench.failures == [1: "the peer reset the stream"])
        #expect(bench.machine.state(of: stream) == nil)
    }

    @Test(
        "Who opens and resets streams without end is cut off, and who resets answered ones is not"
    )
    func resetFlood() throws {
        let bench = try MachineBench()
        for _ in 0..<SwarmLimits.resetsPerWindowMax {
            try bench.reset(try bench.open(Names.exchange))
        }
        let answered = try bench.open(Names.exchange, [0, 0, 0, 1, 7])
        try bench.tell { $0.answer([1], to: 1, on: answered) }
        try bench.reset(answered)
        #expect(bench.closing == nil)
        try bench.reset(try bench.open(Names.exchange))
        #expect(bench.closing == "it opens and resets too many streams")
    }

    @Test("An answer goes to the request it belongs to, though its stream has a new one")
    func numbers() throws {
        let bench = try MachineBench()
        let stream = try bench.open(Names.exchange, [0, 0, 0, 1, 7])
        bench.machine.set(.answering(2), on: stream)
        try bench.tell { $0.answer([9], to: 1, on: stream) }
        #expect(bench.bytes(on: stream).suffix(1) != [9])
        try bench.tell { $0.answer([8], to: 2, on: stream) }
        #expect(bench.bytes(on: stream).suffix(1) == [8])
    }

    // MARK: Time

    @Test("A stream that brings no answer in time is given up at that time, and not before")
    func late() throws {
        let bench = try MachineBench()
        try bench.tell {
            $0.openExchange(token: 1, protocolID: Names.exchange, request: [1], staysOpen: false)
        }
        let stream = try bench.agree()
        #expect(bench.wakes == [MachineBench.start + SwarmLimits.exchangeTimeout])
        bench.pass(SwarmLimits.exchangeTimeout - .nanoseconds(1))
        try bench.tell { $0.wake() }
        #expect(bench.failures.isEmpty)
        bench.pass(.nanoseconds(1))
        try bench.tell { $0.wake() }
        #expect(bench.failures == [1: "no answer in time"])
        #expect(bench.isReset(stream))
        // Nobody is late any more, so nobody has to look.
        #expect(bench.wakes.count == 2)
    }

    @Test("A frame that has begun has to end in time; between frames a stream may be silent")
    func lateFrame() throws {
        let bench = try MachineBench()
        bench.isPrimary = false
        let stream = try bench.open(Names.frames, [1, 5])
        #expect(bench.frames == [[5]])
        bench.pass(SwarmLimits.exchangeTimeout + SwarmLimits.frameTimeout)
        try bench.tell { $0.wake() }
        #expect(!bench.isReset(stream))
        try bench.write([3, 1], on: stream)
        bench.pass(SwarmLimits.frameTimeout)
        try bench.tell { $0.wake() }
        #expect(bench.isReset(stream))
        #expect(bench.readBudget.bytes == 0)
    }

    @Test("Silence is asked about, however long it was; an answer is a sign of life")
    func signsOfLife() throws {
        let bench = try MachineBench()
        func look() throws { try bench.tell { $0.look(isReading: true, entropy: 7) } }
        bench.pass(SwarmLimits.keepAlive)
        try look()
        // The other end's muxer has answered the ping.
        bench.pass(SwarmLimits.keepAlive)
        try look()
        #expect(bench.closing == nil)
        // A look that comes late must not take a silence for the answer to a question that was not asked.
        bench.pass(SwarmLimits.keepAlive + SwarmLimits.keepAlive)
        try look()
        #expect(bench.closing == nil)
    }

    // MARK: Pressure

    @Test("Frames are dropped, and then requests fail, when the peer takes in too little")
    func backPressure() throws {
        let bench = try MachineBench()
        bench.isReading = false
        try bench.tell { $0.openFrameStream() }
        let stream = try bench.agree()
        let frame = [UInt8](repeating: 1, count: 4_000_000)
        for _ in 0..<5 { try bench.tell { $0.send(frame: frame) } }
        let dropped = bench.actions.compactMap { action -> Int? in
            if case .frames(.dropped(let count)) = action { count } else { nil }
        }
        #expect(dropped == [frame.count])
        let request = [UInt8](repeating: 2, count: 8_388_608)
        for token in 1...3 as ClosedRange<UInt64> {
            try bench.tell {
                $0.openExchange(
                    token: token,
                    protocolID: Names.exchange,
                    request: request,
                    staysOpen: false
                )
            }
            if bench.failures.isEmpty { _ = try bench.agree() }
        }
        #expect(bench.failures == [3: "the peer takes in too little of what is sent to it"])
        // One window is with the peer; it takes the rest, and there is room again.
        bench.isReading = true
        _ = bench.other.withMuxer { $0.consumed(.max, on: stream) }
        try bench.settle()
        bench.forgetActions()
        try bench.tell { $0.send(frame: [1, 2]) }
        #expect(bench.actions.isEmpty)
        #expect(bench.bytes(on: stream).suffix(2) == [1, 2])
    }

    @Test("A socket that takes nothing for long is given up")
    func stalled() throws {
        let bench = try MachineBench()
        bench.isTaking = false
        _ = try bench.open(Ping.protocolID, [1])
        bench.pass(SwarmLimits.stallTimeout - .nanoseconds(1))
        _ = try bench.open(Ping.protocolID, [1])
        try bench.tell { $0.look(isReading: true, entropy: 1) }
        #expect(bench.closing == nil)
        bench.pass(.nanoseconds(1))
        try bench.tell { $0.look(isReading: true, entropy: 1) }
        #expect(bench.closing == "it takes in nothing of what is sent to it")
    }

    @Test("An echo that nobody reads is bounded")
    func unreadEcho() throws {
        let bench = try MachineBench()
        bench.isReading = false
        let stream = try bench.open(Ping.protocolID)
        let bytes = [UInt8](repeating: 1, count: 16_384)
        // One window is with the peer.
        for _ in 0..<16 { try bench.write(bytes, on: stream) }
        #expect(!bench.isReset(stream))
        for _ in 0..<6 { try bench.write(bytes, on: stream) }
        #expect(bench.isReset(stream))
        #expect(bench.closing == nil)
    }
}
