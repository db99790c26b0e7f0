import Multiformats
import NIOCore
import Relay
import Testing
import Yamux

@testable import Swarm

@Suite("Streams that carry the bytes of others, without a socket")
struct StreamMachineRelayTests {
    private let other = StreamEnd(connection: 7, stream: YamuxStreamID(rawValue: 9))

    /// A machine whose peer is joined to another stream, and the stream.
    private func bridge() throws -> (MachineBench, YamuxStreamID) {
        let bench = try MachineBench()
        let message = HopMessage(kind: .connect, peer: bench.peer).framed
        let stream = try bench.open(HopMessage.protocolID, message)
        guard case .relay(.asked(_, stream))? = bench.actions.last else {
            throw RelayError.malformed
        }
        try bench.tell { $0.call(4, on: stream) }
        let caller = StreamEnd(connection: 1, stream: stream)
        let call = RelayCall(circuit: 4, message: StopMessage(kind: .connect), caller: caller)
        let answer = HopMessage(kind: .status, status: .ok)
        try bench.tell { $0.answerCaller(call, answer, called: self.other) }
        #expect(bench.bytes(on: stream).suffix(answer.framed.count) == answer.framed[...])
        bench.forgetActions()
        return (bench, stream)
    }

    private func passed(_ bench: MachineBench) -> [[UInt8]] {
        bench.actions.compactMap { action in
            if case .relay(.pass(let bytes, _, _)) = action { bytes } else { nil }
        }
    }

    private func taken(_ bench: MachineBench) -> Int {
        bench.actions.reduce(0) { sum, action in
            if case .relay(.taken(let count, self.other)) = action { sum + count } else { sum }
        }
    }

    // MARK: Bridges

    @Test("Bytes of a bridge pass to the other end, and the other end's come here")
    func passing() throws {
        let (bench, stream) = try self.bridge()
        try bench.write([1, 2, 3], on: stream)
        #expect(self.passed(bench) == [[1, 2, 3]])
        try bench.tell { $0.carry([4, 5], on: stream) }
        #expect(bench.bytes(on: stream).suffix(2) == [4, 5])
        #expect(self.taken(bench) == 2)
    }

    @Test("What the peer has no window for is reported as taken once it has, and all at once")
    func window() throws {
        let (bench, stream) = try self.bridge()
        bench.isReading = false
        let bytes = [UInt8](repeating: 6, count: 200_000)
        try bench.tell { $0.carry(bytes, on: stream) }
        #expect(self.taken(bench) == bytes.count)
        try bench.tell { $0.carry(bytes, on: stream) }
        #expect(self.taken(bench) == bytes.count)
        _ = bench.other.withMuxer { $0.consumed(300_000, on: stream) }
        try bench.settle()
        #expect(self.taken(bench) == 2 * bytes.count)
    }

    @Test("A bridge ends in good order when both halves are closed, and tells nobody of a break")
    func goodEnd() throws {
        let (bench, stream) = try self.bridge()
        try bench.closeWrite(stream)
        guard case .relay(.closeOutput(self.other))? = bench.actions.last else {
            Issue.record("\(bench.actions)")
            return
        }
        try bench.tell { $0.closeOutput(of: stream) }
        #expect(bench.actions.contains { if case .relay(.ended(4)) = $0 { true } else { false } })
        #expect(!bench.actions.contains { if case .relay(.reset) = $0 { true } else { false } })
        #expect(bench.released == 1)
    }

    @Test("A bridge that breaks off, is late or has carried enough resets its other end")
    func brokenBridges() throws {
        func isBroken(_ bench: MachineBench) -> Bool {
            let news = bench.actions.filter { if case .released = $0 { false } else { true } }
            guard case .relay(.ended(4))? = news.dropLast().last,
                case .relay(.reset(self.other))? = news.last
            else { return false }
            return true
        }
        let (reset, stream) = try self.bridge()
        try reset.reset(stream)
        #expect(isBroken(reset))
        let late = try self.bridge().0
        late.pass(.seconds(Int64(RelayLimits.circuitSeconds)))
        try late.tell { $0.wake() }
        #expect(isBroken(late))
        let (spent, last) = try self.bridge()
        try spent.tell { $0.breakCircuit(last) }
        #expect(isBroken(spent))
        #expect(spent.isReset(last))
    }

    @Test("A caller that is gone when it is answered leaves nobody joined to it")
    func lateAnswer() throws {
        let bench = try MachineBench()
        let caller = StreamEnd(connection: 1, stream: YamuxStreamID(rawValue: 1))
        let call = RelayCall(circuit: 4, message: StopMessage(kind: .connect), caller: caller)
        let answer = HopMessage(kind: .status, status: .ok)
        try bench.tell { $0.answerCaller(call, answer, called: self.other) }
        let news = bench.actions.suffix(2)
        guard case .relay(.reset(self.other))? = news.first, case .relay(.ended(4))? = news.last
        else {
            Issue.record("\(bench.actions)")
            return
        }
    }

    // MARK: Circuits

    @Test("What comes behind an answer waits until the question about it is answered")
    func restWaits() throws {
        let bench = try MachineBench()
        let message = StopMessage(kind: .connect, peer: bench.peer).framed
        let opened = bench.other.withMuxer { $0.openStream() } ?? nil
        let stream = try #require(opened)
        // The machine is asked by hand, so that the answer comes late.
        let named = Array("\(StopMessage.protocolID)\n".utf8)
        let header = Array("\u{13}/multistream/1.0.0\n".utf8)
        _ = bench.other.withMuxer {
            $0.send(header + [UInt8(named.count)] + named + message + [8, 9], on: stream)
        }
        bench.machine.receive(MachineBench.output(of: &bench.other))
        var order: [String] = []
        while let action = bench.machine.next() {
            switch action {
            case .admit: bench.machine.admit(stream, offering: [StopMessage.protocolID])
            case .circuit(.called(_, stream)):
                order.append("call")
                bench.machine.carryCall([1], on: stream)
            case .circuit(.received(let bytes, stream)): order.append("\(bytes)")
            default: break
            }
        }
        #expect(order == ["call", "[8, 9]"])
    }

    @Test("A question that cannot be asked is unanswered at once")
    func unasked() throws {
        let bench = try MachineBench()
        try bench.tell { $0.close("enough") }
        let target = try Multiaddr("/ip4/127.0.0.1/tcp/1").with(peer: bench.peer)
        let dial = Dial(id: 3, asked: target, target: target, deadline: .now())
        let call = RelayCall(
            circuit: 4,
            message: StopMessage(kind: .connect),
            caller: self.other
        )
        bench.forgetActions()
        for question in [.reservation, .circuit(dial), .call(call)] as [StreamState.Question] {
            try bench.tell { $0.ask(question) }
        }
        guard bench.actions.count == 3, case .circuit(.reservation(nil)) = bench.actions[0],
            case .circuit(.failed(_, "no stream to the relay can be opened")) = bench.actions[1],
            case .relay(.unanswered) = bench.actions[2]
        else {
            Issue.record("\(bench.actions)")
            return
        }
    }

    @Test("A refusal of the relay ends the dial through it, an agreement makes the stream carry")
    func circuit() throws {
        for status in [RelayStatus.noReservation, .ok] {
            let bench = try MachineBench(isInitiator: true)
            let target = try Multiaddr("/ip4/127.0.0.1/tcp/1").with(peer: bench.peer)
            let dial = Dial(id: 3, asked: target, target: target, deadline: .now())
            try bench.tell { $0.ask(.circuit(dial)) }
            let stream = try bench.agree(HopMessage(kind: .status, status: status).framed + [5])
            let outcome = bench.actions.compactMap { action -> String? in
                switch action {
                case .circuit(.failed(_, let reason)): reason
                case .circuit(.opened(_, stream)): "opened"
                case .circuit(.received(let bytes, stream)): "\(bytes)"
                default: nil
                }
            }
            #expect(
                outcome
                    == (status == .ok ? ["opened", "[5]"] : ["the relay answers noReservation"])
            )
        }
    }

    // MARK: Hole punching

    @Test("Only the caller of a relayed connection is asked to dial, and no more than three times")
    func punching() throws {
        let message = HolePunchMessage(kind: .connect, addresses: []).framed
        func isAsked(_ bench: MachineBench) -> Bool {
            if case .punch(.asked)? = bench.actions.last { true } else { false }
        }
        for (isInitiator, isLimited) in [(false, true), (true, false)] {
            let bench = try MachineBench(isInitiator: isInitiator, isLimited: isLimited)
            let stream = try bench.open(HolePunchMessage.protocolID, message)
            #expect(bench.isReset(stream))
        }
        let bench = try MachineBench(isInitiator: true, isLimited: true)
        for round in 0...RelayLimits.punchRoundsMax {
            bench.forgetActions()
            let stream = try bench.open(HolePunchMessage.protocolID, message)
            #expect(isAsked(bench) == (round < RelayLimits.punchRoundsMax))
            #expect(bench.isReset(stream) == (round == RelayLimits.punchRoundsMax))
        }
    }

    @Test("The word to dial is half a trip old when it arrives, and the called side waits as long")
    func halfTrip() throws {
        let bench = try MachineBench(isLimited: true)
        try bench.tell { $0.punchHole() }
        let stream = try bench.agree()
        guard case .punch(.ask(stream))? = bench.actions.last else {
            Issue.record("\(bench.actions)")
            return
        }
        bench.pass(.milliseconds(300))
        try bench.write(HolePunchMessage(kind: .connect, addresses: []).framed, on: stream)
        guard case .punch(.dial([], .milliseconds(150)))? = bench.actions.last else {
            Issue.record("\(bench.actions)")
            return
        }
        let word = HolePunchMessage(kind: .sync, addresses: []).framed
        #expect(bench.bytes(on: stream).suffix(word.count) == word[...])
    }
}
