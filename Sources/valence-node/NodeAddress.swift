import Foundation
import Glibc
import Node

/// Where a client verb finds the node, and with which token it asks (ADR 0057).
///
/// A flag counts before the environment, the environment before the data directory. Nothing that the
/// environment says sends the owner's token to another place than the data directory's own socket.
struct NodeAddress {
    let place: LocalConnection.Place
    let token: String
    /// What is said when nobody answers there.
    let absent: CommandFailure
    /// How the node is called in sentences.
    let name: String
    /// Where to look when the node answers nothing.
    let hint: String

    /// Chooses the node.
    ///
    /// - Parameters:
    ///   - directory: the data directory.
    ///   - isNamed: whether a flag names it, so that the environment does not count.
    ///   - places: the environment.
    /// - Throws: ``CommandFailure`` with what is missing, or must not be asked.
    init(_ directory: DataDirectory, isNamed: Bool, _ places: Places) throws {
        let token = isNamed ? nil : places.token
        guard !isNamed, let url = places.serverURL else {
            try self.init(directory, token: token)
            return
        }
        guard let token else {
            throw CommandFailure(
                .usage,
                "VALENCE_SERVER_URL is set without VALENCE_TOKEN, and the token of a data directory is not "
                    + "sent there; set both, or neither"
            )
        }
        try self.init(url, token: token)
    }

    /// The node that runs on a data directory.
    init(_ directory: DataDirectory, token: String? = nil) throws {
        self.absent = CommandFailure(
            .notRunning,
            "no node runs in \(directory.path); start one with "
                + "`valence-node run --data-dir \(directory.path)`"
        )
        do {
            self.token = try token ?? directory.loadToken()
            guard let socket = try directory.socketPlace() else { throw self.absent }
            self.place = .socket(socket)
        } catch let error as NodeError {
            if case .notInitialised = error { throw self.absent }
            throw CommandFailure(.failed, "\(error)")
        }
        self.name = "the node in \(directory.path)"
        self.hint =
            "whether its process still works (\(directory.path)/LOCK has its number) and what its log "
            + "says"
    }

    /// The node behind a URL of this machine.
    private init(_ url: String, token: String) throws {
        let (host, port) = try Self.server(url)
        self.place = .port(host: host, port: port)
        self.token = token
        self.name = "the node at \(url)"
        self.hint = "whether its process still works and what its log says"
        self.absent = CommandFailure(
            .notRunning,
            "no node answers at \(url); start it, or set VALENCE_SERVER_URL to what it prints at its start"
        )
    }

    /// The host and the port of a URL.
    ///
    /// - Throws: why the token is not sent there.
    private static func server(_ text: String) throws -> (host: String, port: Int) {
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(),
            let host = url.host?.lowercased()
        else { throw self.refusal(text, "is no URL") }
        guard scheme == "http" else {
            throw self.refusal(text, "is not http; the node serves no other scheme")
        }
        let name = host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        guard let address = ["127.0.0.1": name, "::1": name, "localhost": "127.0.0.1"][name] else {
            let cause = "is another machine, and plain http would show the token on the way"
            throw self.refusal(text, "\(cause); forward its port with `ssh -L`")
        }
        let isBare =
            ["", "/"].contains(url.path) && url.query == nil && url.fragment == nil
            && url.user == nil && url.password == nil
        guard isBare, let port = UInt16(exactly: url.port ?? 80), port > 0 else {
            throw self.refusal(text, "has more than a host and a port")
        }
        return (address, Int(port))
    }

    private static func refusal(_ url: String, _ cause: String) -> CommandFailure {
        CommandFailure(
            .usage,
            "VALENCE_SERVER_URL is `\(url)`, which \(cause); write it as `run` prints it, such as http://127.0.0.1:9091"
        )
    }
}
