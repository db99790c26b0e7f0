import Foundation
import Glibc

@testable import Node

/// Stands for systemd: a datagram socket that hears what a node says of itself.
final class WatchingManager {
    /// What the node finds in its environment.
    let place: String
    private let descriptor: Int32

    /// Listens at a path, or under an abstract name that begins with `@`.
    init(_ place: String) throws {
        self.place = place
        self.descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = place.utf8.map { $0 == UInt8(ascii: "@") ? 0 : $0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(self.descriptor, $0, length)
            }
        }
        guard outcome == 0 else {
            throw ProcessFailure(description: "bind: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(self.descriptor) }

    /// What a node is started with that this one watches.
    func manager(watchdog: Duration? = nil) -> ServiceManager? {
        var environment = ["NOTIFY_SOCKET": self.place]
        environment["WATCHDOG_USEC"] = watchdog.map { "\(Int64($0 / .microseconds(1)))" }
        return ServiceManager(environment)
    }

    /// The same for a process, as what a shell does before.
    func prefix(watchdog: Duration) -> String {
        "NOTIFY_SOCKET='\(self.place)' WATCHDOG_USEC=\(Int64(watchdog / .microseconds(1)))"
    }

    /// The lines of the next datagram; nil when none comes in time.
    func next(within patience: Duration = .seconds(20)) -> [String]? {
        var wanted = pollfd(fd: self.descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, Int32(patience / .milliseconds(1))) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = recv(self.descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return String(decoding: buffer[..<count], as: UTF8.self).components(separatedBy: "\n")
    }

    /// All lines up to the one that is waited for; nil when it does not come in time.
    func lines(until line: String, within patience: Duration = .seconds(60)) -> [String]? {
        let end = ContinuousClock.now + patience
        var lines: [String] = []
        while !lines.contains(line) {
            let rest = end - ContinuousClock.now
            guard rest > .zero, let more = self.next(within: rest) else { return nil }
            lines += more
        }
        return lines
    }
}
