"""Write the newest releases into every lock file; print the changes, and test them.

Run as ``python3 -m tools.bump``, by `make bump`. ``--until-tests`` stops before the
tests; ``--versions-only`` only records the versions in requirements/image.txt for the contracts, as
`make lock` does at its end. It commits nothing and reverts nothing: `git checkout` reverts.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from tools import engine, lockfile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tools.lockfile import Change

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "requirements"
WANTED, IMAGE_LOCK = REQUIREMENTS / "image.in", REQUIREMENTS / "image.txt"
OVERRIDES = "requirements/overrides.txt"
SUITES = REQUIREMENTS / "upstream-tests.txt"
VERSIONS = ROOT / "src/classroom/runtime/upstream_versions.json"
LABEXTENSION = ROOT / "labextension"
PACKAGE, NPM_LOCK = LABEXTENSION / "package.json", LABEXTENSION / "package-lock.json"
IMAGE = os.environ.get("CLASSROOM_IMAGE", "collaborative_jupyterlab")
PIP, UV = ROOT / ".venv/bin/pip", ROOT / ".venv/bin/uv"
SCOPE = "@jupyterlab/"
STAGING = "jupyterlab/staging/package.json"
"""The file in JupyterLab's wheel that lists the npm packages of its pages."""
PARTS = ("dependencies", "devDependencies", "overrides")
NPM_OPTIONS = ("--package-lock-only", "--omit-lockfile-registry-resolved", "--ignore-scripts")
CONTRACTS = """
from classroom.hub.upstream import contract as hub
from classroom.lab.upstream import contract as lab
from classroom.runtime.upstream import ChangedError
for check in (lambda: lab.check(chat=True), lambda: hub.check(github=True)):
    try:
        check()
    except ChangedError as error:
        print(error)
"""
TAKE_BACK = "git checkout requirements labextension src/classroom/runtime/upstream_versions.json"


def suites(text: str, lock: str) -> str:
    """Change the sources of upstream's own tests to the versions of a lock.

    Args:
        text: the text of requirements/upstream-tests.txt.
        lock: the text of requirements/image.txt.

    Raises:
        KeyError: the lock no longer contains one of them.
    """
    comments = [line for line in text.splitlines(keepends=True) if line.startswith("#")]
    return "".join((*comments, *(lockfile.entry(lock, name) for name in lockfile.python(text))))


def pinned(package: str, versions: dict[str, str]) -> str:
    """Write other versions of some packages into a package.json.

    Args:
        package: its text.
        versions: the versions by package; packages that are not in the text are ignored.
    """
    found = json.loads(package)
    for part in PARTS:
        had = found.get(part, {})
        had.update({name: versions[name] for name in had if name in versions})
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def relaxed(wanted: str) -> str:
    """Remove the bounds from requirements that are limited to a release's first numbers.

    Args:
        wanted: the text of requirements/image.in.
    """
    return re.sub(r"(?m)^([\w.-]+(?:\[[^\]]*\])?)==\S+\*$", r"\1", wanted)


def named(package: str) -> set[str]:
    """Return the names of all packages in a package.json.

    Args:
        package: its text.
    """
    found = json.loads(package)
    return {name for part in PARTS for name in found.get(part, {})}


def fitting(wanted: str, versions: Sequence[str]) -> str:
    """Choose the newest version up to the version at the beginning of a range.

    JupyterLab wants its own version number also for packages without such a release.

    Args:
        wanted: the range, such as ``~4.6.6``.
        versions: the published versions, without pre-releases.

    Raises:
        ValueError: all are newer.
    """

    def number(version: str) -> tuple[int, ...]:
        return tuple(map(int, version.split(".")))

    most = number(wanted.lstrip("^~"))
    return max((one for one in versions if number(one) <= most), key=number)


def versions(lock: str) -> str:
    """Return the versions of a lock for the contracts, as the text of a JSON file.

    Args:
        lock: the text of requirements/image.txt.
    """
    return json.dumps(lockfile.python(lock), indent=0, sort_keys=True) + "\n"


def locks() -> dict[str, str]:
    """Read the versions in all locks, by package; npm's names begin with "npm " here."""
    found = dict[str, str]()
    for file in sorted(REQUIREMENTS.glob("*.txt")):
        found |= lockfile.python(file.read_text(encoding="utf-8"))
    npm = lockfile.npm(NPM_LOCK.read_text(encoding="utf-8"))
    return found | {f"npm {name}": version for name, version in npm.items()}


def write_versions() -> None:
    """Write the versions of requirements/image.txt into the file that the contracts read."""
    text = versions(IMAGE_LOCK.read_text(encoding="utf-8"))
    VERSIONS.write_text(text, encoding="utf-8")


def run(*words: str, folder: Path = ROOT) -> None:
    """Run a command, and show its output.

    Args:
        *words: the command.
        folder: the folder in which it runs.

    Raises:
        CalledProcessError: it failed.
    """
    subprocess.run(words, cwd=folder, check=True)


def beyond() -> list[Change]:
    """List newer releases that a bound in requirements/image.in keeps out of the lock.

    Raises:
        CalledProcessError: uv finds no versions that fit together.
    """
    shape = ("--upgrade", "--universal", "--no-annotate", "--no-header")
    options = (*shape, "--python-version", engine.PYTHON)
    done = subprocess.run(
        (str(UV), "pip", "compile", "--quiet", *options, "--override", OVERRIDES, "-"),
        cwd=ROOT,
        input=relaxed(WANTED.read_text(encoding="utf-8")),
        check=True,
        capture_output=True,
        text=True,
    )
    locked = lockfile.python(IMAGE_LOCK.read_text(encoding="utf-8"))
    return lockfile.changes(locked, lockfile.python(done.stdout))


def bump_labextension() -> None:
    """Write the packages of JupyterLab's new release, and their dependencies, into npm's lock.

    Other packages keep their versions: their releases do not follow JupyterLab's.
    """
    if shutil.which("npm") is None:
        print("npm isn't there: labextension/package-lock.json stays as it is.", flush=True)
        return
    release = lockfile.python(IMAGE_LOCK.read_text(encoding="utf-8"))["jupyterlab"]
    wanted = jupyterlab_wants(release)
    text = PACKAGE.read_text(encoding="utf-8")
    found = {
        name: fitting(wanted[name], published(name, wanted[name]))
        for name in named(text)
        if name in wanted and name.startswith(SCOPE)
    }
    PACKAGE.write_text(pinned(text, found), encoding="utf-8")
    run("npm", "install", *NPM_OPTIONS, "--no-audit", "--no-fund", folder=LABEXTENSION)
    run("npm", "update", *NPM_OPTIONS, "--no-audit", "--no-fund", folder=LABEXTENSION)


def jupyterlab_wants(release: str) -> dict[str, str]:
    """Return the ranges of npm's packages in a release of JupyterLab, from its wheel.

    Args:
        release: the release of JupyterLab.

    Raises:
        CalledProcessError: it can't be downloaded.
    """
    with tempfile.TemporaryDirectory() as folder:
        run(str(PIP), "download", "--quiet", "--no-deps", f"jupyterlab=={release}", "-d", folder)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as opened:
            found: dict[str, str] = json.loads(opened.read(STAGING))["resolutions"]
    return found


def published(name: str, wanted: str) -> list[str]:
    """List the versions of a package that have the major and minor number of a range.

    Args:
        name: npm's name.
        wanted: the range, such as ``~4.6.6``.

    Raises:
        CalledProcessError: npm failed.
    """
    major, minor, _ = wanted.lstrip("^~").split(".", 2)
    words = ("npm", "view", f"{name}@~{major}.{minor}.0", "version", "--json")
    done = subprocess.run(words, cwd=LABEXTENSION, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    return found if isinstance(found, list) else [found]


def contracts() -> str:
    """Describe differences between the built image and our contracts; "" for none.

    Raises:
        CalledProcessError: the program in the image failed.
    """
    words = ("docker", "run", "--rm", "--workdir", "/", "--entrypoint", "/opt/classroom/bin/python")
    done = subprocess.run(
        (*words, IMAGE, "-I", "-c", CONTRACTS), check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def bump(*, tests: bool) -> None:
    """Update all locks, print the changes, build the image, check the contracts, and run the tests.

    Args:
        tests: whether to run the tests at the end.

    Raises:
        CalledProcessError: a step failed.
    """
    before = locks()
    run("make", "lock")
    lock = IMAGE_LOCK.read_text(encoding="utf-8")
    SUITES.write_text(suites(SUITES.read_text(encoding="utf-8"), lock), encoding="utf-8")
    bump_labextension()
    found = lockfile.changes(before, locks())
    print(f"\n{lockfile.table(found)}\n" if found else "\nNothing is newer.\n", flush=True)
    if later := beyond():
        print("Newer, but excluded by a bound in requirements/image.in:")
        print(f"\n{lockfile.table(later)}\n")
    run("make", "venv", "build")
    print(contracts() or "Nothing that we rely on has changed in upstream.", flush=True)
    if tests:
        run("make", "test")
        print("All tests pass with the new releases: read upstream's changelogs, and commit.")


def main() -> int:
    """Run with the command line's arguments; return the exit code."""
    parser = argparse.ArgumentParser(prog="make bump", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--until-tests", action="store_true", help="stop before the tests")
    parser.add_argument(
        "--versions-only", action="store_true", help="only record the versions for the contracts"
    )
    given = parser.parse_args()
    if given.versions_only:
        write_versions()
        return 0
    try:
        bump(tests=not given.until_tests)
    except subprocess.CalledProcessError as error:
        print(f"\n`{' '.join(error.cmd)[:200]}` failed: {(error.stderr or '').strip()}")
        print(f"The new releases stay in this folder. Adapt our code, or run: {TAKE_BACK}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
