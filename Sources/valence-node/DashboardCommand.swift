import ArgumentParser
import Foundation
import Primitives

/// The command `valence-node dashboard`.
struct DashboardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dashboard",
        abstract: "Print a link that opens the node's dashboard in a browser, once.",
        discussion: """
            The link is good for 60 seconds and for one browser, which may then read what the node does, earns and \
            risks for 12 hours. The pages change nothing.

            Example: valence-node dashboard
            """
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let answer = try await self.common.client().call("new_dashboard_link")
        guard let url = answer["url"]?.string, let port = Self.port(of: url) else {
            throw APIClient.stranger
        }
        let forward = Self.forward(port)
        if self.common.json {
            let members =
                (answer.members ?? []) + [
                    JSONMember(key: "forward", value: .string(forward))
                ]
            return Console.json(.object(members))
        }
        Console.line(url)
        self.common.say(
            "Open it in a browser on this machine within \(answer["seconds"]?.integer ?? 0) seconds; it opens once.\n"
                + "From another machine, run this there first, and open the same link there: \(forward)"
        )
    }

    private static func port(of url: String) -> Int? { URLComponents(string: url)?.port }

    /// What one types at another machine so that the port of this one is there as well.
    private static func forward(_ port: Int) -> String {
        var name = utsname()
        let host =
            uname(&name) == 0
            ? withUnsafeBytes(of: &name.nodename) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            } : "this-machine"
        return "ssh -N -L \(port):127.0.0.1:\(port) \(NSUserName())@\(host)"
    }
}
