"""Keeps the world in a file, so that a demo survives a restart."""

import asyncio
import json
import os
import tempfile
from pathlib import Path

from .world import World

SAVE_INTERVAL = 1.0


class Store:
    """Loads the world from a file and writes it back while it changes.

    :param path: of the JSON file, or None to keep nothing; media lie beside it
    """

    def __init__(self, path=None):
        self.path = Path(path).resolve() if path else None
        if self.path:
            self._scratch = None
            self.media = self.path.with_name(f"{self.path.name}.media")
        else:
            self._scratch = tempfile.TemporaryDirectory(prefix="viber-media-")
            self.media = Path(self._scratch.name)
        self.media.mkdir(parents=True, exist_ok=True)

    def load(self):
        """:return: World; a new one when there is no file yet"""
        if not self.path or not self.path.exists():
            return World()
        return World.load(json.loads(self.path.read_text(encoding="utf-8")))

    def save(self, world):
        """Write the file whole or not at all."""
        if not self.path or not world.changed:
            return
        world.changed = False
        draft = self.path.with_name(f"{self.path.name}.new")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(world.dump(), file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)

    async def keep_saving(self, world):
        """Write changes once a second at most, until cancelled."""
        while True:
            await asyncio.sleep(SAVE_INTERVAL)
            self.save(world)

    def close(self):
        """Throw away what need not be kept."""
        if self._scratch:
            self._scratch.cleanup()
