import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import TestSupport
import Testing

@testable import HTTPServer

/// A connection to the local API whose time a test moves on.
private struct Line {
    let channel: EmbeddedChannel

    init(_ book: ConnectionBook) throws {
        self.channel = EmbeddedChannel(handler: ConnectionHandler(book: book))
        try self.channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
    }

    var isOpen: Bool { self.channel.isActive }

    func wait(_ time: TimeAmount) { self.channel.embeddedEventLoop.advanceTime(by: time) }

    /// The caller sends the head of a request.
    func head(_ method: HTTPRequest.Method = .get, expect: String? = nil) throws {
        var request = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: "/")
        request.headerFields[.expect] = expect
        try self.channel.writeInbound(HTTPRequestPart.head(request))
    }

    func body(_ count: Int = 1) throws {
        let bytes = ByteBuffer(repeating: 0, count: count)
        try self.channel.writeInbound(HTTPRequestPart.body(bytes))
    }

    func end() throws { try self.channel.writeInbound(HTTPRequestPart.end(nil)) }

    func note(_ event: RequestEvent) {
        self.channel.triggerUserOutboundEvent(event, promise: nil)
    }

    /// The server answers.
    func answer() throws {
        try self.channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try self.channel.writeOutbound(HTTPResponsePart.end(nil))
    }

    /// The next head that went out; nil when none did.
    func sentHead() throws -> HTTPResponse? {
        while let part = try self.channel.readOutbound(as: HTTPResponsePart.self) {
            if case .head(let response) = part { return response }
        }
        return nil
    }
}

private func book(connectionsMax: Int = 100, _ told: Told = Told()) -> ConnectionBook {
    ConnectionBook(connectionsMax: connectionsMax, logger: told.logger)
}

@Suite("C4-3: how long a connection to the local API may take")
struct ConnectionTimeTests {
    @Test("who says nothing is closed after ten seconds, and not before")
    func silent() throws {
        let line = try Line(book())
        line.wait(.milliseconds(9_999))
        #expect(line.isOpen)
        line.wait(.milliseconds(1))
        #expect(!line.isOpen)
    }

    @Test("half a request is closed ten seconds after its head, however it trickles")
    func half() throws {
        let line = try Line(book())
        line.wait(.seconds(9))
        try line.head(.post)
        for _ in 0..<9 {
            line.wait(.seconds(1))
            try line.body()
        }
        line.wait(.milliseconds(999))
        #expect(line.isOpen)
        line.wait(.milliseconds(1))
        #expect(!line.isOpen)
    }

    @Test("with the token the body has two minutes from then on")
    func authorised() throws {
        let line = try Line(book())
        try line.head(.post)
        line.wait(.seconds(5))
        line.note(.authorised)
        line.wait(.milliseconds(119_999))
        #expect(line.isOpen)
        line.wait(.milliseconds(1))
        #expect(!line.isOpen)
    }

    @Test("a whole request waits for its answer as long as the node takes")
    func whole() throws {
        let line = try Line(book())
        try line.head()
        try line.end()
        line.note(.authorised)
        line.wait(.hours(1))
        #expect(line.isOpen)
    }

    @Test("between two requests half a minute may pass")
    func idle() throws {
        let line = try Line(book())
        for _ in 0..<2 {
            try line.head()
            try line.end()
            try line.answer()
            line.wait(.milliseconds(29_999))
            #expect(line.isOpen)
        }
        line.wait(.milliseconds(1))
        #expect(!line.isOpen)
    }

    @Test("a connection is not idle while an answer is due to a request that came early")
    func pipelined() throws {
        let line = try Line(book())
        for _ in 0..<2 {
            try line.head()
            try line.end()
        }
        try line.answer()
        line.wait(.minutes(5))
        #expect(line.isOpen)
        try line.answer()
        line.wait(.seconds(30))
        #expect(!line.isOpen)
    }
}

@Suite("What is answered before a request is whole")
struct EarlyAnswerTests {
    @Test("an early answer says that the connection ends; one to a whole request does not")
    func early() throws {
        let early = try Line(book())
        try early.head(.post)
        try early.answer()
        #expect(try early.sentHead()?.headerFields[.connection] == "close")
        let whole = try Line(book())
        try whole.head()
        try whole.end()
        try whole.answer()
        #expect(try whole.sentHead()?.headerFields[.connection] == nil)
    }

    @Test("half a request behind the one that is answered does not make the answer early")
    func behind() throws {
        let line = try Line(book())
        try line.head()
        try line.end()
        try line.head(.post)
        try line.answer()
        #expect(try line.sentHead()?.headerFields[.connection] == nil && line.isOpen)
    }

    @Test(
        "leave to send the body is given once, when it is wanted and asked for",
        arguments: [("100-continue", true), ("100-Continue", true), (nil, false), ("magic", false)]
            as [(String?, Bool)]
    )
    func leave(expect: String?, isGiven: Bool) throws {
        let line = try Line(book())
        try line.head(.post, expect: expect)
        #expect(try line.sentHead() == nil)
        line.note(.bodyWanted)
        let leave = try line.sentHead()
        #expect((leave?.status == .continue) == isGiven)
        line.note(.bodyWanted)
        #expect(try line.sentHead() == nil)
    }

    @Test("what comes in is passed on, part by part")
    func passedOn() throws {
        let line = try Line(book())
        try line.head(.post)
        try line.body(3)
        try line.end()
        var parts = 0
        while try line.channel.readInbound(as: HTTPRequestPart.self) != nil { parts += 1 }
        #expect(parts == 3)
    }
}

@Suite("C3-9: how many connections a door may have")
struct ConnectionBookTests {
    private static func lines(_ count: Int, in book: ConnectionBook) throws -> [Line] {
        try (0..<count).map { _ in try Line(book) }
    }

    @Test("of 65 strangers the oldest that has said nothing whole gives way")
    func strangers() throws {
        let book = book()
        let lines = try Self.lines(64, in: book)
        #expect(lines.allSatisfy { $0.isOpen })
        try lines[0].head()
        let next = try Line(book)
        #expect(next.isOpen && lines[0].isOpen && !lines[1].isOpen)
        #expect(lines.dropFirst(2).allSatisfy { $0.isOpen })
    }

    @Test("when all ask, the oldest without the token gives way")
    func askers() throws {
        let book = book(connectionsMax: 3)
        let lines = try Self.lines(3, in: book)
        for line in lines {
            try line.head()
            try line.end()
        }
        lines[0].note(.authorised)
        let next = try Line(book)
        #expect(next.isOpen && lines[0].isOpen && !lines[1].isOpen && lines[2].isOpen)
    }

    @Test("nobody without the token ends a request that has it: then the newcomer is closed")
    func trusted() throws {
        let book = book(connectionsMax: 2)
        let lines = try Self.lines(2, in: book)
        for line in lines {
            try line.head()
            try line.end()
            line.note(.authorised)
        }
        let next = try Line(book)
        #expect(!next.isOpen && lines.allSatisfy { $0.isOpen })
    }

    @Test(
        "a request with the token does not count among strangers; answered, its caller does again"
    )
    func trustEnds() throws {
        let book = book()
        let lines = try Self.lines(64, in: book)
        try lines[0].head()
        try lines[0].end()
        lines[0].note(.authorised)
        let one = try Line(book)
        #expect(one.isOpen && lines.allSatisfy { $0.isOpen })
        try lines[0].answer()
        let two = try Line(book)
        #expect(two.isOpen && !lines[0].isOpen, "it waits for a request, and is the oldest")
    }

    @Test("a closed connection makes room")
    func room() throws {
        let book = book(connectionsMax: 2)
        let lines = try Self.lines(2, in: book)
        lines[1].wait(.seconds(10))
        #expect(!lines[1].isOpen)
        let next = try Line(book)
        #expect(next.isOpen && lines[0].isOpen)
    }

    @Test("what was closed is told at once, and then not for a minute")
    func told() throws {
        let told = Told()
        let book = book(connectionsMax: 1, told)
        for _ in 0..<5 { _ = try Line(book) }
        #expect(told.lines.count == 1)
        #expect(told.lines.first?.contains("closed 1 connections") == true)
    }
}
