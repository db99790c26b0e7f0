import Glibc

/// Who started the node and watches it: systemd, or another that speaks its notification protocol
/// (ADR 0073).
///
/// It is told in datagrams of `NAME=value` lines. Nothing depends on their arrival: a manager that does
/// not read loses them, and the node goes on.
public struct ServiceManager: Sendable {
    /// What it is told.
    enum Notice: Sendable, Equatable {
        /// The node is up.
        case ready
        /// The node lives: a question went through its bus and came back.
        case alive
        /// The node begins to drain.
        case stopping
        /// What the node does, in a line for people.
        case status(String)
        /// The node is not up yet and needs at least so much more time.
        case moreTime(Duration)
    }

    /// How long it waits for a sign of life before it ends the node; nil when it waits for none.
    let patience: Duration?
    /// A path, or the name of an abstract socket after a zero.
    private let place: [UInt8]

    /// Finds out from the environment who watches this process; nil when nobody wants to be told.
    ///
    /// - Parameter environment: the variables that the process was started with.
    public init?(_ environment: [String: String]) {
        self.init(environment, process: getpid())
    }

    /// - Parameters:
    ///   - environment: the variables that the process was started with.
    ///   - process: its number; the watchdog may be meant for another one, such as a shell around it.
    init?(_ environment: [String: String], process: Int32) {
        var place = Array((environment["NOTIFY_SOCKET"] ?? "").utf8)
        guard let first = place.first, place.count < Self.placeBytes else { return nil }
        switch first {
        case UInt8(ascii: "/"): break
        case UInt8(ascii: "@"): place[0] = 0
        // Sockets to another machine's manager, which run no node of ours.
        default: return nil
        }
        self.place = place
        let isMeant = environment["WATCHDOG_PID"].map { $0 == "\(process)" } ?? true
        let patience = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        self.patience = isMeant && patience > 0 ? .microseconds(patience) : nil
    }

    /// Tells it something in one datagram.
    ///
    /// A signal handler's task and the node's own may tell at once, so that no socket is kept.
    func tell(_ notices: Notice...) {
        let text = Array(notices.map(\.line).joined(separator: "\n").utf8)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // A manager that hangs must not hang the node.
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: self.place) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + self.place.count)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), address, length)
            }
        }
    }

    /// What a socket's address has room for.
    private static let placeBytes = MemoryLayout.size(ofValue: sockaddr_un().sun_path)
}

extension ServiceManager.Notice {
    /// The line of the protocol.
    var line: String {
        switch self {
        case .ready: "READY=1"
        case .alive: "WATCHDOG=1"
        case .stopping: "STOPPING=1"
        case .status(let text):
            "STATUS=" + text.split(whereSeparator: \.isNewline).joined(separator: " ")
        case .moreTime(let time): "EXTEND_TIMEOUT_USEC=\(Int64(time / .microseconds(1)))"
        }
    }
}
