import Foundation
import Glibc

/// A connection on which a test says exactly what it wants.
final class RawConnection {
    private let descriptor: Int32

    /// Connects to a port of 127.0.0.1.
    init(port: UInt16) throws {
        self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard outcome == 0 else {
            throw ProcessFailure(description: "connect: \(String(cString: strerror(errno)))")
        }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(
                self.descriptor,
                SOL_SOCKET,
                option,
                &patience,
                socklen_t(MemoryLayout<timeval>.size)
            )
        }
    }

    deinit { close(self.descriptor) }

    /// Sends everything; false when the other side does not take it.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let step = bytes.withUnsafeBytes {
                Glibc.send(
                    self.descriptor,
                    $0.baseAddress?.advanced(by: sent),
                    bytes.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard step > 0 else { return false }
            sent += step
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { self.send(Array(text.utf8)) }

    /// What comes until a text has come, the other side closes, or five seconds are over.
    func receive(until end: String = "\r\n\r\n") -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if text.contains(end) { return text }
            let step = recv(self.descriptor, &buffer, buffer.count, 0)
            guard step > 0 else { return text }
            bytes += buffer[0..<step]
        }
    }
}

/// A program that listens where a node once was, and keeps what it is told.
final class Impostor: @unchecked Sendable {
    private let descriptor: Int32
    private let lock = NSLock()
    private var text = ""
    private(set) var port: UInt16 = 0

    /// What it was told so far.
    var heard: String { self.lock.withLock { self.text } }

    /// Listens on a free port of 127.0.0.1.
    init() throws {
        self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(self.descriptor, $0, length) == 0
                    && getsockname(self.descriptor, $0, &length) == 0
            }
        }
        self.port = address.sin_port.bigEndian
        try self.listen(outcome)
    }

    /// Listens on a Unix socket.
    init(socket path: String) throws {
        self.descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(self.descriptor, $0, length) == 0
            }
        }
        try self.listen(outcome)
    }

    private func listen(_ isBound: Bool) throws {
        guard isBound, Glibc.listen(self.descriptor, 8) == 0 else {
            throw ProcessFailure(description: "listen: \(String(cString: strerror(errno)))")
        }
        Thread.detachNewThread { self.serve() }
    }

    private func serve() {
        while true {
            let caller = accept(self.descriptor, nil, nil)
            guard caller >= 0 else { return }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let step = recv(caller, &buffer, buffer.count, 0)
            self.lock.withLock {
                self.text +=
                    "connected\n" + String(decoding: buffer[0..<max(0, step)], as: UTF8.self)
            }
            let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".utf8)
            Glibc.send(caller, answer, answer.count, Int32(MSG_NOSIGNAL))
            close(caller)
        }
    }

    /// Stops listening.
    func end() {
        shutdown(self.descriptor, Int32(SHUT_RDWR))
        close(self.descriptor)
    }
}
