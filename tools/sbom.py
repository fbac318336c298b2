"""List the packages in a release's image, from the locks and from dpkg, as a CycloneDX document.

Programs that look for known vulnerabilities read such a document (a software bill of materials).
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement

from tools.images import NAME
from tools.lockfile import NPM_PREFIX

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

LICENSE = "BSD-3-Clause"
LOCKED = re.compile(r"^([A-Za-z0-9][^\\\n]*==[^\\\n]*?)(?: \\)?$", re.MULTILINE)
"""A requirement in uv's lock, with its marker and without its hashes."""
DPKG = r"${db:Status-Status} ${Package} ${Version} ${Architecture}\n"
"""The format of dpkg-query's list of the image's packages."""
INSTALLED = "installed"


class SbomError(Exception):
    """The document would be wrong; the text is the whole sentence."""


@dataclass(frozen=True)
class Sources:
    """Texts that list the parts of an image.

    Attributes:
        image: the text of requirements/image.txt, the installed packages.
        build: the text of requirements/build.txt, packages for the build only.
        npm: the text of labextension/package-lock.json.
        debian: the output of ``dpkg-query --show`` in the image, in the format `DPKG`.
        python: the version of Python in the image.
        suite: the codename of Debian.
    """

    image: str
    build: str
    npm: str
    debian: str
    python: str
    suite: str


def _component(kind: str, name: str, version: str, scope: ComponentScope | None) -> Component:
    group, _, own = name.rpartition("/")
    url = PackageURL(kind, group or None, own, version)
    return Component(
        name=own, group=group or None, version=version, purl=url, bom_ref=str(url), scope=scope
    )


def python(lock: str, version: str, scope: ComponentScope) -> Iterator[Component]:
    """List the packages of a lock for the image's platform.

    Args:
        lock: the text of uv's lock.
        version: the version of the image's Python.
        scope: whether they are in the image.
    """
    there = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": f"{version}.0",
        "python_version": version,
        "sys_platform": "linux",
    }
    for line in LOCKED.findall(lock):
        found = Requirement(line)
        if found.marker is None or found.marker.evaluate(there):
            (one,) = found.specifier
            yield _component("pypi", found.name.lower(), one.version, scope)


def npm(lock: str) -> Iterator[Component]:
    """List the packages from which the labextension is built, without packages for its tests.

    Args:
        lock: the text of labextension/package-lock.json.
    """
    for path, found in json.loads(lock)["packages"].items():
        if NPM_PREFIX not in path or found.get("dev") or "version" not in found:
            continue
        name = found.get("name") or path.rpartition(NPM_PREFIX)[2]
        # No scope: JupyterLab itself contains most of them, and the lock does not say which.
        made = _component("npm", name, found["version"], None)
        if words := found.get("license"):
            made.licenses = [LicenseFactory().make_from_string(words)]
        yield made


def debian(listed: str, suite: str) -> Iterator[Component]:
    """List the Debian packages that are installed in the image.

    Args:
        listed: the value of `Sources.debian`.
        suite: the codename of Debian.

    Raises:
        SbomError: dpkg-query has listed nothing.
    """
    rows = [line.split() for line in listed.splitlines()]
    found = [row[1:] for row in rows if len(row) == len(DPKG.split()) and row[0] == INSTALLED]
    if not found:
        raise SbomError("dpkg-query lists no package of the image.")
    for name, version, processor in found:
        more = {"arch": processor, "distro": suite}
        url = PackageURL("deb", "debian", name, version, more)
        yield Component(
            name=name,
            version=version,
            purl=url,
            bom_ref=str(url),
            scope=ComponentScope.REQUIRED,
        )


def document(release: str, when: dt.datetime, sources: Sources) -> str:
    """Return the document as JSON text, which is the same for the same release, time and sources.

    Args:
        release: the release's version.
        when: the release's time.
        sources: the texts that list its parts.

    Raises:
        SbomError: it would not follow the schema, or a part of it would be empty.
    """
    root = Component(
        name=NAME,
        version=release,
        type=ComponentType.CONTAINER,
        bom_ref=NAME,
        licenses=[LicenseFactory().make_from_string(LICENSE)],
    )
    parts = {
        "requirements/image.txt": python(sources.image, sources.python, ComponentScope.REQUIRED),
        "requirements/build.txt": python(sources.build, sources.python, ComponentScope.EXCLUDED),
        "labextension/package-lock.json": npm(sources.npm),
        "dpkg-query": debian(sources.debian, sources.suite),
    }
    # A package for the build may also be installed in the image: then the first entry counts.
    found: dict[str, Component] = {}
    for source, components in parts.items():
        listed = list(components)
        if not listed:
            raise SbomError(f"{source} names no package.")
        for one in listed:
            found.setdefault(str(one.bom_ref), one)
    made = Bom(
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{NAME}/{release}/{when.isoformat()}"),
        components=found.values(),
        metadata=BomMetaData(component=root, timestamp=when),
    )
    made.register_dependency(root, found.values())
    text = JsonV1Dot6(made).output_as_string(indent=2)
    if (wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)) is not None:
        raise SbomError(f"The list of parts would follow no schema: {wrong}")
    return f"{text}\n"
