import Foundation
import Testing

/// Who may import whom (`docs/architecture.md`, Modules).
@Suite("Layers")
struct LayerTests {
    private static let subsystems = Set(SourceTree.subsystems)

    private static func imports(of file: SourceFile) -> Set<String> {
        Set(
            file.lines.compactMap { line in
                let words = line.split(separator: " ").map(String.init)
                guard let index = words.firstIndex(of: "import"), index <= 1,
                    index + 1 < words.count
                else { return nil }
                return words[index + 1]
            }
        )
    }

    @Test("No subsystem imports another one", arguments: SourceTree.subsystems)
    func subsystemsAreStrangers(name: String) {
        let others = Self.subsystems.subtracting([name])
        for file in SourceTree.files(below: "Sources/Actors/\(name)") {
            let forbidden = Self.imports(of: file).intersection(others)
            #expect(forbidden.isEmpty, "\(file.path) imports \(forbidden.sorted())")
        }
    }

    @Test("The kernel knows nothing of Valence")
    func kernelKnowsNothing() {
        let allowed: Set<String> = [
            "Logging", "DequeModule", "HeapModule", "Dispatch", "Synchronization", "Glibc", "Musl",
            "Darwin",
        ]
        for file in SourceTree.files(below: "Sources/Kernel") {
            let imports = Self.imports(of: file)
            #expect(imports.isSubset(of: allowed), "\(file.path) imports \(imports.sorted())")
        }
    }

    @Test("The libp2p stack knows nothing of Valence or of the kernel")
    func stackStandsAlone() {
        let forbidden = Self.subsystems.union(["Kernel", "Messages", "Node", "Simulation"])
        for file in SourceTree.files(below: "Sources/LibP2P") {
            let found = Self.imports(of: file).intersection(forbidden)
            #expect(found.isEmpty, "\(file.path) imports \(found.sorted())")
        }
    }

    @Test(
        "Subsystems say and record typed values; JSON is written in Messages, and for people in LocalAPI",
        arguments: ["JSONValue.", "JSONValue =", ".object(", "JSONDocument(", "LocalFact("]
    )
    func noJSONByHand(forbidden: String) {
        let files = SourceTree.files(below: "Sources/Actors").filter { file in
            // Persistence makes facts of records, whatever they say.
            !file.path.hasPrefix("Sources/Actors/LocalAPI/")
                && !file.path.hasPrefix("Sources/Actors/Persistence/")
        }
        #expect(files.count > 100)
        let offenders = files.filter { file in
            SourceTree.code(of: file).contains { $0.contains(forbidden) }
        }
        #expect(offenders.isEmpty, "\(forbidden) in \(offenders)")
    }

    @Test("Only Topology.swift lists the subsystems")
    func oneTopology() {
        let listers = SourceTree.files(below: "Sources").filter { file in
            !file.path.hasPrefix("Sources/Actors")
                && Self.imports(of: file).intersection(["Peers", "Identity", "Sync"]).count == 3
        }
        #expect(listers.map(\.path) == ["Sources/Node/Topology.swift"])
    }
}
