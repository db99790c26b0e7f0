"""BIP-39 in English, 24 words: seeds as entropy, every word of the list, and words that are no key."""

import hashlib
import pathlib
import re

from mnemonic import Mnemonic

from common import drawn, same

FILE = "seed-words.json"
ABOUT = "Words of seeds (BIP-39): `seed` is the entropy that the words stand for, null where they are no key."
SOURCE = pathlib.Path(__file__).parents[2] / "Sources" / "Cryptography" / "SeedWords" / "SeedWordList.swift"
# The list is data, and the node's own; that it is the public one shows in that the other implementation,
# which has one of its own, reads and writes every word alike.
LIST = re.search(r'"""(.*?)"""', SOURCE.read_text(), re.S).group(1).split()
OTHER = Mnemonic("english")


def words_of(seed):
    number = int.from_bytes(seed + hashlib.sha256(seed).digest()[:1], "big")
    return [LIST[number >> 11 * place & 2047] for place in reversed(range(24))]


def case(about, words, seed):
    return {"about": about, "words": " ".join(words), "seed": seed.hex() if seed is not None else None}


def cases():
    found = []
    published = {"zeros": "00" * 32, "7f": "7f" * 32, "80": "80" * 32, "ones": "ff" * 32}
    published |= {
        f"published seed {number}": seed
        for number, seed in enumerate(
            [
                "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
                "9f6a2878b2520799a44ef18bc7df394e7061a224d2c33cd015b157d746869863",
                "066dca1a2bb7e8a1db2832148ce9933eea0f3ac9548d793112d9a95c9407efad",
                "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
            ],
            1,
        )
    }
    for about, seed in published.items():
        seed = bytes.fromhex(seed)
        found.append(case(about, words_of(seed), seed))
    # 23 words are in the seed as they are; the last one has three bits of it.
    for first in range(0, 2048, 23):
        number = 0
        for place in range(first, first + 23):
            number = number << 11 | place % 2048
        seed = (number << 3).to_bytes(32, "big")
        found.append(case(f"words from number {first} on", words_of(seed), seed))
    for last in range(2040, 2048):
        # With these the last word, which has the checksum in it, goes through more of the list.
        seed = drawn(f"seed {last}", 32)
        found.append(case("a seed that was drawn", words_of(seed), seed))
    words = words_of(drawn("seed of refusals", 32))
    found.append(case("upper case", [word.upper() for word in words], drawn("seed of refusals", 32)))
    for count in (0, 1, 12, 23):
        found.append(case(f"{count} words", words[:count], None))
    found.append(case("25 words", words + words[:1], None))
    for place in (0, 11, 22):
        found.append(case(f"a word of no list at place {place}", words[:place] + ["xyzzy"] + words[place + 1 :], None))
        other = LIST[(LIST.index(words[place]) + 1) % 2048]
        wrong = words[:place] + [other] + words[place + 1 :]
        assert not OTHER.check(" ".join(wrong)), "this word happens to fit; draw another seed"
        found.append(case(f"another word at place {place}", wrong, None))
    swapped = [words[1], words[0], *words[2:]]
    found.append(case("two words in each other's place", swapped, None))
    return found


def agree(case):
    # BIP-39 knows shorter seeds, too, which are no keys.
    text = case["words"].lower()
    if case["seed"] is None:
        same("mnemonic's verdict", len(text.split()) == 24 and OTHER.check(text), False)
        return
    seed = bytes.fromhex(case["seed"])
    same("mnemonic's words", OTHER.to_mnemonic(seed), text)
    same("mnemonic's entropy", bytes(OTHER.to_entropy(text)).hex(), case["seed"])
