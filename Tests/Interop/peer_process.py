"""A foreign peer that is a process of its own."""

import subprocess


class PeerProcess:
    """What is the same for every such peer."""

    address: str
    process: subprocess.Popen

    @property
    def port(self) -> str:
        return self.address.split("/")[4]

    def kill(self) -> None:
        """Ends the process without a word, as a crash does."""
        self.process.kill()
        self.process.wait()
