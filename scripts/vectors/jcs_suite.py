"""The canonical form of RFC 8785: order of names by UTF-16, escapes, and text that is left alone."""

import json

import rfc8785

import json_reader
from common import same

FILE = "jcs.json"
ABOUT = (
    "RFC 8785: `input` becomes `output`; both hold the document's text. Where D-03 forbids the input, "
    "`output` is absent and `expect` names the cause."
)

# Names on both sides of the place where UTF-16 and code points sort differently.
NAMES = ["", "\0", "\n", "\r", " ", "!", '"', "/", "0", "1", "10", "2", "A", "Z", "\\", "_", "a", "aa", "ab", "b", "~", "\x7f"]
NAMES += ["\x80", "é", "e\u0301", "ö", "ß", "ſ", "\u07ff", "\u0800", "\u20ac", "\ud7ff", "\ue000", "\ufa11", "\ufffd", "\uffff"]
NAMES += ["\U00010000", "\U0001f600", "\U0001f600a", "\U0001f601", "\U0010ffff", "a\uffff", "a\U00010000", "\uffffa", "\U00010000a"]


def escaped(text):
    """The text as a string of which every UTF-16 unit is an escape."""
    units = text.encode("utf-16-be").hex()
    return '"' + "".join("\\u" + units[at : at + 4] for at in range(0, len(units), 4)) + '"'


def plain(text):
    return json.dumps(text, ensure_ascii=False)


def canonical(value):
    """RFC 8785 for values without fractions."""
    if isinstance(value, str):
        return '"' + "".join(character(c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    return {None: "null", True: "true", False: "false"}[value] if not isinstance(value, int) or isinstance(value, bool) else str(value)


def character(c):
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return short.get(c) or (f"\\u{ord(c):04x}" if c < " " else c)


def case(about, text):
    data = text.encode()
    cause = json_reader.cause(data)
    if cause:
        return {"about": about, "input": text, "expect": cause}
    return {"about": about, "input": text, "output": canonical(json_reader.read(data))}


def cases():
    return values() + strings() + orders() + spaces() + deep() + forbidden()


def values():
    texts = ["null", "true", "false", "[]", "{}", '""', "0", "-1", "1", "9007199254740991", "-9007199254740991", "[null,true,false,0]"]
    return [case("a value alone", text) for text in texts]


def strings():
    found = []
    for number in [*range(0x00, 0x24), 0x27, 0x2F, 0x3C, 0x3E, 0x5B, 0x5C, 0x5D, 0x7E, 0x7F, 0x80, 0x9F, 0xA0, 0xFF, 0x2028, 0x2029, 0xD7FF, 0xE000, 0xFEFF, 0xFFFE, 0xFFFF, 0x10000, 0x1F9ED, 0x10FFFF]:
        found.append(case(f"U+{number:04X} as an escape", escaped(chr(number))))
        upper = escaped(chr(number)).upper().replace("\\U", "\\u")
        if upper != escaped(chr(number)):
            found.append(case(f"U+{number:04X} as an escape in capitals", upper))
        if number >= 0x20:
            found.append(case(f"U+{number:04X} as it is", plain(chr(number))))
    for text in ('"\\b\\f\\n\\r\\t\\"\\\\\\/"', '"a\\/b"', '"\\u000a\\n"', '"\\u002f"', '"\\\\u000a"', '"<!-- & -->"', '"£\\u001F\\u0009z\\u0027\\"\\\\\\u005c\\/\\u002F"'):
        found.append(case("short escapes", text))
    # No normalisation: composed and decomposed forms stay what they are.
    for text in ("é", "e\u0301", "U\u0306", "\u212b", "\u1e9b\u0323", "ﬁ", "가", "\u1100\u1161", "\u0344", "ｱ", "İ", "ß"):
        found.append(case("text is not normalised", plain(text)))
        found.append(case("escaped text is not normalised", escaped(text)))
    return found


def orders():
    def members(names, write=plain):
        return "{" + ",".join(f"{write(name)}:{number}" for number, name in enumerate(names)) + "}"

    found = [
        case("names in the order of code points", members(sorted(NAMES))),
        case("names in reverse", members(sorted(NAMES, reverse=True))),
        case("names by length", members(sorted(NAMES, key=lambda name: (len(name), name)))),
        case("names in order already", members(sorted(NAMES, key=lambda name: name.encode("utf-16-be")))),
        case("names as escapes", members(NAMES, escaped)),
    ]
    for left, right in zip(NAMES, NAMES[1:]):
        found.append(case("two names", members([right, left])))
        found.append(case("two names, one as an escape", "{" + f"{escaped(right)}:1,{plain(left)}:2" + "}"))
    for pair in (["\U00010000", "\ue000"], ["\uffff", "\U0010ffff"], ["\ud7ff", "\U00010000"], ["x\U0001f600", "x\ufa11"]):
        found.append(case("a name beyond the basic plane", members(pair)))
        found.append(case("a name beyond the basic plane", members(pair[::-1])))
    found.append(case("numbers as names sort as text", members(["111", "11", "2", "1", "10", "-1", "01"])))
    found.append(case("a name is the start of another", members(["aaa", "aa", "a", "", "aab"])))
    found.append(case("capitals come first", members(["b", "B", "a", "A", "_"])))
    found.append(case("languages do not matter", members(["zebra", "öl", "olive", "Äpfel", "apfel", "åre", "çay", "cay"])))
    return found


def spaces():
    return [
        case("space everywhere", ' { "b" : [ 1 , 2 ] ,\n\t"a" : { } , "c" : [ ] }\r\n'),
        case("space inside strings stays", '{ "a b" : " c\\td " }'),
        case("space around a value", "\n\t 5 \r\n"),
        case("space in empty ones", "[ { } , [ ] , [ [ ] ] ]"),
        case("no space", '{"a":1,"b":[2,{"c":3}]}'),
    ]


def deep():
    found = [
        case("order at every level", '{"b":{"d":1,"c":{"f":1,"e":1}},"a":[{"z":1,"y":[{"x":1,"w":1}]}]}'),
        case("lists keep their order", '[3,1,2,"b","a",[2,1],{"b":0,"a":0}]'),
        case("a canonical value inside another", '{"z":{"a":1,"b":2},"y":{"b":2,"a":1},"x":[{"a":1}]}'),
        case("one odd value deep inside", '{"a":{"a":{"a":{"a":{"a":"\\u0041"}}}}}'),
        case("members of one value", '{"b":{"same":[1]},"a":{"same":[1]}}'),
    ]
    for levels in (2, 10, 19):
        found.append(case(f"{levels} levels", '{"b":0,"a":' * levels + "1" + "}" * levels))
        found.append(case(f"{levels} lists", "[0, " * levels + "1" + "]" * levels))
    return found


def forbidden():
    texts = ["1.0", '{"n":[3e4,8.250,7e-5]}', "[-0]", "[9007199254740992]", "[777.125]", "[6E21]", "[0.00000000000000000000005]", '{"a":1,"a":1}', '{"a":1,"\\u0061":1}', '"\\ud800"', '{"\\udc00":1}']
    return [case("no document of the protocol", text) for text in texts]


# Second implementation


def agree(case):
    if "output" in case:
        value = json.loads(case["input"])
        same("rfc8785", rfc8785.dumps(value).decode(), case["output"])
        same("again", rfc8785.dumps(json.loads(case["output"])).decode(), case["output"])
