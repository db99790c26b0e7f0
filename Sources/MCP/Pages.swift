import Primitives

/// Divides a long answer into pages.
///
/// An answer is a sequence of pieces: members and elements that are small enough are whole pieces, others are divided
/// further, long texts into slices. A page is a run of pieces, put together again; the number of the next piece is
/// the cursor.
struct Pages {
    /// A piece and where it belongs.
    private struct Piece {
        let path: [Step]
        let value: FencedValue
    }

    private enum Step: Equatable {
        case member(String)
        case element(Int)
        /// A part of a text.
        case slice
    }

    /// One page.
    struct Page: Equatable {
        let value: FencedValue
        /// The first piece of the next page; nil at the end.
        let next: Int?
    }

    private let pieces: [Piece]
    private let fence: Fence

    init(_ value: FencedValue, fence: Fence) {
        self.fence = fence
        var pieces: [Piece] = []
        Self.divide(value, [], fence, &pieces)
        self.pieces = pieces
    }

    /// The page that begins with a piece.
    ///
    /// - Parameters:
    ///   - start: the number of the first piece.
    ///   - bytesMax: its length as JSON; a single piece is taken in any case.
    /// - Returns: the page; nil when there is no such piece.
    func page(from start: Int, bytesMax: Int) -> Page? {
        guard start >= 0, start < max(1, self.pieces.count) else { return nil }
        // As many as fit are found by halving, since a longer run is never shorter.
        var (fits, tooMany) = (start + 1, min(self.pieces.count, start + bytesMax) + 1)
        while fits + 1 < tooMany {
            let middle = (fits + tooMany) / 2
            if self.size(start..<middle) <= bytesMax { fits = middle } else { tooMany = middle }
        }
        let end = min(fits, self.pieces.count)
        return Page(
            value: Self.together(self.pieces[start..<end]),
            next: end < self.pieces.count ? end : nil
        )
    }

    private func size(_ range: Range<Int>) -> Int {
        self.fence.shown(Self.together(self.pieces[range])).canonicalBytes().count
    }

    // MARK: Dividing

    private static func divide(
        _ value: FencedValue,
        _ path: [Step],
        _ fence: Fence,
        _ pieces: inout [Piece]
    ) {
        let isSmall = fence.shown(value).canonicalBytes().count <= MCPLimits.pieceBytesMax
        // The outermost object is never a piece itself, so that each page is an object.
        if isSmall, !path.isEmpty { return pieces.append(Piece(path: path, value: value)) }
        switch value {
        case .object(let members):
            for member in members {
                Self.divide(member.value, path + [.member(member.name)], fence, &pieces)
            }
        case .list(let elements):
            for (number, element) in elements.enumerated() {
                Self.divide(element, path + [.element(number)], fence, &pieces)
            }
        case .foreign(let text, let author):
            for slice in Self.slices(text) {
                pieces.append(Piece(path: path + [.slice], value: .foreign(slice, by: author)))
            }
        case .plain(.string(let text)):
            for slice in Self.slices(text) {
                pieces.append(Piece(path: path + [.slice], value: .plain(.string(slice))))
            }
        case .plain: pieces.append(Piece(path: path, value: value))
        }
    }

    /// Parts of a text, each of whole characters as Unicode numbers them.
    private static func slices(_ text: String) -> [String] {
        var slices: [String] = []
        var slice = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > MCPLimits.pieceBytesMax / 2 {
                slices.append(String(slice))
                slice = String.UnicodeScalarView()
                bytes = UTF8.width(scalar)
            }
            slice.append(scalar)
        }
        return slices + [String(slice)]
    }

    // MARK: Putting together

    private static func together(_ pieces: ArraySlice<Piece>) -> FencedValue {
        Self.together(pieces.map { (path: $0.path[...], value: $0.value) })
    }

    private typealias Part = (path: ArraySlice<Step>, value: FencedValue)

    private static func together(_ parts: [Part]) -> FencedValue {
        guard let first = parts.first, let step = first.path.first else {
            return parts.first?.value ?? .object([])
        }
        if step == .slice { return Self.joined(parts.map(\.value)) }
        var groups: [(step: Step, parts: [Part])] = []
        for part in parts {
            guard let step = part.path.first else { continue }
            let rest: Part = (part.path.dropFirst(), part.value)
            if groups.last?.step == step {
                groups[groups.count - 1].parts.append(rest)
            } else {
                groups.append((step, [rest]))
            }
        }
        if case .element = step { return .list(groups.map { Self.together($0.parts) }) }
        return .object(
            groups.compactMap { group in
                guard case .member(let name) = group.step else { return nil }
                return Member(name: name, value: Self.together(group.parts))
            }
        )
    }

    private typealias Member = FencedValue.Member

    private static func joined(_ slices: [FencedValue]) -> FencedValue {
        let text = slices.map(\.text).joined()
        if case .foreign(_, let author)? = slices.first { return .foreign(text, by: author) }
        return .plain(.string(text))
    }
}

extension FencedValue {
    fileprivate var text: String {
        switch self {
        case .foreign(let text, _), .plain(.string(let text)): text
        case .plain, .list, .object: ""
        }
    }
}
