"""Documents for a strict reader: what RFC 8259 permits and forbids, and what D-03 forbids on top."""

import json

import orjson

import json_reader
from common import same

FILE = "json.json"
ABOUT = (
    "JSON documents as `text` or `hex`, some made by repeating; `times` with a `limit` counts from the "
    "node's own limit of that name. `expect` is accepted, or the cause of the refusal; `grammar` says "
    "whether RFC 8259 permits the document."
)
# Stands for the node's limit, whose number the files do not pin.
SOME_DEPTH = 20

READ = {
    "white space": ["[]", " []", "[] ", "\t\r\n [\t\r\n ]\n\r\t ", "[ 1 , 2 ]", '{ "a" : 1 , "b" : [ ] }', '\n"x"\n', "1 ", "\tnull"],
    "a value alone": ["0", "7", "-7", '""', '"x"', "true", "false", "null", "{}", "[]"],
    "arrays": ["[0]", "[null]", "[true,false]", "[[]]", "[[],[]]", "[{}]", '[1,"1",null,[1],{"1":1}]', "[[[[[[]]]]]]", '[""]', "[null,null,null,1]"],
    "objects": ['{"":0}', '{"a":{}}', '{"a":{"a":{"a":1}}}', '{"a":1,"b":1}', '{"b":2,"a":1}', '{"a":[{"b":[{}]}]}', '{"a":null,"A":null}', '{"a\\u0000b":0}', '{"\\n":0}', '{"é":0,"e\u0301":0}', '{"a":"a","aa":"a"}'],
    "integers": ["[1]", "[10]", "[-1]", "[-10]", "[123456789012345]", "[9007199254740991]", "[-9007199254740991]", "[1000000000000000]", "[0,1]", '{"n":-42}'],
    "plain strings": ['"a"', '"\u007f"', '"é"', '"€"', '"😀"', '"\ud7ff"', '"\ue000"', '"\ufdd0"', '"\ufffe"', '"\uffff"', '"\U0001fffe"', '"\U0010ffff"', '"\u2028\u2029"', '"\u200b\u2064"', '"\ufeff"', '"/* no comment */ // none"', '"\u0080\u07ff\u0800"', '"\U00010000"', "\"it's\"", '"[{,:}]"'],
    "escapes": ['"\\""', '"\\\\"', '"\\/"', '"\\b\\f\\n\\r\\t"', '"\\u0000"', '"\\u001f"', '"\\u0041"', '"\\u00e9"', '"\\u00E9"', '"\\u20ac"', '"\\uabcd\\uABCD\\uAbCd"', '"\\ud83d\\ude00"', '"\\uD83D\\uDE00"', '"\\ud800\\udc00"', '"\\udbff\\udfff"', '"\\uffff"', '"\\ufdd0\\ufffe"', '"\\u005c"', '"\\u0022"', '"\\\\u0041"', '"\\\\n"', '"\\\\\\""', '"\\ud83d\\ude00\\ud83d\\ude00"', '"a\\ud83d\\ude00z"', '{"\\u0061":1}', '"\\u2028"', '"\\u00a0"'],
}

RULES = {
    "numbers that are no plain integers": ["1.0", "[1.5]", "[-1.5]", "[0.0]", "[-0]", "[-0.0]", "[1e3]", "[1E3]", "[1e+3]", "[1e-3]", "[1.5e3]", "[1.5E-3]", "[0e0]", "[0e+1]", "[0E-1]", "[-0e1]", "[1e400]", "[-1e400]", "[1e-400]", "[0.7e123456789012345678901234567890]", '{"a":1.0}', "[1,2,3.0]", "[0.1234567890123456789012345678901234567890]", '{"min":-1.0e28,"max":1.0e28}'],
    "integers beyond 2^53 - 1": ["[9007199254740992]", "[-9007199254740992]", "[9007199254740993]", "[9223372036854775807]", "[-9223372036854775808]", "[18446744073709551616]", "[100000000000000000000]", "[-99999999999999999999999999999999999999999999]", '{"n":9999999999999999}', "[36028797018963968]"],
    "two members of one name": ['{"a":1,"a":1}', '{"a":1,"a":2}', '{"a":1,"b":2,"a":3}', '{"b":0,"a":0,"b":0}', '{"a":1,"\\u0061":1}', '{"\\u00e9":1,"é":1}', '{"\\n":1,"\\u000a":1}', '{"/":1,"\\/":1}', '{"\\ud83d\\ude00":1,"😀":1}', '{"":1,"":1}', '{"x":{"a":1,"a":1}}', '[{"a":{},"a":[]}]', '{"a":1,"b":1,"c":1,"d":1,"e":1,"c":1}'],
    "half of a surrogate pair": ['"\\ud800"', '"\\udbff"', '"\\udc00"', '"\\udfff"', '"\\ud800x"', '"x\\udc00"', '"\\ud800\\n"', '"\\ud800\\ud800"', '"\\ud800\\ud800\\udc00"', '"\\udc00\\ud800"', '"\\ud83d\\ude00\\ude00"', '"\\ud83d\\u0041"', '{"\\ud800":0}', '{"a\\udfff":0}', '["\\uD83E"]', '["\\uDDED\\uD83E"]', '"\\ud800 \\udc00"', '"\\ud800\\\\udc00"'],
}

BROKEN = {
    "nothing": ["", " ", "\n\t\r "],
    "something behind": ["1 2", "[] []", "{}{}", "[1]]", "{}}", '""x', "nullx", "null null", "1x", "2@", "[]#", '{"a":1}#', '{"a":1} 1', "[],", "{},", "1]", "[][]", "true,", '"a""b"', "0\x00"],
    "nothing opened": ["]", "}", ",", ":", "[1]}", "{]", "[}", '{"a":1]', '["a"}', "[[}]"],
    "nothing closed": ["[", "{", "[[", "[{", "{[", "[1", "[1,", "[1,2", '["a"', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":{', '[{"a":[', '"', '"a', '"\\', '"\\u', '"\\u1', '"\\u123', '["a', "['", "[,", "{,", '{"a', '"abc\\"', '"\\\\\\"', "[\n1,\n2", "[{}", '[""', "[ null"],
    "commas": ["[,]", "[1,]", "[,1]", "[1,,2]", "[1,,]", "[,,]", "[ , 1]", '["a",,"b"]', '{"a":1,}', '{,"a":1}', '{"a":1,,"b":2}', "{,}", '{"a":1,,}', "[1 2]", "[1 true]", "[[1][2]]", '["a" "b"]', "[3[4]]", '{"a":1 "b":2}', "[1;2]", "[1:2]"],
    "colons": ['{"a" 1}', '{"a"::1}', '{"a":}', '{:1}', '{"a",1}', '{"a"=1}', '{"a" "b"}', '{"a"}', '{"a":1,"b"}', '["a":1]', '{"a":1:2}', '{"a":,"b":1}'],
    "keys that are no strings": ["{a:1}", "{1:1}", "{null:1}", "{true:1}", "{[]:1}", "{{}:1}", "{'a':1}", "{1e999:1}", "{😀}", '{"a":1,b:2}', "{[: 1}", '{"a":1, 2}'],
    "words": ["nul", "tru", "fals", "[nul]", "[tru]", "[fals]", "[nulll]", "True", "[TRUE]", "Null", "NULL", "[undefined]", "[None]", "nan", "abc", "[truefalse]", "[null", "[ tru", "a\u00e5", "å", '{"a":truth}'],
    "numbers": ["+1", "[+1]", "[++1]", "[--1]", "[-]", "[- 1]", "[-a]", "[-é]", "[01]", "[-01]", "[00]", "[012]", "[-012]", "[.5]", "[-.5]", "[.]", "[1.]", "[-2.]", "[1.e1]", "[2.e+3]", "[0.e1]", "[1e]", "[1E]", "[1e+]", "[1e-]", "[0e]", "[0E+]", "[1.5e]", "[1.5e+]", "[1ee1]", "[1eE1]", "[1e1e1]", "[1.1.1]", "[1e1.5]", "[1e+-1]", "[0x1]", "[0x1f]", "[0b1]", "[0o7]", "[1_000]", "[12 345]", "[12,345.]", "[1a]", "[1.5a]", "[-1a]", "[1e1a]", "[1+1]", "[1-1]", "[1/2]", "[NaN]", "[-NaN]", "[Inf]", "[+Inf]", "[Infinity]", "[-Infinity]", "[１]", "[-１]", "[½]", "[1\u00a0]", "[1f]", "[1n]", "[.1e]", "[$1]", "-", "1.", "1e", "[1e\u00e9]", "123\x00"],
    "quotes": ["'a'", "['a']", "[`a`]", "[a]", "[é]", '[a"]', '["a]', '["a\'', "[\u201ca\u201d]", '[\\"a\\"]', "['", "abc\"", '["a"b]', '[\\n]', '[\\u0020"a"]', '[\\u000a""]'],
    "escapes": ['"\\a"', '"\\x41"', '"\\0"', '"\\v"', '"\\\'"', '"\\ "', '"\\\n"', '"\\\t"', '"\\\x00"', '"\\U0041"', '"\\u004"', '"\\u00"', '"\\u0"', '"\\u"', '"\\u004g"', '"\\uzzzz"', '"\\u 041"', '"\\u-041"', '"\\u+041"', '"\\u0x41"', '"\\u{41}"', '"\\é"', '"\\😀"', '"\\ud800\\u"', '"\\ud800\\u1"', '"\\ud800\\u1x"', '"\\ud83d\\udz00"', '"\\ud800\\ud800\\x"', '"\\ud83e\\udd"', '["\\ud800\\"]', '["\\"]', '["\\\\\\"]', '"\\N"', '"\\T"', '{"\\[":{"\\[":'],
    "control characters": [f'"{chr(number)}"' for number in range(0x20)] + ['"a\nb"', '["\x0b"]', '{"\t":1}', "[\x00]", "[\x0c]", "[\x0b]", "[\x1f]", "\x00", "[]\x00", "\x0c[]"],
    "white space that is none": ["\u00a0[]", "[\u2060]", "\u2028[]", "[\u3000]", "[]\u0085", "\ufeff{}", "\ufeff", "[\u200b1]", "\u1680[]"],
    "comments": ["/**/[]", "[]//", "[] // x", "[1/**/]", "[1,/* x */2]", '{"a":/*x*/1}', "[]/", "[]/*", "# x\n[]", "[1]#", '{"k":0} /* */ //', "<!-- -->[]"],
    "other notations": ["<a>", "[<null>]", "*", "[*]", "(1)", "@", "{a}", "a=1", "---", "[1..2]", "%", "$", "[?]", "{1,2}"],
}

# Bytes that are no UTF-8, by themselves and in all places where bytes can stand.
BAD_TEXT = ["80", "bf", "c0", "c080", "c1bf", "c0af", "c3", "e2", "e282", "e08080", "e09fbf", "eda080", "edafbf", "edb080", "edbfbf", "eda080edb080", "f0", "f09f", "f09f98", "f0808080", "f08fbfbf", "f4908080", "f5808080", "f8888080a0", "fc8080808080", "fe", "ff", "fffe", "c328", "e228a1", "f0288cbc", "a0a1", "e9", "c3e9"]
PLACES = {"in a string": (b'"', b'"'), "in the middle of a string": (b'["a', b'z"]'), "in a key": (b'{"', b'":1}'), "alone": (b"", b""), "in an array": (b"[", b"]")}
PLACED = [b"[1\xe5]", b"[-\xff]", b"[1e\xe5]", b"[1.\xe5]", b'"\\\xe5"', b'"\\u\xe5"', b'"\\u00\xe5"', b"[a\xe5]", b"[]\xff", b"\xff[]", b'{"\xb9":0,}', b'["\\n\xf0"]', b"\xef\xbb{}", b"[tru\xc3]"]

OTHER_CODES = [text.encode(code) for text in ('["é"]', "[]", "1") for code in ("utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be")]

REPEATED = [
    ("arrays as deep as is allowed", "[", "0", "]", 0, 1),
    ("objects as deep as is allowed", '{"a":', "0", "}", 0, 1),
    ("empty arrays as deep as is allowed", "[", "[]", "]", -1, 1),
    ("arrays and objects as deep as is allowed", '[{"":', "0", "}]", 0, 2),
    ("arrays one level deeper", "[", "0", "]", 1, 1),
    ("objects one level deeper", '{"a":', "0", "}", 1, 1),
    ("an empty array one level deeper", "[", "[]", "]", 0, 1),
    ("an empty object one level deeper", "[", "{}", "]", 0, 1),
    ("arrays one level deeper, not closed", "[", "", "", 1, 1),
    ("arrays many levels deeper", "[", "0", "]", 100, 1),
]


def case(about, data):
    found = {"about": about}
    try:
        found["text"] = data.decode()
    except UnicodeDecodeError:
        found["hex"] = data.hex()
    found["expect"] = json_reader.cause(data) or "accepted"
    found["grammar"] = json_reader.cause(data, is_strict=False) is None
    return found


def section(documents, expected):
    found = []
    for about, texts in documents.items():
        for text in texts:
            entry = case(about, text if isinstance(text, bytes) else text.encode())
            kind = (entry["expect"] == "accepted", entry["grammar"])
            same(f"{about}, {text!r}", kind, expected)
            found.append(entry)
    return found


def cases():
    found = section(READ, (True, True)) + section(RULES, (False, True)) + section(BROKEN, (False, False))
    bad = {
        f"{code} {place}": [before + bytes.fromhex(code) + after]
        for code in BAD_TEXT
        for place, (before, after) in PLACES.items()
    }
    found += section(bad | {"no UTF-8 elsewhere": PLACED, "no UTF-8 at all": OTHER_CODES[:10]}, (False, False))
    # More digits than any reader of integers holds, and then a fraction: refused, whichever is told.
    for text in ("[123456789012345678901234567890.5]", "[12345678901234567890e1]", "[00000000000000000000001]"):
        grammar = json_reader.cause(text.encode(), is_strict=False) is None
        found.append({"about": "long digits", "text": text, "expect": "refused", "grammar": grammar})
    return found + repeated()


def repeated():
    found = []
    for about, before, middle, after, more, share in REPEATED:
        times = {"limit": "depthMax", "plus": more, "dividedBy": share}
        entry = {"about": about, "before": before, "middle": middle, "after": after, "times": times}
        count = (SOME_DEPTH + more) // share
        data = (before * count + middle + after * count).encode()
        entry["expect"] = json_reader.cause(data, depth_max=SOME_DEPTH) or "accepted"
        entry["grammar"] = json_reader.cause(data) is None
        found.append(entry)
    for before in ("[", '[{"":', '{"":'):
        entry = {"about": "100,000 levels, never closed", "before": before, "middle": "", "after": "", "times": 100_000}
        found.append(entry | {"expect": "depth", "grammar": False})
    return found


# Second implementations


def agree(case):
    if "times" in case:
        if isinstance(case["times"], int):
            return
        count = (SOME_DEPTH + case["times"]["plus"]) // case["times"]["dividedBy"]
        data = (case["before"] * count + case["middle"] + case["after"] * count).encode()
    else:
        data = case["text"].encode() if "text" in case else bytes.fromhex(case["hex"])
    value, is_read = or_none(python_value, data)
    same("Python's json", is_read, case["grammar"])
    if is_read:
        same("Python's value", repr(value), repr(json_reader.read(data, is_strict=False)))
    # orjson refuses halves of surrogate pairs too, and numbers beyond those of a double.
    if case["expect"] != "surrogate" and "inf" not in repr(value):
        same("orjson", or_none(orjson.loads, data)[1], case["grammar"])
        if case["expect"] == "accepted":
            same("orjson's value", repr(orjson.loads(data)), repr(value))


def python_value(data):
    def refuse(word):
        raise ValueError(word)

    return json.loads(data.decode(), parse_constant=refuse)


def or_none(read, data):
    try:
        return read(data), True
    except ValueError:
        return None, False
