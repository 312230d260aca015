"""Running commands, telling progress, and never leaving half a result behind."""

import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path


class SetupError(Exception):
    """What the user has to do before it can go on; shown without a traceback."""


def say(text):
    """Print one line of progress."""
    print(f"==> {text}", flush=True)


def run(*command, **options):
    """Run a command and return its output.

    :param command: program and arguments, anything that ``str()`` makes sense of
    :param options: passed on to :func:`subprocess.run`
    :return: what it wrote to standard output (str)
    :raise SetupError: with all that it wrote, when it fails or does not exist
    """
    command = [str(part) for part in command]
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )
    except FileNotFoundError as error:
        raise SetupError(f"{command[0]} is not installed") from error
    if done.returncode:
        raise SetupError(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout


@contextmanager
def built_folder(target):
    """Build a folder under a temporary name; give it its own only when complete.

    :param Path target: the folder to be; what is there already is replaced
    :return: context manager, gives the empty folder to fill (Path)
    """
    unfinished = Path(f"{target}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    yield unfinished
    shutil.rmtree(target, ignore_errors=True)
    unfinished.rename(target)
