/// Writes the RFC 8785 form of a scanned value by copying what is in that form already.
///
/// The scanner found the order of keys, so that nothing is compared here. The canonical form is never longer
/// than what was scanned: space goes, escapes become shorter, and nothing else changes.
struct CanonicalCopy {
    private let bytes: UnsafeRawBufferPointer
    private let tape: UnsafeBufferPointer<JSONEntry>
    private let output: UnsafeMutableRawBufferPointer
    private var count = 0

    /// The RFC 8785 form of the value at an index of the tape.
    static func bytes(of index: Int, in document: JSONDocument) -> [UInt8] {
        let entry = document.tape[index]
        guard !entry.isCanonical else { return Array(document.bytes[entry.place]) }
        return document.bytes.withUnsafeBytes { bytes in
            document.tape.withUnsafeBufferPointer { tape in
                [UInt8](unsafeUninitializedCapacity: entry.place.count) { buffer, count in
                    let output = UnsafeMutableRawBufferPointer(buffer)
                    var copy = CanonicalCopy(bytes: bytes, tape: tape, output: output)
                    copy.append(index)
                    count = copy.count
                }
            }
        }
    }

    private init(
        bytes: UnsafeRawBufferPointer,
        tape: UnsafeBufferPointer<JSONEntry>,
        output: UnsafeMutableRawBufferPointer
    ) {
        self.bytes = bytes
        self.tape = tape
        self.output = output
    }

    private mutating func append(_ index: Int) {
        let entry = self.tape[index]
        if entry.isCanonical {
            self.append(span: UnsafeRawBufferPointer(rebasing: self.bytes[entry.place]))
            return
        }
        switch entry.kind {
        case .string: self.append(string: entry)
        case .array: self.append(array: entry, at: index)
        case .object: self.append(object: entry, at: index)
        case .null, .bool, .integer:
            preconditionFailure("scalars other than strings are canonical as scanned")
        }
    }

    private mutating func append(string entry: JSONEntry) {
        var written: [UInt8] = []
        let bytes = self.bytes.assumingMemoryBound(to: UInt8.self)
        CanonicalWriter.append(string: JSONText.unescaped(bytes, entry), to: &written)
        written.withUnsafeBytes { self.append(span: $0) }
    }

    private mutating func append(array entry: JSONEntry, at index: Int) {
        self.append(byte: 0x5b)
        var element = index + 1
        for number in 0..<entry.count {
            if number > 0 { self.append(byte: 0x2c) }
            self.append(element)
            element = Int(self.tape[element].next)
        }
        self.append(byte: 0x5d)
    }

    private mutating func append(object entry: JSONEntry, at index: Int) {
        self.append(byte: 0x7b)
        var place = index + 1
        for number in 0..<entry.count {
            let key = entry.isShuffled ? Int(self.tape[place].next) : place
            if number > 0 { self.append(byte: 0x2c) }
            self.append(key)
            self.append(byte: 0x3a)
            self.append(key + 1)
            place = Int(self.tape[place + 1].next)
        }
        self.append(byte: 0x7d)
    }

    private mutating func append(byte: UInt8) {
        precondition(self.count < self.output.count, "the canonical form is not longer")
        self.output[self.count] = byte
        self.count &+= 1
    }

    private mutating func append(span: UnsafeRawBufferPointer) {
        precondition(span.count <= self.output.count - self.count, "the form is not longer")
        let room = self.output[self.count..<self.count + span.count]
        UnsafeMutableRawBufferPointer(rebasing: room).copyMemory(from: span)
        self.count += span.count
    }
}
