import Cryptography
import Multiformats
import NIOCore
import Testing
import Yamux

@testable import Swarm

@Suite("Frames and the end of a connection, without a socket")
struct StreamMachineEndTests {
    private func exchange(_ token: UInt64, _ machine: inout StreamMachine) {
        machine.openExchange(
            token: token,
            protocolID: Names.exchange,
            request: [1],
            staysOpen: false
        )
    }

    // MARK: Frames

    @Test("Frames that come before any can be sent wait for that, in their order")
    func earlyFrames() throws {
        let bench = try MachineBench()
        try bench.tell { $0.openFrameStream() }
        let stream = try bench.open(Names.frames, [1, 5])
        try bench.write([2, 6, 7, 0], on: stream)
        #expect(bench.frames.isEmpty)
        _ = try bench.agree()
        #expect(bench.frames == [[5], [6, 7], []])
        let order = bench.actions.compactMap { action -> String? in
            switch action {
            case .frames(.ready): "ready"
            case .frames(.received): "received"
            default: nil
            }
        }
        #expect(order == ["ready", "received"])
        try bench.write([1, 8], on: stream)
        #expect(bench.frames.last == [8])
    }

    @Test(
        "Early frames beyond a bound cost the stream, and those of a spare connection do not wait"
    )
    func crowdedFrames() throws {
        let frame = Varint.encode(100_000) + [UInt8](repeating: 1, count: 100_000)
        let bench = try MachineBench()
        let stream = try bench.open(Names.frames, frame + frame)
        #expect(!bench.isReset(stream))
        try bench.write(frame, on: stream)
        #expect(bench.isReset(stream))
        let spare = try MachineBench()
        spare.isPrimary = false
        let other = try spare.open(Names.frames, frame + frame + frame)
        #expect(!spare.isReset(other))
        #expect(spare.frames.count == 3)
    }

    @Test("A stream for frames that the peer resets is reported with what it carried, and once")
    func lostFrameStream() throws {
        let bench = try MachineBench()
        try bench.tell { $0.openFrameStream() }
        let stream = try bench.agree()
        try bench.tell { $0.send(frame: [3, 1, 2, 3]) }
        try bench.reset(stream)
        let news = bench.actions.suffix(2)
        guard case .frames(.reset(largest: 4))? = news.first, case .frames(.lost)? = news.last
        else {
            Issue.record("\(bench.actions)")
            return
        }
        // It is kept until somebody lets it go, so that it is not offered for ever.
        try bench.tell { $0.openFrameStream() }
        #expect(bench.openedByMachine.count == 1)
        try bench.tell { machine in
            machine.releaseFrameStream()
            machine.openFrameStream()
        }
        #expect(bench.openedByMachine.count == 2)
    }

    @Test("No frames go through a relay unless they may")
    func framesThroughRelay() throws {
        let bench = try MachineBench(isLimited: true)
        try bench.tell { $0.openFrameStream() }
        #expect(bench.openedByMachine.isEmpty)
        let eager = try MachineBench(isLimited: true) { $0.framesThroughRelays = true }
        try eager.tell { $0.openFrameStream() }
        #expect(eager.openedByMachine.count == 1)
    }

    // MARK: The end

    @Test(
        "What is asked for while the connection closes fails, and so does what is open at its end"
    )
    func askedWhileClosing() throws {
        let bench = try MachineBench()
        try bench.tell { self.exchange(1, &$0) }
        try bench.tell { $0.close("enough") }
        #expect(bench.closing == "enough")
        try bench.tell { self.exchange(2, &$0) }
        #expect(bench.failures == [2: "no stream can be opened"])
        try bench.tell { $0.end() }
        #expect(bench.failures == [1: "enough", 2: "no stream can be opened"])
        try bench.tell { self.exchange(3, &$0) }
        #expect(bench.failures[3] != nil)
        #expect(bench.openedByMachine.count == 1)
    }

    @Test("What arrives behind the end is not looked at")
    func behindTheEnd() throws {
        let bench = try MachineBench()
        let opened = bench.other.withMuxer { $0.openStream() } ?? nil
        let stream = try #require(opened)
        bench.machine.end()
        try bench.write([1, 2, 3], on: stream)
        #expect(bench.machine.state(of: stream) == nil)
        #expect(!bench.actions.contains { if case .released = $0 { true } else { false } })
    }

    @Test("A connection that retires lets answers come, opens nothing, and closes when all is done")
    func retiring() throws {
        let bench = try MachineBench()
        try bench.tell { self.exchange(1, &$0) }
        let stream = try bench.agree()
        try bench.tell { $0.retire() }
        #expect(bench.events.contains(.goAway(0)))
        let deadline = MachineBench.start + SwarmLimits.exchangeTimeout
        guard case .lookWhenDone(deadline)? = bench.actions.last else {
            Issue.record("\(bench.actions)")
            return
        }
        try bench.tell { $0.openFrameStream() }
        try bench.tell { self.exchange(2, &$0) }
        #expect(bench.failures == [2: "no stream can be opened"])
        try bench.tell { $0.closeIfDone(by: deadline) }
        #expect(bench.closing == nil)
        try bench.write([0, 0, 0, 1, 6], on: stream)
        #expect(bench.answers == [1: [6]])
        try bench.tell { $0.closeIfDone(by: deadline) }
        #expect(bench.closing?.contains("said goodbye") == true)
    }

    @Test("A connection that retires does not wait for ever")
    func retiredForLong() throws {
        let bench = try MachineBench()
        try bench.tell { self.exchange(1, &$0) }
        try bench.tell { $0.retire() }
        let deadline = MachineBench.start + SwarmLimits.exchangeTimeout
        bench.pass(SwarmLimits.exchangeTimeout)
        try bench.tell { $0.closeIfDone(by: deadline) }
        #expect(bench.closing != nil)
    }

    @Test("A goodbye of the peer retires the connection and does not close it")
    func goAway() throws {
        let bench = try MachineBench()
        _ = bench.other.withMuxer { $0.goAway() }
        try bench.settle()
        #expect(bench.actions.contains { if case .retired = $0 { true } else { false } })
        #expect(bench.closing == nil)
    }

    @Test(
        "The own key at the other end closes the connection; told is only who is another process",
        arguments: [false, true]
    )
    func ownKey(isItself: Bool) throws {
        let (key, secret) = (SigningKey.generate(), SecureRandom.bytes(32))
        let configuration = SwarmConfiguration(
            identity: key,
            listen: [],
            agentVersion: "test/1",
            exchangeProtocols: [],
            longLivedProtocols: []
        )
        var machine = StreamMachine(
            StreamTerms(configuration, isInitiator: true),
            link: MachineBench.link(of: key, isOutbound: true, staticSecret: secret),
            writeBudget: ByteBudget(limit: 1_000)
        )
        var other = MachineBench.link(
            of: key,
            isOutbound: false,
            staticSecret: isItself ? secret : SecureRandom.bytes(32)
        )
        for _ in 0..<4 {
            // It notices as well, once it has the machine's proof.
            _ = try? other.receive(MachineBench.output(of: &machine))
            machine.receive(MachineBench.output(of: &other))
        }
        var actions: [StreamAction] = []
        while let action = machine.next() { actions.append(action) }
        let told = actions.count { if case .ownKey = $0 { true } else { false } }
        #expect(told == (isItself ? 0 : 1))
        guard case .close? = actions.last else {
            Issue.record("\(actions)")
            return
        }
        #expect(machine.closing.isOwnKey)
    }
}
