import Primitives
import Testing

@testable import Persistence

@Suite("C3-7: values with pages of their own, and free pages")
struct DatabaseValueTests {
    /// A leaf whose value has `pages` of its own, which fill the file.
    private static func file(size: Int, pages: Int) -> FileDraft {
        let value = [UInt8](repeating: 7, count: size)
        var file = FileDraft([
            PageDraft(big: [1], size: size, page: 3, number: 2),
            PageDraft(value: value, pages: pages, number: 3),
        ])
        for _ in 1..<pages {
            var next = PageDraft([])
            next.bytes = [UInt8](repeating: 7, count: PageDraft.size)
            file.pages.append(next)
        }
        return file
    }

    private static func tree(pages: UInt64) -> TreeDraft {
        TreeDraft(overflowPages: pages, entries: 1)
    }

    @Test("a value is read over the ends of its pages, or only its head")
    func value() throws {
        let walked = try Self.file(size: 1_200, pages: 3).visit(Self.tree(pages: 3))
        #expect(walked.damage == nil && walked.sizes == [1_200])
        #expect(walked.values == [[UInt8](repeating: 7, count: 1_200)])
        let rules = TreeRules(name: "x", keySizes: 1...1, prefix: 10)
        let head = try Self.file(size: 1_200, pages: 3).visit(Self.tree(pages: 3), rules)
        #expect(head.sizes == [1_200] && head.values == [[UInt8](repeating: 7, count: 10)])
    }

    @Test("a value has as many pages as it needs, to the byte")
    func pages() throws {
        let wrong = "page 3 does not hold the value that it should"
        for (size, pages, damage) in [
            (496, 1, nil), (497, 1, wrong), (497, 2, nil), (1_008, 2, nil), (1_009, 2, wrong),
        ] as [(Int, Int, String?)] {
            var file = Self.file(size: size, pages: pages)
            file.pages.append(PageDraft([], number: 9))
            let tree = Self.tree(pages: UInt64(pages))
            #expect(try file.visit(tree).damage == damage, "\(size) bytes in \(pages)")
        }
    }

    @Test("what is no value's page, or not that one, or reaches over the end is refused")
    func refused() throws {
        let wrong = "page 3 does not hold the value that it should"
        for (offset, value, damage) in [
            (0, 4, wrong), (10, UInt8(DatabasePage.leafFlag), wrong), (12, 0, wrong),
            (12, 4, "page 3 is beyond the end"),
        ] as [(Int, UInt8, String)] {
            var file = Self.file(size: 1_200, pages: 3)
            file.pages[1].bytes[offset] = value
            #expect(try file.visit(Self.tree(pages: 3)).damage == damage, "\(offset): \(value)")
        }
        for page in [0, 1, 6, .max] as [UInt64] {
            var file = Self.file(size: 1_200, pages: 3)
            file.pages[0] = PageDraft(big: [1], size: 1_200, page: page, number: 2)
            let damage = try file.visit(Self.tree(pages: 3)).damage
            #expect(damage == "page \(page) is beyond the end")
        }
        var absurd = Self.file(size: 1_200, pages: 3)
        absurd.pages[0] = PageDraft(big: [1], size: 4_000_000_000, page: 3, number: 2)
        let damage = try absurd.visit(Self.tree(pages: 3)).damage
        #expect(damage == "a value of 4000000000 bytes in page 3", "no memory is taken for it")
    }

    @Test("a page is in use or free, not both; behind the file's end it can only be free")
    func free() throws {
        var file = Self.file(size: 1_200, pages: 3)
        file.lastPage = 9
        try file.walk { walk in
            func damage(_ page: UInt64) -> String? {
                do throws(DatabaseDamage) {
                    try walk.claimFree(page)
                    return nil
                } catch {
                    return error.cause
                }
            }
            try walk.claim(3, count: 2)
            #expect(damage(4) == "page 4 is used twice")
            #expect(damage(5) == nil)
            #expect(damage(5) == "page 5 is used twice")
            #expect(damage(9) == nil && damage(9) == nil, "it is nowhere yet")
            for page in [0, 1, 10, .max] as [UInt64] {
                #expect(damage(page) == "page \(page) is beyond the end and said to be free")
            }
        }
    }
}
