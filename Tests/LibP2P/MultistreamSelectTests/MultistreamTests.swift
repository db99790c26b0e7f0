import Primitives
import Testing

@testable import MultistreamSelect

/// A message of fewer than 127 bytes written by hand.
private func line(_ text: String) -> [UInt8] {
    [UInt8(text.utf8.count + 1)] + Array(text.utf8) + [0x0a]
}

private let header = line("/multistream/1.0.0")

@Suite("Multistream dialer")
struct MultistreamDialerTests {
    @Test("header and first proposal go in one packet, once")
    func start() {
        var dialer = MultistreamDialer(protocols: ["/noise", "/tls"])
        #expect(dialer.start() == header + line("/noise"))
        #expect(dialer.start().isEmpty)
        #expect(dialer.takeOutput().isEmpty)
    }

    @Test("after na the next protocol is proposed")
    func nextProposal() throws {
        var dialer = MultistreamDialer(protocols: ["/a", "/b"])
        _ = dialer.start()
        #expect(try dialer.receive((header + line("na"))[...]) == nil)
        #expect(dialer.takeOutput() == line("/b"))
        #expect(try dialer.receive(line("/b")[...]) == .selected("/b", leftover: []))
        #expect(dialer.takeOutput().isEmpty)
        #expect(throws: MultistreamError.finished) { try dialer.receive([]) }
    }

    @Test("a dialer whose proposals are all refused says so")
    func refused() throws {
        var dialer = MultistreamDialer(protocols: ["/a", "/b"])
        _ = dialer.start()
        #expect(try dialer.receive((header + line("na") + line("na"))[...]) == .refused)
    }

    @Test("an answer that was not proposed is an error", arguments: ["/b", "/A", "NA", "", "ls"])
    func unexpectedAnswer(text: String) {
        var dialer = MultistreamDialer(protocols: ["/a", "/b"])
        _ = dialer.start()
        for _ in 0..<2 {
            #expect(throws: MultistreamError.unexpectedAnswer) {
                try dialer.receive((header + line(text))[...])
            }
        }
    }

    @Test("the outcome and all leftover bytes are the same for every cut")
    func everySplit() throws {
        let input = header + line("na") + line("/b") + [1, 2, 3]
        for cut in 0...input.count {
            var dialer = MultistreamDialer(protocols: ["/a", "/b"])
            _ = dialer.start()
            let early = try dialer.receive(input[..<cut])
            let outcome = try early ?? dialer.receive(input[cut...])
            guard case .selected("/b", let leftover)? = outcome else {
                Issue.record("no selection at cut \(cut)")
                continue
            }
            let unread = early == nil ? [] : Array(input[cut...])
            #expect(leftover + unread == [1, 2, 3])
        }
    }
}

@Suite("Multistream listener")
struct MultistreamListenerTests {
    @Test("header, na, and the echo of what is supported")
    func answers() throws {
        var listener = MultistreamListener(supported: ["/noise", "/yamux/1.0.0"])
        #expect(try listener.receive(header[...]) == nil)
        #expect(listener.takeOutput() == header)
        #expect(try listener.receive(line("/tls")[...]) == nil)
        #expect(listener.takeOutput() == line("na"))
        #expect(try listener.receive(line("/noise")[...]) == .selected("/noise", leftover: []))
        #expect(listener.takeOutput() == line("/noise"))
        #expect(throws: MultistreamError.finished) { try listener.receive([1]) }
    }

    @Test("ls lists every protocol inside one message")
    func list() throws {
        var listener = MultistreamListener(supported: ["/a", "/bc"])
        #expect(try listener.receive((header + line("ls"))[...]) == nil)
        let names = line("/a") + line("/bc")
        #expect(listener.takeOutput() == header + [UInt8(names.count + 1)] + names + [0x0a])
        #expect(try listener.receive(line("/bc")[...]) == .selected("/bc", leftover: []))
    }

    @Test("payload sent behind the proposal reaches the next layer")
    func lazyDialer() throws {
        var listener = MultistreamListener(supported: ["/echo"])
        let payload: [UInt8] = [0x13, 0x2f, 0xff, 0x00]
        let outcome = try listener.receive((header + line("/echo") + payload)[...])
        #expect(outcome == .selected("/echo", leftover: payload))
        #expect(listener.takeOutput() == header + line("/echo"))
    }

    @Test("names are compared as bytes, not as text")
    func bytewise() throws {
        var listener = MultistreamListener(supported: ["/\u{e9}"])
        #expect(try listener.receive((header + line("/e\u{301}"))[...]) == nil)
        #expect(listener.takeOutput() == header + line("na"))
    }

    @Test("two machines agree, however small the pieces", arguments: [1, 2, 3, 7, 100])
    func together(piece: Int) throws {
        var dialer = MultistreamDialer(protocols: ["/x", "/y", "/z"])
        var listener = MultistreamListener(supported: ["/z", "/w"])
        var (up, down) = (dialer.start(), [UInt8]())
        var (dialed, listened): (MultistreamOutcome?, MultistreamOutcome?)
        for _ in 0..<200 where dialed == nil {
            if listened == nil {
                listened = try listener.receive(up.prefix(piece))
                up.removeFirst(min(piece, up.count))
            }
            down += listener.takeOutput()
            dialed = try dialer.receive(down.prefix(piece))
            down.removeFirst(min(piece, down.count))
            up += dialer.takeOutput()
        }
        #expect(dialed == .selected("/z", leftover: []))
        #expect(listened == .selected("/z", leftover: []))
    }
}

@Suite("Multistream against hostile peers")
struct MultistreamHostileTests {
    private func failure(of input: [UInt8]) -> MultistreamError? {
        var listener = MultistreamListener(supported: ["/a"])
        do {
            _ = try listener.receive(input[...])
            return nil
        } catch {
            return error
        }
    }

    @Test("a wrong header is refused at its first wrong byte")
    func wrongHeader() {
        #expect(self.failure(of: [0x12]) == .header)
        #expect(self.failure(of: Array("GET / HTTP/1.1".utf8)) == .header)
        #expect(self.failure(of: line("/multistream/2.0.0")) == .header)
        #expect(self.failure(of: Array(header.dropLast()) + [0x0d]) == .header)
        var dialer = MultistreamDialer(protocols: ["/a"])
        _ = dialer.start()
        #expect(throws: MultistreamError.header) { try dialer.receive([0x14]) }
    }

    @Test("broken messages are refused")
    func malformed() {
        #expect(self.failure(of: header + [0]) == .malformed)
        #expect(self.failure(of: header + [2, 0x61, 0x61]) == .malformed)
        #expect(self.failure(of: header + [0x80, 0x00]) == .malformed)
        #expect(self.failure(of: header + [UInt8](repeating: 0xff, count: 9)) == .malformed)
    }

    @Test("a message of 1,024 bytes is read, a longer one refused by its length alone")
    func length() {
        let text = [UInt8](repeating: 0x61, count: 1_023)
        #expect(self.failure(of: header + [0x80, 0x08] + text + [0x0a]) == nil)
        #expect(self.failure(of: header + [0x81, 0x08]) == .tooLong)
        let huge = [UInt8](repeating: 0xff, count: 8) + [0x7f]
        #expect(self.failure(of: header + huge) == .tooLong)
    }

    @Test("the thirty-third proposal is refused")
    func tooManyProposals() {
        let proposals = (0..<16).flatMap { _ in line("/b") + line("ls") }
        #expect(self.failure(of: header + proposals) == nil)
        #expect(self.failure(of: header + proposals + line("/a")) == .tooManyProposals)
    }

    @Test("random bytes never crash a side", arguments: 0..<50 as Range<UInt64>)
    func fuzz(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for _ in 0..<100 {
            let count = Int.random(in: 1...300, using: &generator)
            let noise = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            var listener = MultistreamListener(supported: ["/a"])
            var dialer = MultistreamDialer(protocols: ["/a", "/b"])
            _ = dialer.start()
            for input in [header, noise, noise] {
                let toListener = try? listener.receive(input[...])
                let toDialer = try? dialer.receive(input[...])
                #expect(toListener ?? nil == nil)
                #expect(toDialer ?? nil == nil)
            }
            #expect(listener.takeOutput().starts(with: header))
        }
    }
}
