import Foundation
import Messages
import Node
import Primitives

/// The node processes of a devnet and their files.
actor DevnetNetwork {
    private(set) var nodes: [DevnetNode] = []
    /// Whether every node has adopted.
    private(set) var isLoopDone = false
    private let folder: String
    private let isTemporary: Bool
    private let count: Int

    init(count: Int, folder: String?) throws {
        self.count = count
        self.isTemporary = folder == nil
        self.folder =
            folder
            ?? "\(Places().temporaryDirectory)/valence-devnet-"
            + "\(ProcessInfo.processInfo.processIdentifier)"
    }

    /// Makes keys and a description in which every node is a founder, then starts the processes.
    func start() async throws {
        let made = try (0..<self.count).map { number in
            let directory = DataDirectory(path: "\(self.folder)/node-\(number)")
            return (directory: directory, id: try directory.initialise())
        }
        let score = FixedPoint(millionths: 500_000)
        let network = NetworkDescription(
            name: "devnet",
            founders: made.map { NetworkDescription.Founder(node: $0.id, score: score) }
        )
        let genesisPath = "\(self.folder)/network.json"
        try network.write(to: genesisPath)
        for (number, node) in made.enumerated() {
            let known = self.nodes.prefix(2).map(\.address)
            let started = try await DevnetNode(
                number: number,
                directory: node.directory,
                id: node.id,
                genesis: genesisPath,
                bootstrap: known
            )
            self.nodes.append(started)
            Console.say("node \(number) is up: \(started.address)")
        }
    }

    func loopIsDone() { self.isLoopDone = true }

    /// Ends the processes; a temporary folder goes with them unless its files are to be kept.
    func stop(keepingFiles: Bool = false) async {
        await withTaskGroup(of: Void.self) { group in
            for node in self.nodes { group.addTask { await node.stop() } }
        }
        guard self.isTemporary else { return }
        if keepingFiles { return Console.say("The files stay in \(self.folder).") }
        try? FileManager.default.removeItem(atPath: self.folder)
    }

    /// Returns when a node has ended by itself.
    func waitForExit() async {
        while self.nodes.allSatisfy(\.isRunning) {
            try? await Task.sleep(for: .milliseconds(500))
            if Task.isCancelled { return }
        }
    }
}
