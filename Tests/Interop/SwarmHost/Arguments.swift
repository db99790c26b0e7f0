import Multiformats
import Primitives

/// What a command is given.
struct Arguments {
    let values: [JSONValue]

    func text(_ index: Int) throws -> String {
        guard self.values.indices.contains(index), let text = self.values[index].string else {
            throw ArgumentError("argument \(index) is no text")
        }
        return text
    }

    func count(_ index: Int) throws -> Int {
        guard self.values.indices.contains(index), let number = self.values[index].integer,
            number >= 0
        else { throw ArgumentError("argument \(index) is no count") }
        return Int(number)
    }

    func flag(_ index: Int) throws -> Bool {
        guard self.values.indices.contains(index), let flag = self.values[index].bool
        else { throw ArgumentError("argument \(index) is neither true nor false") }
        return flag
    }

    func bytes(_ index: Int) throws -> [UInt8] {
        guard let bytes = Hex.decode(try self.text(index)) else {
            throw ArgumentError("argument \(index) is no hex")
        }
        return bytes
    }

    func peer(_ index: Int) throws -> PeerID { try PeerID(try self.text(index)) }

    func address(_ index: Int) throws -> Multiaddr { try Multiaddr(try self.text(index)) }
}

/// A command that makes no sense.
struct ArgumentError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
