import Foundation
import Glibc
import Primitives

@testable import Node

/// One request as bytes over TCP, and what came back.
struct Exchange {
    let status: Int
    let head: String
    let body: String

    func json() throws -> JSONValue {
        try JSONDocument(scanning: Array(self.body.utf8)).root.value
    }

    /// The value of a field; nil if it is not there.
    func field(_ name: String) -> String? {
        self.head.split(separator: "\r\n").dropFirst().first {
            $0.lowercased().hasPrefix("\(name.lowercased()): ")
        }.map { String($0.dropFirst(name.utf8.count + 2)) }
    }

    private static func connect(_ descriptor: Int32, _ port: Int) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func connectNewer(_ descriptor: Int32, _ port: Int) -> Bool {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = UInt16(port).bigEndian
        address.sin6_addr = in6addr_loopback
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size)) == 0
            }
        }
    }

    /// Sends bytes to a port of 127.0.0.1, or of ::1, and reads until the other side closes.
    init(_ request: String, to port: Int, isNewer: Bool = false) throws {
        let family = isNewer ? AF_INET6 : AF_INET
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        guard isNewer ? Self.connectNewer(descriptor, port) : Self.connect(descriptor, port) else {
            throw Unexpected(description: "cannot connect")
        }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        let bytes = Array(request.utf8)
        guard
            Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        else { throw Unexpected(description: "cannot send") }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            answer += buffer.prefix(count)
        }
        let text = String(decoding: answer, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"),
            let status = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { throw Unexpected(description: "no answer: \(text)") }
        self.status = status
        self.head = String(text[..<end.lowerBound])
        self.body = String(text[end.upperBound...])
    }
}

extension StandIn {
    /// Sends a request with the token, unless other fields are given.
    func send(
        _ line: String,
        fields: [String]? = nil,
        body: String? = nil,
        isNewer: Bool = false
    ) throws -> Exchange {
        var head = ["\(line) HTTP/1.1", "Connection: close"]
        head +=
            try fields ?? [
                "Host: 127.0.0.1", "Authorization: Bearer \(self.directory.loadToken())",
            ]
        if let body { head.append("Content-Length: \(body.utf8.count)") }
        let text = head.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
        return try Exchange(text, to: self.port, isNewer: isNewer)
    }
}
