"""Debian packages, fetched and unpacked without installing them and without root.

The system's own package lists are neither used nor touched: they may be empty, lack
the suite that is asked for, or belong to root. All state of apt is private.
"""

import platform
import re
from pathlib import Path

from .shell import SetupError, run

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# Read after the system's configuration. The hooks that it clears belong to the
# system's own cache and fail for an ordinary user.
CONFIGURATION = """\
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Sandbox::User "";
Debug::NoLocking "true";
Dir::Etc::sourcelist "{state}/sources.list";
Dir::Etc::sourceparts "-";
Dir::State "{state}";
Dir::State::status "{state}/status";
Dir::Cache "{state}/cache";
"""


def unpack(packages, target, state):
    """Fetch Debian packages and unpack them into one tree.

    :param dict packages: suite -> names of packages, e.g. ``{"sid": ["hello"]}``
    :param Path target: the folder that stands for ``/``
    :param Path state: an empty folder for apt's own files
    :raise SetupError: not a Debian machine, or the mirror lacks a package
    """
    for folder in ("lists/partial", "cache/archives/partial", "debs"):
        (state / folder).mkdir(parents=True)
    (state / "status").touch()
    configuration = state / "apt.conf"
    configuration.write_text(CONFIGURATION.format(state=state))
    mirror = _own_mirror()
    (state / "sources.list").write_text(
        "".join(
            f"deb [signed-by={KEYRING} target=Packages] {mirror} {suite} main\n"
            for suite in packages
        )
    )
    run("apt-get", "-c", configuration, "update")
    wanted = [f"{name}/{suite}" for suite in packages for name in packages[suite]]
    run("apt-get", "-c", configuration, "download", *wanted, cwd=state / "debs")
    for deb in sorted((state / "debs").glob("*.deb")):
        run("dpkg", "-x", deb, target)


def _own_mirror():
    """:return: address of the Debian mirror that this machine is configured for."""
    codename = _codename()
    uris = run("apt-get", "-o", "Debug::NoLocking=1", "update", "--print-uris")
    found = re.search(rf"'(\S+)/dists/{codename}/InRelease'", uris)
    if not found:
        raise SetupError(f"apt knows no mirror of Debian's suite {codename}")
    return found[1]


def _codename():
    """:return: name of this machine's Debian release, e.g. ``bookworm``."""
    release = platform.freedesktop_os_release()
    if release["ID"] != "debian" or not Path(KEYRING).exists():
        raise SetupError(
            "Odoo 19 is fetched from Debian's archive, and this is no Debian machine. "
            "Name an Odoo 19 that is already here: ODOO_PATH=/path/to/odoo"
        )
    return release["VERSION_CODENAME"]
