import Primitives

/// Makes pages for the operator's browser from what the node answers (ADR 0077).
///
/// It keeps nothing between two pages.
package struct DashboardPages: Sendable {
    private let version: String
    private let templates = Templates()

    /// - Parameter version: the version of the software.
    package init(version: String) { self.version = version }

    /// A page.
    ///
    /// - Parameters:
    ///   - place: which one.
    ///   - node: whom to ask.
    /// - Returns: the page; also when the node did not tell all of it, which it then says.
    package func page(_ place: DashboardPlace, at node: any DashboardNode) async -> DashboardPage {
        var inquiry = Inquiry(node)
        let status = await inquiry.ask("brief_status")
        var view = await self.content(of: place, status, node, &inquiry)
        let title = view["title"] as? String ?? place.name
        view["title"] = title
        view["flaws"] = inquiry.flaws.prefix(DashboardLimits.sentencesMax).map {
            Notice.view(.warn, "Not all is told: \($0)")
        }
        view["content"] = place.template
        view.merge(self.frame(around: place, status)) { own, _ in own }
        return DashboardPage(
            status: Self.status(inquiry, of: place),
            bytes: self.templates.render(view, with: "page")
        )
    }

    /// A page about one thing that is not there is not found; any other says what it knows.
    private static func status(_ inquiry: Inquiry, of place: DashboardPlace) -> Int {
        switch place {
        case .proposal, .reputation(.some), .proposals(.some), .events(.some):
            inquiry.failure ?? 200
        default: 200
        }
    }

    private func content(
        of place: DashboardPlace,
        _ status: JSONValue,
        _ node: any DashboardNode,
        _ inquiry: inout Inquiry
    ) async -> View {
        switch place {
        case .overview: await OverviewPage.view(status, &inquiry)
        case .proposals(let cursor): await ProposalsPage.view(after: cursor, &inquiry)
        case .proposal(let id): await ProposalPage.view(id, &inquiry)
        case .reputation(let id): await ReputationPage.view(of: id, status, &inquiry)
        case .peers: await PeersPage.view(status, &inquiry)
        case .storage: await StoragePage.view(status, &inquiry)
        case .sync: await SyncPage.view(status, &inquiry)
        case .topology: await TopologyPage.view(status, node)
        case .events(let concern): await EventsPage.view(concern, &inquiry)
        }
    }

    /// What stands around every page.
    private func frame(around place: DashboardPlace?, _ status: JSONValue) -> View {
        var view: View = [
            "version": self.version,
            "places": DashboardPlace.main.map { main in
                [
                    "placeName": main.name, "placePath": main.path,
                    "isCurrent": main.name == place?.name || place?.parent == main.name,
                ] as View
            },
        ]
        if let started = status.number("node", "started_at"),
            let up = status.number("node", "uptime_ms")
        {
            view["asOf"] = Words.time(started + up)
        }
        view["nodeName"] = status.text("identity", "node_id").map { Words.short($0) }
        view["networkName"] = status.text("network", "name").flatMap { name in
            name.isEmpty ? nil : VisibleText.line(name)
        }
        return view
    }

    /// What is shown to who has no session, or whose link does not count.
    package func closed() -> DashboardPage {
        DashboardPage(status: 401, bytes: self.plain("notice", "This page needs a link of its own"))
    }

    /// What the link opens: a page that leads on, with the cookie that came with it.
    package func opened() -> DashboardPage {
        DashboardPage(status: 200, bytes: self.plain("entrance", "Open"))
    }

    private func plain(_ template: String, _ title: String) -> [UInt8] {
        self.templates.render(
            ["title": title, "root": DashboardPlace.overview.path],
            with: template
        )
    }
}

extension DashboardPlace {
    /// The page in whose part of the dashboard a page is.
    fileprivate var parent: String? {
        if case .proposal = self { "Proposals" } else { nil }
    }
}

/// A page as it is sent.
package struct DashboardPage: Sendable {
    /// The status of HTTP.
    package let status: Int
    /// HTML in UTF-8.
    package let bytes: [UInt8]
}
