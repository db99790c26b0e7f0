import Configuration
import Foundation
import Node
import TOMLKit

/// What stands in config.toml: the settings in which a node differs from its profile (ADR 0076).
struct SettingsFile {
    let path: String
    /// The values, by the names of settings.
    let values: [String: [String]]

    /// Where it is in a data directory.
    static let name = "config.toml"

    /// Most bytes that are read.
    ///
    /// Source: own choice: a thousand addresses.
    private static let bytesMax = 262_144

    /// The file that somebody named, by a flag or by a variable; nil for the usual one.
    static func named(
        _ flag: String?,
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String? {
        guard let named = flag ?? environment["VALENCE_CONFIG"], !named.isEmpty else { return nil }
        return CommonOptions.absolute(named)
    }

    /// The settings of a node: a file that somebody named must be there; the usual one may be.
    static func ofNode(
        in directory: DataDirectory,
        named flag: String?,
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(SettingsError) -> SettingsFile? {
        if let named = Self.named(flag, environment) { return try SettingsFile(named) }
        let usual = "\(directory.path)/\(Self.name)"
        return FileManager.default.fileExists(atPath: usual) ? try SettingsFile(usual) : nil
    }

    /// Reads a file.
    ///
    /// - Throws: ``SettingsError`` that names file and key, and what to write instead.
    init(_ path: String) throws(SettingsError) {
        self.path = path
        var bytes: [UInt8] = []
        do {
            let file = try RegularFile(path, upTo: Self.bytesMax)
            while let piece = try file.next() { bytes += piece }
        } catch {
            throw SettingsError("\(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsError("\(path) is not text in UTF-8; write it anew")
        }
        self.values = try Self.read(text, path)
    }

    private static func read(_ text: String, _ path: String) throws(SettingsError) -> [String:
        [String]]
    {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch {
            let cause = (error as? TOMLParseError).map {
                "line \($0.source.begin.line): \($0.description)"
            }
            throw SettingsError("\(path) is no TOML: \(cause ?? "\(error)")")
        }
        var values: [String: [String]] = [:]
        for (key, value) in table {
            guard let setting = Setting.all.first(where: { $0.name == key }) else {
                throw SettingsError(
                    "\(path) has the key `\(key)`, which no setting has\(Self.hint(key))"
                )
            }
            guard let words = Self.words(value, of: setting) else {
                throw SettingsError(
                    "\(path): \(key) is of the type \(value.type.rawValue); write \(Self.example(setting))"
                )
            }
            values[key] = words
        }
        return values
    }

    /// A value as words; nil when it is of another type than the setting.
    private static func words(_ value: any TOMLValueConvertible, of setting: Setting) -> [String]? {
        switch setting.kind {
        case .flag: value.bool.map { ["\($0)"] }
        case .number: value.int.map { ["\($0)"] }
        case .bytes: value.int.map { ["\($0)"] } ?? value.string.map { [$0] }
        case .text, .choice: value.string.map { [$0] }
        case .list:
            value.array.flatMap { list in
                let words = list.compactMap(\.string)
                return words.count == list.count ? words : nil
            }
        }
    }

    private static func example(_ setting: Setting) -> String {
        switch setting.kind {
        case .flag: "\(setting.name) = true or false"
        case .number: "\(setting.name) = a number without quotes"
        case .bytes: "\(setting.name) = \"512MiB\" or a number of bytes"
        case .text, .choice: "\(setting.name) = \"…\""
        case .list: "\(setting.name) = [\"…\", \"…\"]"
        }
    }

    private static func hint(_ key: String) -> String {
        let names = Setting.all.map(\.name)
        if let near = Resemblance.nearest(to: key, of: names) { return "; do you mean `\(near)`?" }
        return "; `valence-node config schema` lists all of them"
    }
}

/// Why settings cannot be used, in words for people.
struct SettingsError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
