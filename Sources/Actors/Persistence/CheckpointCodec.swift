import Kernel
import Messages
import Primitives

/// The bytes of a checkpoint: a mark, the program, place and digest, the parts by name, and the SHA-256 of all.
///
/// Integers are big-endian, of 8 bytes.
enum CheckpointCodec {
    private static let mark = Array("valence checkpoint 1\n".utf8)
    private static let hashSize = 32

    /// What is wrong with a file.
    enum Damage: String, Error {
        case mark = "it does not begin like a checkpoint"
        case hash = "its hash is another one"
        case form = "it ends early"
    }

    static func encode(_ checkpoint: Checkpoint, of program: Bytes32) -> [UInt8] {
        var bytes = Self.mark
        bytes.reserveCapacity(checkpoint.parts.reduce(1_024) { $0 + $1.bytes.count + 64 })
        bytes += program.array
        bytes += SequenceKey.bytes(checkpoint.sequence)
        bytes += checkpoint.digest.array
        bytes += SequenceKey.bytes(UInt64(checkpoint.parts.count))
        for part in checkpoint.parts {
            for field in [Array(part.subsystem.rawValue.utf8), part.bytes] {
                bytes += SequenceKey.bytes(UInt64(field.count))
                bytes += field
            }
        }
        bytes += SHA256Digest.hash(bytes).array
        return bytes
    }

    static func decode(_ bytes: [UInt8]) -> Result<(program: Bytes32, Checkpoint), Damage> {
        guard bytes.starts(with: Self.mark) else { return .failure(.mark) }
        let content = bytes.dropLast(Self.hashSize)
        guard SHA256Digest.hash(Array(content)).array.elementsEqual(bytes.suffix(Self.hashSize))
        else { return .failure(.hash) }
        var reader = Reader(rest: content.dropFirst(Self.mark.count))
        guard let program = reader.bytes32(), let sequence = reader.integer(),
            let digest = reader.bytes32(), let parts = reader.parts(), reader.rest.isEmpty
        else { return .failure(.form) }
        return .success((program, Checkpoint(sequence: sequence, digest: digest, parts: parts)))
    }

    /// Takes fields from the front; nil when there are too few bytes.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ count: UInt64) -> ArraySlice<UInt8>? {
            guard count <= UInt64(self.rest.count) else { return nil }
            defer { self.rest = self.rest.dropFirst(Int(count)) }
            return self.rest.prefix(Int(count))
        }

        mutating func bytes32() -> Bytes32? { self.take(32).flatMap { Bytes32($0) } }

        mutating func integer() -> UInt64? {
            self.take(8)?.reduce(0) { $0 << 8 | UInt64($1) }
        }

        mutating func parts() -> [CheckpointPart]? {
            guard let count = self.integer() else { return nil }
            var parts: [CheckpointPart] = []
            while UInt64(parts.count) < count {
                guard let name = self.integer().flatMap({ self.take($0) }),
                    let text = String(validating: name, as: UTF8.self),
                    let bytes = self.integer().flatMap({ self.take($0) })
                else { return nil }
                let subsystem = SubsystemName(rawValue: text)
                parts.append(CheckpointPart(subsystem: subsystem, bytes: Array(bytes)))
            }
            return parts
        }
    }
}
