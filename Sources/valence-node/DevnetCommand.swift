import ArgumentParser
import Foundation
import Glibc
import Messages
import Node
import Primitives
import UnixSignals

/// The command `valence-node devnet`.
struct DevnetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devnet",
        abstract: "Run a network of local nodes and take a proposal through adoption once.",
        discussion: """
            One process a node, real TCP sockets on loopback, the local profile. The loop: a \
            request, a proposal, a better proposal that supersedes it, votes, ratification at the \
            deadline, adoption by every node. Then the network stays up until Ctrl-C, unless \
            --once is given.

            Example: valence-node devnet --nodes 4 --once
            """
    )

    @Option(help: "How many nodes, 3 to 32.") var nodes = 5
    @Option(help: "The artefact to propose; default: a small skill that ships with the node.")
    var artifact: String?
    @Option(help: "Seconds that nodes have to vote.") var votingSeconds = 8.0
    @Option(help: "Where the nodes keep their files; default: a temporary folder.")
    var dataDir: String?
    @ArgumentParser.Flag(help: "End after the loop.") var once = false
    @ArgumentParser.Flag(help: "Print one JSON object at the end.") var json = false

    func validate() throws {
        guard (3...32).contains(self.nodes) else {
            throw ValidationError("--nodes must be within 3 and 32: three voters are the minimum")
        }
        guard self.votingSeconds >= 2 else {
            throw ValidationError("--voting-seconds must be at least 2: votes take time")
        }
    }

    func run() async throws {
        let artefact = try self.artefact
        let network = try DevnetNetwork(
            count: self.nodes,
            folder: self.dataDir.map(CommonOptions.absolute)
        )
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let watch = Task {
            for await _ in signals {
                await network.stop()
                // Until the loop is done, the end of the process must not look like a success.
                Glibc.exit(await network.isLoopDone ? 0 : ExitStatus.interrupted.rawValue)
            }
        }
        defer { watch.cancel() }
        do {
            try await self.carry(network, artefact)
            await network.loopIsDone()
        } catch {
            await network.stop()
            throw error
        }
        if !self.once { await self.stayUp(network) }
        await network.stop(keepingFiles: self.once)
    }

    private func carry(_ network: DevnetNetwork, _ artefact: Artefact) async throws {
        try await network.start()
        let loop = DevnetLoop(
            network: network,
            artefact: artefact,
            votingSeconds: self.votingSeconds
        )
        let report = try await loop.run()
        if self.json { Console.json(report.json) }
        guard report.adoptions.count == self.nodes else {
            throw CommandFailure(
                .failed,
                "only \(report.adoptions.count) of \(self.nodes) nodes adopted"
            )
        }
    }

    private func stayUp(_ network: DevnetNetwork) async {
        Console.say("")
        Console.say("The network stays up; Ctrl-C ends it. Talk to a node, for example:")
        for (number, node) in await network.nodes.enumerated() {
            Console.say("  node \(number): valence-node status --data-dir \(node.directory.path)")
        }
        await network.waitForExit()
    }

    private var artefact: Artefact {
        get throws {
            guard let artifact else {
                return Artefact(
                    bytes: Array(SampleArtefact.text.utf8),
                    contentType: "text/markdown"
                )
            }
            return try Artefact(file: artifact, contentType: "application/octet-stream")
        }
    }
}

/// What the devnet proposes when it is given nothing.
enum SampleArtefact {
    static let text = """
        ---
        name: release-checklist
        description: Use when a change is about to be released.
        ---

        # Release checklist

        1. Run all tests from a fresh clone.
        2. Read the whole change once more.
        3. Write down what was measured and what is missing.

        """
}
