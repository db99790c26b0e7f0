import Configuration
import Node
import Synchronization

/// What a node runs with, and where each value is from (ADR 0076).
struct Settings: Sendable {
    /// Where a value is from; the first that has one wins.
    enum Origin: Sendable, Equatable {
        case flag
        case variable(String)
        case file(String)
        case profile(Profile)
        case builtIn
        /// Nobody set it: the node decides by itself.
        case unset
    }

    /// The value of one setting.
    struct Entry: Sendable {
        let setting: Setting
        let words: [String]
        let origin: Origin
    }

    /// One for each setting, in the order of the table.
    let entries: [Entry]
    /// The profile that applies.
    let profile: Profile

    /// Looks every setting up.
    ///
    /// - Parameters:
    ///   - given: what flags say, by the names of settings.
    ///   - environment: the variables of the process; empty ones do not count.
    ///   - file: what the operator wrote down.
    /// - Throws: ``SettingsError`` that names the value, where it is from, and what to write instead.
    init(given: [String: [String]], environment: [String: String], file: SettingsFile?)
        throws(SettingsError)
    {
        var sources = Sources(given: given, environment: environment, file: file)
        let chosen = try sources.entry(.profile)
        let profile = Profile(rawValue: chosen.words.first ?? "") ?? .home
        sources.profile = profile
        self.profile = profile
        var entries: [Entry] = []
        for setting in Setting.all { entries.append(try sources.entry(setting)) }
        self.entries = entries
    }

    // MARK: Values

    /// The words of a list.
    func list(_ setting: Setting) -> [String] { self.entry(setting)?.words ?? [] }

    /// The word of any other setting; nil when nobody set it.
    func text(_ setting: Setting) -> String? { self.entry(setting)?.words.first }

    /// What a flag says; nil when nobody set it.
    func flag(_ setting: Setting) -> Bool? { self.text(setting).flatMap(Setting.flag) }

    /// A number, or a number of bytes; nil when nobody set it.
    func number(_ setting: Setting) -> Int64? {
        self.text(setting).flatMap { ByteCount($0)?.bytes }
    }

    /// The settings in which another set differs.
    func changed(in other: Settings) -> [Setting] {
        zip(self.entries, other.entries).filter { $0.words != $1.words }.map(\.0.setting)
    }

    /// The value of a setting, and where it is from.
    func entry(_ setting: Setting) -> Entry? {
        self.entries.first { $0.setting.name == setting.name }
    }
}

/// Where values are looked up, in order.
private struct Sources {
    private let given: InMemoryProvider
    private let variables: KeyMappingProvider<EnvironmentVariablesProvider>
    private let file: InMemoryProvider
    private let path: String
    var profile: Profile?

    init(given: [String: [String]], environment: [String: String], file: SettingsFile?) {
        self.given = Self.provider(given)
        self.variables = EnvironmentVariablesProvider(
            environmentVariables: environment.filter { !$0.value.isEmpty }
        )
        .prefixKeys(with: "valence")
        self.file = Self.provider(file?.values ?? [:])
        self.path = file?.path ?? ""
    }

    private static func provider(_ values: [String: [String]]) -> InMemoryProvider {
        var known: [AbsoluteConfigKey: ConfigValue] = [:]
        for setting in Setting.all {
            guard let words = values[setting.name] else { continue }
            let content: ConfigContent =
                setting.isList ? .stringArray(words) : .string(words.first ?? "")
            known[AbsoluteConfigKey([setting.name])] = ConfigValue(content, isSecret: false)
        }
        return InMemoryProvider(values: known)
    }

    func entry(_ setting: Setting) throws(SettingsError) -> Settings.Entry {
        let profile =
            self.profile.map { $0.value(setting).map { [setting.name: $0] } ?? [:] } ?? [:]
        let standard = Profile.builtIn(setting).map { [setting.name: $0] } ?? [:]
        let witness = OriginWitness()
        let reader = ConfigReader(
            providers: [
                self.given, self.variables, self.file, Self.provider(profile),
                Self.provider(standard),
            ],
            accessReporter: witness
        )
        let key = ConfigKey([setting.name])
        let words =
            setting.isList
            ? reader.stringArray(forKey: key) ?? [] : reader.string(forKey: key).map { [$0] } ?? []
        let origin = self.origin(witness.place, setting)
        if let fault = setting.fault(of: words) {
            throw SettingsError("\(origin.told(setting)) \(fault)")
        }
        return Settings.Entry(setting: setting, words: words, origin: origin)
    }

    private func origin(_ place: Int?, _ setting: Setting) -> Settings.Origin {
        switch place {
        case 0: .flag
        case 1: .variable(setting.variable)
        case 2: .file(self.path)
        case 3: self.profile.map { .profile($0) } ?? .builtIn
        case 4: .builtIn
        default: .unset
        }
    }
}

extension Settings.Origin {
    /// A setting by the name that it has there.
    fileprivate func told(_ setting: Setting) -> String {
        switch self {
        case .flag: "--\(setting.name)"
        case .variable(let name): name
        case .file(let path): "\(setting.name) in \(path)"
        case .profile, .builtIn, .unset: setting.name
        }
    }
}

/// Sees which provider had the value that was looked up.
private final class OriginWitness: AccessReporter {
    private let seen = Mutex<Int?>(nil)

    var place: Int? { self.seen.withLock { $0 } }

    func report(_ event: AccessEvent) {
        let place = event.providerResults.firstIndex { (try? $0.result.get())?.value != nil }
        self.seen.withLock { $0 = place }
    }
}
