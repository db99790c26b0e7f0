import Doors
import Foundation
import Glibc
import Messages
import Primitives

@testable import LocalAPI
@testable import Node

/// Follows the events of a node over TCP, byte for byte.
final class EventReader {
    private let descriptor: Int32
    /// What came so far.
    private(set) var text = ""
    /// Whether the other side closed.
    private(set) var isOver = false

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - target: what follows `GET `.
    ///   - node: whom.
    ///   - fields: more fields of the head.
    ///   - token: what it brings; nil for the owner's.
    ///   - posting: a body, which makes it a POST; nil for none.
    ///   - buffer: bytes that the system takes for a reader that does not read; nil for the usual.
    /// - Throws: when it cannot be sent.
    init(
        _ target: String,
        to node: StandIn,
        _ fields: [String] = [],
        token: String? = nil,
        posting: String? = nil,
        buffer: Int32? = nil
    ) throws {
        self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var buffer {
            let size = socklen_t(MemoryLayout<Int32>.size)
            setsockopt(self.descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, size)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(node.port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        let token = try token ?? node.directory.loadToken()
        var head = [
            "\(posting == nil ? "GET" : "POST") \(target) HTTP/1.1", "Host: 127.0.0.1",
            "Authorization: Bearer \(token)",
        ]
        if let posting {
            head += ["Content-Type: application/json", "Content-Length: \(posting.utf8.count)"]
        }
        let lines = (head + fields).joined(separator: "\r\n")
        let bytes = Array("\(lines)\r\n\r\n\(posting ?? "")".utf8)
        guard outcome == 0,
            send(self.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        else { throw Unexpected(description: "cannot ask") }
    }

    deinit { close(self.descriptor) }

    /// Reads until something holds, the other side closes, or the time is over.
    @discardableResult
    func read(seconds: Int = 10, until isEnough: (EventReader) -> Bool) -> Bool {
        let end = ContinuousClock.now + .seconds(seconds)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(self) {
            guard !self.isOver, ContinuousClock.now < end else { return false }
            var patience = timeval(tv_sec: 0, tv_usec: 200_000)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(self.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
            let count = recv(self.descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                self.text += String(decoding: buffer.prefix(count), as: UTF8.self)
            } else if count == 0 || errno != EAGAIN {
                self.isOver = true
            }
        }
        return true
    }

    /// Reads until the other side closes, or the time is over.
    func readToEnd(seconds: Int) { self.read(seconds: seconds) { _ in false } }

    /// Whether the answer is whole: the last piece of a chunked body is empty.
    var isWhole: Bool { self.text.hasSuffix("\r\n0\r\n\r\n") || self.isOver }

    /// The ids of the events that came.
    var ids: [UInt64] { self.values(of: "id").compactMap { UInt64($0) } }

    /// The kinds of the events that came.
    var kinds: [String] { self.values(of: "event") }

    /// The values of a field of server-sent events.
    func values(of field: String) -> [String] {
        self.text.split(whereSeparator: \.isNewline).compactMap { line in
            line.hasPrefix("\(field): ") ? String(line.dropFirst(field.count + 2)) : nil
        }
    }
}

extension NodeEvent {
    /// An event of a test.
    static func at(
        _ sequence: UInt64,
        _ kind: Kind = .vote,
        title: String? = nil
    ) -> NodeEvent {
        var event = NodeEvent(
            sequence: sequence,
            at: Timestamp(milliseconds: Int64(sequence)),
            kind: kind
        )
        event.title = title
        return event
    }
}

/// A log with an event at each position, as the node answers for it.
struct EventLog: Sendable {
    let last: UInt64

    func answer(_ call: APICall) -> APIResponse {
        guard case .events(let page, _) = call else {
            return APIResponse(status: 500, code: "unexpected", detail: "\(call)")
        }
        let after = page.after ?? self.last - min(self.last, UInt64(clamping: page.limit))
        guard after <= self.last else {
            let gap = EventPage.Reply(events: [], next: self.last, hasMore: false, isGap: true)
            return APIResponse(gap.shown)
        }
        let end = after + min(UInt64(clamping: page.limit), self.last - after)
        let events = after < end ? (after + 1...end).map { NodeEvent.at($0) } : []
        let reply = EventPage.Reply(events: events, next: end, hasMore: end < self.last)
        return APIResponse(reply.shown)
    }
}
