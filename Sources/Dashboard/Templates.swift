import Mustache
import Primitives

/// What a template is filled with: texts, truths, lists and views of the same kind.
typealias View = [String: Any]

/// The templates of all pages, as the program carries them.
struct Templates: Sendable {
    private let library: MustacheLibrary

    /// Reads them; one that is none is a mistake of who wrote it, and traps.
    init() {
        MustacheContentTypes.register(PageEscape(), named: PageEscape.name)
        var library = MustacheLibrary()
        for (name, bytes) in Self.sources {
            let text = String(decoding: bytes, as: UTF8.self)
            do {
                // Partials would fall back to the escape that comes with Mustache.
                try library.register("{{% CONTENT_TYPE: \(PageEscape.name)}}\(text)", named: name)
            } catch {
                preconditionFailure("the template \(name) cannot be read: \(error)")
            }
        }
        self.library = library
    }

    /// A page with what it shows.
    func render(_ view: View, with template: String) -> [UInt8] {
        guard let text = self.library.render(view, withTemplate: template) else {
            preconditionFailure("there is no template \(template)")
        }
        return Array(text.utf8)
    }

    /// Each with the name under which others include it.
    static let sources: [(name: String, bytes: [UInt8])] = [
        ("page", PackageResources.page_mustache),
        ("overview", PackageResources.overview_mustache),
        ("proposals", PackageResources.proposals_mustache),
        ("proposal", PackageResources.proposal_mustache),
        ("reputation", PackageResources.reputation_mustache),
        ("peers", PackageResources.peers_mustache),
        ("storage", PackageResources.storage_mustache),
        ("sync", PackageResources.sync_mustache),
        ("topology", PackageResources.topology_mustache),
        ("events", PackageResources.events_mustache),
        ("notice", PackageResources.notice_mustache),
        ("entrance", PackageResources.entrance_mustache),
        ("figures", PackageResources.figures_mustache),
        ("table", PackageResources.table_mustache),
        ("bar", PackageResources.bar_mustache),
    ]
}

/// A file that pages refer to; it says nothing of the node.
package struct DashboardFile: Sendable {
    /// The last part of its path.
    package let name: String
    package let mediaType: String
    package let bytes: [UInt8]

    /// All of them.
    package static let all: [DashboardFile] = [
        DashboardFile(
            name: "style.css",
            mediaType: "text/css; charset=utf-8",
            bytes: PackageResources.style_css
        ),
        DashboardFile(
            name: "live.js",
            mediaType: "text/javascript; charset=utf-8",
            bytes: PackageResources.live_js
        ),
        DashboardFile(
            name: "icon.svg",
            mediaType: "image/svg+xml",
            bytes: PackageResources.icon_svg
        ),
    ]
}
