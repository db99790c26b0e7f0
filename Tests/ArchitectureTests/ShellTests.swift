import Foundation
import Testing

/// Machines decide, shells translate (ADR 0042).
@Suite("Shells and machines")
struct ShellTests {
    @Test("An actor holds its machine, its devices and what it may send", arguments: Anatomy.all)
    func shell(anatomy: Anatomy) throws {
        let properties = StoredProperty.all(of: "actor \(anatomy.name)", in: anatomy.shell)
        #expect(properties.contains { $0.name == "machine" })
        let others = properties.filter { property in
            property.name != "machine" && !property.rest.hasPrefix(": Emitter<")
                && !property.rest.hasPrefix(": Asker<") && !property.rest.hasPrefix(": any ")
        }
        #expect(others.isEmpty, "\(anatomy.name) also holds \(others)")
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
