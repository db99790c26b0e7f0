import Primitives

/// A page of the dashboard.
package enum DashboardPlace: Sendable, Equatable {
    case overview
    /// A page of the list, behind a place in it.
    case proposals(after: String?)
    case proposal(String)
    /// The score of this node, or of an identity.
    case reputation(of: String?)
    case peers
    case storage
    case sync
    case topology
    /// What happened; only what concerns this node in some way, or all.
    case events(concern: String?)

    /// Where all pages are.
    package static let root = "/dashboard"

    /// The pages that each page leads to.
    static let main: [DashboardPlace] = [
        .overview, .proposals(after: nil), .reputation(of: nil), .peers, .storage, .sync, .topology,
        .events(concern: nil),
    ]

    /// The name of its template.
    var template: String {
        switch self {
        case .overview: "overview"
        case .proposals: "proposals"
        case .proposal: "proposal"
        case .reputation: "reputation"
        case .peers: "peers"
        case .storage: "storage"
        case .sync: "sync"
        case .topology: "topology"
        case .events: "events"
        }
    }

    /// What it is called.
    var name: String {
        switch self {
        case .overview: "Overview"
        case .proposals: "Proposals"
        case .proposal: "Proposal"
        case .reputation: "Reputation"
        case .peers: "Peers"
        case .storage: "Storage"
        case .sync: "Sync"
        case .topology: "Topology"
        case .events: "Events"
        }
    }

    /// Where it is; what others chose stands in it as hexadecimal digits, dots and words of ours alone.
    var path: String {
        switch self {
        case .overview: "\(Self.root)/"
        case .proposals(nil): "\(Self.root)/proposals"
        case .proposals(let place?): "\(Self.root)/proposals?cursor=\(Self.plain(place))"
        case .proposal(let id): "\(Self.root)/proposals/\(Self.plain(id))"
        case .reputation(nil): "\(Self.root)/reputation"
        case .reputation(let id?): "\(Self.root)/reputation/\(Self.plain(id))"
        case .peers: "\(Self.root)/peers"
        case .storage: "\(Self.root)/storage"
        case .sync: "\(Self.root)/sync"
        case .topology: "\(Self.root)/topology"
        case .events(nil): "\(Self.root)/events"
        case .events(let concern?): "\(Self.root)/events?for=\(Self.plain(concern))"
        }
    }

    private static func plain(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter {
                    $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
                        || $0 == "."
                }
            )
        )
    }
}
