import ArgumentParser
import Foundation
import Messages
import Node
import Primitives

/// Where the node is and how to print.
struct CommonOptions: ParsableArguments {
    @Option(
        help: "The node's directory; default: $VALENCE_DATA_DIR, or valence in $XDG_DATA_HOME."
    )
    var dataDir: String?

    @ArgumentParser.Flag(help: "Print one JSON object.")
    var json = false

    @ArgumentParser.Flag(help: "Print no talk.")
    var quiet = false

    func validate() throws {
        if self.dataDir?.isEmpty == true {
            throw ValidationError("--data-dir names no directory; leave it out for the default one")
        }
    }

    var directory: DataDirectory {
        DataDirectory(path: Self.absolute(self.dataDir ?? Places().dataDirectory))
    }

    /// Asks the node, and prints what it answers, for programs or for people.
    func show(_ path: String, for people: (JSONValue) -> Void) async throws {
        let answer = try await APIClient(self.directory).get(path)
        Console.warn(of: answer)
        if self.json { Console.json(answer) } else { people(answer) }
    }

    /// Says that a list is empty, which nothing on standard output would.
    func say(nothingIn list: [JSONValue]?, _ text: String) {
        if list?.isEmpty != false { self.say(text) }
    }

    /// Talk for people; silent with --quiet.
    func say(_ text: String) {
        if !self.quiet { Console.say(text) }
    }

    static func absolute(_ path: String) -> String {
        let expanded = path.hasPrefix("~") ? NSString(string: path).expandingTildeInPath : path
        return URL(fileURLWithPath: expanded).standardizedFileURL.path
    }
}

/// How much of a list is wanted.
struct ListOptions: ParsableArguments {
    @Option(help: "Most entries, 1 to 1000.") var limit = 100

    func validate() throws {
        guard (1...1_000).contains(self.limit) else {
            throw ValidationError("--limit is a number from 1 to 1000")
        }
    }
}
