import Foundation
import Primitives
import Testing

/// The parsing tests of JSONTestSuite: y must be read, n must be refused, i is up to the reader.
@Suite("JSONTestSuite", .publicSuite("JSONTestSuite"))
struct PublicJSONTests {
    private static let folder = "JSONTestSuite/test_parsing"

    private static func names(_ prefix: String) throws -> [String] {
        try ExternalFiles.names(in: self.folder).filter { $0.hasPrefix(prefix) }
    }

    private static func verdict(on name: String) throws -> JSONVerdict {
        JSONVerdict(scanning: try ExternalFiles.bytes("\(self.folder)/\(name)"))
    }

    @Test("D-03: what JSON permits is read, but for numbers other than integers and for duplicates")
    func permitted() throws {
        let names = try Self.names("y_")
        #expect(names.count == 95)
        for name in names {
            let bytes = try ExternalFiles.bytes("\(Self.folder)/\(name)")
            switch try Self.verdict(on: name) {
            case .accepted:
                #expect(!NumberRule.isBroken(by: bytes), "\(name) breaks the number rule")
            case .number, .range:
                #expect(NumberRule.isBroken(by: bytes), "\(name) holds good numbers")
            case .duplicate:
                #expect(Self.duplicates.contains(name), "\(name) holds no duplicate")
            case let other:
                Issue.record("\(name) is refused: \(other)")
            }
        }
        for name in Self.duplicates { #expect(try Self.verdict(on: name) == .duplicate, "\(name)") }
    }

    private static let duplicates: Set<String> = [
        "y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json",
    ]

    @Test("D-03: what JSON forbids is refused")
    func forbidden() throws {
        let names = try Self.names("n_")
        #expect(names.count == 188)
        for name in names { #expect(try Self.verdict(on: name) != .accepted, "\(name) is read") }
    }

    @Test("D-03: what JSON leaves open is refused, each for its pinned cause")
    func open() throws {
        let names = try Self.names("i_")
        #expect(Set(names) == Set(Self.causes.keys))
        for name in names {
            #expect(try Self.verdict(on: name) == Self.causes[name], "\(name)")
        }
    }

    private static let causes: [String: JSONVerdict] = [
        "i_number_double_huge_neg_exp.json": .number,
        "i_number_huge_exp.json": .number,
        "i_number_neg_int_huge_exp.json": .number,
        "i_number_pos_double_huge_exp.json": .number,
        "i_number_real_neg_overflow.json": .number,
        "i_number_real_pos_overflow.json": .number,
        "i_number_real_underflow.json": .number,
        "i_number_too_big_neg_int.json": .range,
        "i_number_too_big_pos_int.json": .range,
        "i_number_very_big_negative_int.json": .range,
        "i_object_key_lone_2nd_surrogate.json": .surrogate,
        "i_string_1st_surrogate_but_2nd_missing.json": .surrogate,
        "i_string_1st_valid_surrogate_2nd_invalid.json": .surrogate,
        "i_string_UTF-16LE_with_BOM.json": .syntax,
        "i_string_UTF-8_invalid_sequence.json": .utf8,
        "i_string_UTF8_surrogate_U+D800.json": .utf8,
        "i_string_incomplete_surrogate_and_escape_valid.json": .surrogate,
        "i_string_incomplete_surrogate_pair.json": .surrogate,
        "i_string_incomplete_surrogates_escape_valid.json": .surrogate,
        "i_string_invalid_lonely_surrogate.json": .surrogate,
        "i_string_invalid_surrogate.json": .surrogate,
        "i_string_invalid_utf-8.json": .utf8,
        "i_string_inverted_surrogates_U+1D11E.json": .surrogate,
        "i_string_iso_latin_1.json": .utf8,
        "i_string_lone_second_surrogate.json": .surrogate,
        "i_string_lone_utf8_continuation_byte.json": .utf8,
        "i_string_not_in_unicode_range.json": .utf8,
        "i_string_overlong_sequence_2_bytes.json": .utf8,
        "i_string_overlong_sequence_6_bytes.json": .utf8,
        "i_string_overlong_sequence_6_bytes_null.json": .utf8,
        "i_string_truncated-utf-8.json": .utf8,
        "i_string_utf16BE_no_BOM.json": .syntax,
        "i_string_utf16LE_no_BOM.json": .syntax,
        "i_structure_500_nested_arrays.json": .depth,
        "i_structure_UTF-8_BOM_empty_object.json": .syntax,
    ]
}

/// The number rule of D-03, told from a document's text alone.
enum NumberRule {
    private static let largest: Int64 = 9_007_199_254_740_991

    /// Whether a number outside of texts is no integer in plain form, or is too large.
    static func isBroken(by document: [UInt8]) -> Bool {
        self.withoutTexts(document)
            .split { !"+-.eE0123456789".utf8.contains($0) }
            .map { String(decoding: $0, as: UTF8.self) }
            // The letters of `true` and `false` are no numbers.
            .filter { $0.contains(where: \.isNumber) }
            .contains { !self.isPlainInteger($0) }
    }

    private static func isPlainInteger(_ token: String) -> Bool {
        guard token != "-0", let value = Int64(token), String(value) == token else { return false }
        return value.magnitude <= self.largest.magnitude
    }

    private static func withoutTexts(_ document: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isInside = false
        var isEscaped = false
        for byte in document {
            if isInside {
                if byte == 0x22, !isEscaped { isInside = false }
                isEscaped = byte == 0x5c && !isEscaped
            } else {
                if byte == 0x22 { isInside = true }
                result.append(byte)
            }
        }
        return result
    }
}
