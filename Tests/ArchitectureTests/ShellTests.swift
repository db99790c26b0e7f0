import Foundation
import Testing

/// Machines decide, shells translate (ADR 0042).
@Suite("Shells and machines")
struct ShellTests {
    /// What an actor may hold beside its machine: the right to speak, and what touches the world.
    private static let tools = [
        ": Emitter<", ": Asker<", ": Inlet<", ": any ", ": (any ", ": Logger", ": Judges",
        ": APIQuestions",
        // Whether the replay is over, for whoever drives it.
        " = Atomic<Bool>",
    ]

    @Test(
        "An actor holds its machine, its devices and what it may send",
        arguments: SourceTree.subsystems
    )
    func shell(name: String) throws {
        let files = SourceTree.files(below: "Sources/Actors/\(name)")
        let properties = ["Subsystem", "Checkpointed"].flatMap {
            StoredProperty.all(of: "actor \(name): \($0)", in: files)
        }
        #expect(properties.contains { $0.name == "machine" })
        let others = properties.filter { property in
            property.name != "machine" && !Self.tools.contains { property.rest.hasPrefix($0) }
        }
        #expect(others.isEmpty, "\(name) also holds \(others)")
    }

    @Test("What a machine holds is its own", arguments: Anatomy.all)
    func privacy(anatomy: Anatomy) {
        let properties = StoredProperty.all(
            of: "struct \(anatomy.name)StateMachine",
            in: anatomy.machine
        )
        #expect(!properties.isEmpty)
        let open = properties.filter { !$0.isPrivate }
        #expect(open.isEmpty, "\(anatomy.name)StateMachine shows \(open)")
    }

    @Test("A machine holds no device, and imports nothing to make one of", arguments: Anatomy.all)
    func devices(anatomy: Anatomy) throws {
        let world = [
            "Dispatch", "Synchronization", "Foundation", "Glibc", "Musl", "Darwin", "Logging",
        ]
        let declaration = /\b(?:protocol|class) (\w+)/
        let devices = anatomy.device.flatMap { file in
            SourceTree.code(of: file).compactMap { line in
                line.firstMatch(of: declaration).map { String($0.output.1) }
            }
        }
        #expect(devices.isEmpty == anatomy.devices.isEmpty)
        for file in anatomy.machine {
            for line in SourceTree.code(of: file) {
                let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(
                    String.init
                )
                let found = words.filter { word in
                    devices.contains(word) || word.hasSuffix("Device")
                        || words.contains("import") && world.contains(word)
                }
                #expect(found.isEmpty, "\(file.path): \(line)")
            }
        }
    }
}
