/// The ports that a node got when it asked for free ones.
///
/// They are asked for again when the node builds itself anew: peers and callers know them.
struct KeptPorts: Sendable, Equatable {
    private let listen: [String]
    private let api: Int

    /// Notes what a node listens on.
    init(listen: [String], api: Int) {
        self.listen = listen
        self.api = api
    }

    /// The operator's configuration, with these ports in place of 0, which means any free one.
    ///
    /// Of several listen addresses nobody knows which one got which port; they get new ones.
    func applied(to configuration: NodeConfiguration) -> NodeConfiguration {
        var kept = configuration
        if kept.apiPort == 0 { kept.apiPort = self.api }
        if kept.listen.count == 1, let only = kept.listen.first, only.hasSuffix(Self.anyPort),
            let port = self.port
        {
            kept.listen = [only.dropLast(Self.anyPort.count) + "/tcp/\(port)"]
        }
        return kept
    }

    private static let anyPort = "/tcp/0"

    private var port: Substring? {
        let parts = self.listen.first?.split(separator: "/") ?? []
        guard let place = parts.firstIndex(of: "tcp") else { return nil }
        return parts.dropFirst(place + 1).first
    }
}
