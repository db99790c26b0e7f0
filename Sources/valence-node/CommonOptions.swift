import ArgumentParser
import Doors
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

    @Option(
        help: ArgumentHelp(
            "A file whose first line unlocks the node's key; default: $VALENCE_PASSPHRASE_FILE, or the "
                + "systemd credential \(Passphrase.credential).",
            valueName: "file"
        )
    )
    var passphraseFile: String?

    @ArgumentParser.Flag(help: "Print one JSON object.")
    var json = false

    @ArgumentParser.Flag(help: "Print no talk.")
    var quiet = false

    func validate() throws {
        if self.dataDir?.isEmpty == true {
            throw ValidationError("--data-dir names no directory; leave it out for the default one")
        }
    }

    /// Whether the node that is asked is that of ``directory``.
    var asksOwnNode: Bool { self.dataDir != nil || Places().serverURL == nil }

    /// The node that is asked: that of the environment, unless --data-dir names one (ADR 0057).
    func client(_ acting: ActingOptions? = nil) throws -> APIClient {
        let address = try NodeAddress(
            self.directory,
            isNamed: self.dataDir != nil,
            Places()
        )
        return APIClient(address, key: acting?.idempotencyKey)
    }

    var directory: DataDirectory {
        let passphrase = self.passphrase
        return DataDirectory(
            path: Self.absolute(self.dataDir ?? Places().dataDirectory),
            passphrase: { passphrase.known() }
        )
    }

    /// What unlocks the node's key.
    var passphrase: Passphrase { Passphrase(path: self.passphraseFile.map(Self.absolute)) }

    /// Asks the node, and prints what it answers, for programs or for people.
    func show(
        _ operation: String,
        _ arguments: [(String, JSONValue?)] = [],
        for people: (JSONValue) -> Void
    ) async throws {
        let answer = try await self.client().call(operation, arguments)
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

/// How a command that changes something is recognised when it is given again (ADR 0060).
struct ActingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A word by which the node recognises this when it is asked again within a day, so that it "
                + "happens once; default: a random one.",
            valueName: "word"
        )
    )
    var idempotencyKey: String?

    func validate() throws {
        guard self.idempotencyKey.map({ IdempotencyKey.isValid($0) }) ?? true else {
            throw ValidationError("--idempotency-key is \(IdempotencyKey.words)")
        }
    }
}
