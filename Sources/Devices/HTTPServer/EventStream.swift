import Doors
import HTTPTypes
import Hummingbird
import LocalAPI
import Messages
import NIOCore
import Primitives

/// A server-sent event (HTML, Server-sent events).
struct StreamedEvent {
    let bytes: ByteBuffer

    private init(_ text: String, _ data: JSONValue) {
        self.bytes = ByteBuffer(bytes: Array(text.utf8) + data.canonicalBytes() + [0x0a, 0x0a])
    }

    init(_ event: NodeEvent, _ shown: JSONValue) {
        self.init("id: \(event.sequence)\nevent: \(event.kind.rawValue)\ndata: ", shown)
    }

    /// An event as the node shows it; nil for what is none.
    init?(_ shown: JSONValue) {
        guard let sequence = shown["sequence"]?.integer, let kind = shown["type"]?.string else {
            return nil
        }
        self.init("id: \(sequence)\nevent: \(kind)\ndata: ", shown)
    }

    /// Something is missing: the position that was asked for, or what a reader was too slow for.
    static func gap(_ reason: EventGap.Reason, next: Int64?) -> StreamedEvent {
        let id = next.map { "id: \($0)\n" } ?? ""
        return StreamedEvent("\(id)event: gap\ndata: ", EventGap(reason).shown)
    }
}

extension HTTPServer {
    /// Answers with events: those of the log first, then those to come, for who follows.
    ///
    /// One who follows is entered before the log is read, and what is told meanwhile waits; so nothing falls
    /// between the two, and what is in both is left out once.
    func stream(_ page: EventPage, follows: Bool, _ incoming: IncomingRequest) async throws
        -> Response
    {
        let page = try page.resumed(by: incoming.request)
        let reader = follows ? try self.openReader(page.filter, incoming.context) : nil
        let first = await self.perform(.events(page.first(follows: follows), follows: follows))
        guard first.status < 400 else {
            if let reader { self.readers.leave(reader) }
            return Response(first)
        }
        let body = ResponseBody { writer in
            var stream = EventStream(page: page, readers: self.readers, reader: reader)
            defer { if let reader { self.readers.leave(reader) } }
            try await stream.begin(&writer)
            var answer: APIResponse? = first
            while let current = answer {
                let wanted = try await stream.write(current.body, &writer)
                answer =
                    if let wanted { await self.perform(.events(wanted, follows: false)) } else {
                        nil
                    }
            }
            if let reader {
                try await self.withPulse(of: reader, incoming) {
                    try await stream.follow(reader, &writer)
                }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: Self.eventHeaders, body: body)
    }

    /// Sends one who follows a sign of life from time to time while `body` runs, and lets it go once its token
    /// does not count any more.
    func withPulse(
        of reader: UInt64,
        _ incoming: IncomingRequest,
        _ body: () async throws -> Void
    ) async throws {
        let (readers, tokens) = (self.readers, self.tokens)
        let token = LocalCaller.token(of: incoming.request)
        let pulse = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: HTTPLimits.pulse)
                let isWelcome = token.flatMap { tokens.caller(bringing: $0) } != nil
                isWelcome ? readers.pulse(reader) : readers.leave(reader)
            }
        }
        defer { pulse.cancel() }
        try await body()
    }

    /// What stands in the head of a stream of events; proxies would hold back what comes in pieces.
    static let eventHeaders: HTTPFields = {
        var headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
        return headers
    }()

    /// Lets the caller follow events from now on.
    func openReader(_ filter: EventFilter, _ context: APIContext) throws(RefusedRequest) -> UInt64 {
        let channel = context.connection
        let reader = self.readers.open(filter) {
            channel.eventLoop.scheduleTask(in: HTTPLimits.farewellTime) {
                channel.close(promise: nil)
            }
        }
        guard let reader else { throw .tooManyReaders }
        context.note(.following)
        channel.closeFuture.whenComplete { _ in self.readers.leave(reader) }
        return reader
    }
}

extension EventPage {
    /// The same from where a reader left off, which its header says (HTML, Last-Event-ID).
    fileprivate func resumed(by request: Request) throws(RefusedRequest) -> EventPage {
        guard let name = HTTPField.Name("Last-Event-ID"), let text = request.headers[name],
            !text.isEmpty
        else { return self }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let after = UInt64(text) else {
            throw .unclear("`Last-Event-ID` must be the id of an event, a whole number")
        }
        return EventPage(after: after, filter: self.filter, limit: self.limit)
    }

    /// The page to begin with: one who follows from now on wants none of the past.
    fileprivate func first(follows: Bool) -> EventPage {
        let isNow = follows && self.after == nil
        let filter = isNow ? EventFilter(tags: self.filter.tags) : self.filter
        let limit = min(isNow ? 1 : self.limit, HTTPLimits.eventPageMax)
        return EventPage(after: self.after, filter: filter, limit: limit)
    }
}

/// One stream of events on its way out.
private struct EventStream {
    let page: EventPage
    let readers: EventReaders
    /// Everything up to here was sent.
    private var position: UInt64
    private var left: Int
    /// One who follows from now on asks where the log ends, and wants nothing of it.
    private let isOnlyPlace: Bool

    init(page: EventPage, readers: EventReaders, reader: UInt64?) {
        self.page = page
        self.readers = readers
        self.left = page.limit
        self.position = page.after ?? 0
        self.isOnlyPlace = reader != nil && page.after == nil
    }

    func begin(_ writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(
            ByteBuffer(string: "retry: \(HTTPLimits.reconnectMilliseconds)\n\n")
        )
    }

    /// Sends a page of the log.
    ///
    /// - Returns: the page to be read next; nil when the log is at its end, or enough was sent.
    mutating func write(_ answer: JSONValue, _ writer: inout any ResponseBodyWriter) async throws
        -> EventPage?
    {
        guard let next = answer["next"]?.integer else { return self.end() }
        var bytes = ByteBuffer()
        if answer["gap"]?.bool == true {
            bytes.writeImmutableBuffer(StreamedEvent.gap(.position, next: next).bytes)
        }
        for event in self.isOnlyPlace ? [] : answer["events"]?.elements ?? [] {
            guard let streamed = StreamedEvent(event) else { continue }
            bytes.writeImmutableBuffer(streamed.bytes)
            self.left -= 1
        }
        if bytes.readableBytes > 0 { try await writer.write(bytes) }
        defer { self.position = UInt64(clamping: next) }
        guard answer["has_more"]?.bool == true, self.left > 0, !self.isOnlyPlace else { return nil }
        // The log did not answer: what happens next must not come before what it would have told.
        guard UInt64(clamping: next) > self.position else { return self.end() }
        return EventPage(
            after: UInt64(clamping: next),
            filter: self.page.filter,
            limit: min(self.left, HTTPLimits.eventPageMax)
        )
    }

    /// Something is wrong with the node; the reader comes again.
    private mutating func end() -> EventPage? {
        self.left = 0
        return nil
    }

    /// Sends what happens from now on, for one who follows.
    mutating func follow(_ reader: UInt64, _ writer: inout any ResponseBodyWriter) async throws {
        while self.left > 0, let pieces = await self.readers.next(for: reader) {
            var bytes = ByteBuffer()
            for piece in pieces where self.left > 0 {
                if let sequence = piece.sequence {
                    guard sequence > self.position else { continue }
                    self.left -= 1
                }
                bytes.writeImmutableBuffer(piece.bytes)
            }
            if bytes.readableBytes > 0 { try await writer.write(bytes) }
        }
    }
}
