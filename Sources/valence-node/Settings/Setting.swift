import ArgumentParser

/// One thing that an operator may set; its name is a flag of `run`, a key of config.toml and, after `VALENCE_`, a
/// variable (ADR 0076).
struct Setting: Sendable {
    /// What values it takes.
    enum Kind: Sendable {
        /// Any words, such as a path.
        case text(String)
        /// Any number of words.
        case list(String)
        /// Yes or no.
        case flag
        /// One of some words.
        case choice([String])
        /// A whole number.
        case number(String, ClosedRange<Int64>)
        /// A number of bytes, such as 512MiB.
        case bytes(ClosedRange<Int64>)
    }

    let name: String
    let kind: Kind
    /// What it is for, in a sentence for people.
    let about: String
    /// Whether SIGHUP changes it in a running node.
    let isReloaded: Bool

    init(_ name: String, _ kind: Kind, isReloaded: Bool = false, _ about: String) {
        self.name = name
        self.kind = kind
        self.about = about
        self.isReloaded = isReloaded
    }

    /// The variable of the environment.
    var variable: String {
        "VALENCE_" + self.name.uppercased().replacing("-", with: "_")
    }

    /// How it is told by `run --help`.
    var help: ArgumentHelp {
        var text = self.about
        if case .choice(let words) = self.kind {
            text += " (values: \(words.joined(separator: ", ")))"
        }
        let standard = Profile.builtIn(self) ?? []
        if !standard.isEmpty { text += " (default: \(standard.joined(separator: ", ")))" }
        return ArgumentHelp("\(text)", valueName: self.placeholder)
    }

    /// What shells may complete.
    var completion: CompletionKind {
        if case .choice(let words) = self.kind { return .list(words) }
        return .default
    }

    private var placeholder: String? {
        switch self.kind {
        case .text(let name), .list(let name), .number(let name, _): name
        case .choice: "word"
        case .bytes: "bytes"
        case .flag: nil
        }
    }

    /// Whether values of it are several words.
    var isList: Bool { if case .list = self.kind { true } else { false } }

    // MARK: Values

    /// What is wrong with a value, and what to write instead; nil when nothing is.
    func fault(of words: [String]) -> String? {
        guard !self.isList else { return nil }
        guard let word = words.first else { return nil }
        let isRight =
            switch self.kind {
            case .text, .list: true
            case .flag: Self.flag(word) != nil
            case .choice(let choices): choices.contains(word)
            case .number(_, let range): Self.number(word).map(range.contains) ?? false
            case .bytes(let range): ByteCount(word).map { range.contains($0.bytes) } ?? false
            }
        return isRight ? nil : "is '\(word)'; write \(self.form)"
    }

    /// What to write, in words.
    private var form: String {
        switch self.kind {
        case .text, .list: "words"
        case .flag: "true or false"
        case .choice(let choices):
            choices.dropLast().joined(separator: ", ") + " or " + (choices.last ?? "")
        case .number(_, let range): "a number from \(range.lowerBound) up to \(range.upperBound)"
        case .bytes(let range):
            "a number of bytes such as 512MiB, from \(ByteCount(range.lowerBound)) up to "
                + "\(ByteCount(range.upperBound))"
        }
    }

    /// Digits and nothing else; nil for any other word.
    static func number(_ word: String) -> Int64? {
        word.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int64(word) : nil
    }

    /// What a flag's word means; nil when it means nothing.
    static func flag(_ word: String) -> Bool? {
        switch word.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }
}
