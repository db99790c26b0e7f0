"""What breaks while copies are fetched: processes, and disks."""

import time
from pathlib import Path

from market import MIB, Disk, Market
from node import CommandError, eventually


class Resumption(Market):
    """A provider that is killed in the middle of fetching its copy."""

    def __init__(self, root: Path, day: int, size: int):
        super().__init__(root, "resumption", day)
        self.size = size

    def kill_in_the_middle(self) -> None:
        self.uploader, self.provider = self.open(2)
        self.copy = self.make("large.bin", self.size)
        self.copy.replicate(self.uploader, copies=1)
        deadline = time.monotonic() + 100
        while len(self._pieces()) < 4:
            assert not self.copy.place(self.provider).exists(), "it was fetched before the kill"
            assert time.monotonic() < deadline, "nothing was fetched"
            time.sleep(0.002)
        self.provider.kill()
        self.kept = self._pieces()
        whole = -(-self.size // MIB)
        assert len(self.kept) < whole, "all was there before the kill"

    kill_in_the_middle.seconds = 160

    def resume(self) -> None:
        """What is on disk is kept, and nothing of it is fetched again."""
        seen = self.kept
        self.provider.start()
        deadline = time.monotonic() + 100
        while not self.copy.place(self.provider).exists():
            assert time.monotonic() < deadline, "it was not fetched to its end"
            seen = self._pieces() or seen
            time.sleep(0.002)
        assert seen[: len(self.kept)] == self.kept, "it began anew"
        assert len(set(seen)) == len(seen), "a piece was fetched twice"
        assert self.copy.is_whole(self.provider), "the copy is not what was uploaded"
        active = lambda: self.copy.contract(self.uploader).get("state") == "active"
        eventually("its confirmation", active, 30)

    resume.seconds = 160

    def _pieces(self) -> list[str]:
        """The numbers of the pieces on disk, in the order in which they came."""
        record = self.provider.directory / "blobs" / "partial" / f"{self.copy.hash}.pieces"
        try:
            lines = record.read_text().split("\n")
        except FileNotFoundError:
            return []
        return [line for line in lines[1:] if line.endswith(">")]


class Disks(Market):
    """A provider whose disk is too small, and later cannot be written."""

    def __init__(self, root: Path, day: int):
        super().__init__(root, "disks", day)

    def fill(self) -> None:
        """A copy that has no room is not confirmed; the node says so, and lives."""
        self.uploader, self.provider = self.open(2)
        self.provider.kill()
        self.disk = Disk(self.provider, 4 * MIB)
        self.started.append(self.disk)
        self.provider.start()
        self.copy = self.make("artefact.bin", 6 * MIB)
        self.copy.replicate(self.uploader, copies=1)

        said = eventually(
            "a word of the full disk",
            lambda: self.copy.contract(self.provider).get("risk"), 120,
        )
        assert "no room" in said, said
        said = self.copy.refusal(self.provider)
        assert "no room" in said, said
        assert self.provider.is_running, self.provider.tail()
        assert self.copy.contract(self.uploader)["holders"] == []

    fill.seconds = 180

    def make_room(self) -> None:
        """Once there is room the copy is fetched, without anybody's doing."""
        self.disk.change("size=100m")
        eventually("the copy", lambda: self.copy.is_whole(self.provider), 2 * self.day + 40)
        active = lambda: self.copy.contract(self.uploader).get("state") == "active"
        eventually("its confirmation", active, 30)
        assert not self.copy.contract(self.provider)["risk"], "the disk has room again"

    make_room.seconds = 150

    def read_only(self) -> None:
        """What cannot be written is refused with the cause; what is there is served on."""
        self.disk.change("ro")
        other = self.make("other.bin", MIB)
        for words in (["content", "share", str(other.path)], ["content", "replicate", str(other.path)]):
            try:
                self.provider.command(*words)
            except CommandError as error:
                assert "Read-only file system" in str(error), error
            else:
                raise AssertionError("a file was kept on a disk that cannot be written")
        self.provider.kill()
        self.provider.start()
        self.copy.get(self.provider)
        passed = lambda: self.copy.examinations(self.uploader, self.provider).get("last_result")
        eventually("a challenge", lambda: passed() == "pass", 2 * self.day + 40)
        assert self.provider.is_running, self.provider.tail()

    read_only.seconds = 120
