package import Doors

/// A link to the operator's dashboard.
package struct DashboardLink: Record {
    private let url: String
    private let seconds: Int64

    /// - Parameters:
    ///   - url: the link.
    ///   - seconds: how long it may be opened.
    package init(url: String, seconds: Int64) {
        self.url = url
        self.seconds = seconds
    }

    package static let about = "A link to the operator's dashboard, which opens once."
    package static let fields: [Field<DashboardLink>] = [
        Field("url", "The link, for a browser on this machine; who has it may read for 12 hours.") {
            $0.url
        }.inOwnWords,
        Field("seconds", "For how many seconds it may be opened.") { $0.seconds },
    ]
}
