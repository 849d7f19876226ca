"""What the image is made of, for whoever must know: docs/licences.md and deploy/sbom.cdx.json.

Both by `make pins`, from what the installed packages say of themselves. The list of parts is CycloneDX 1.6
(https://cyclonedx.org/docs/1.6/json/): a scanner of the school's or the council's own looks through it for
known flaws.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from importlib.metadata import distribution, version
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import License
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.spdx import is_expression, is_supported_id
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from deploy import pins

ROOT = Path(__file__).parents[1]
PARTS = ROOT / "deploy" / "sbom.cdx.json"
LICENCES = ROOT / "docs" / "licences.md"

BY_CLASSIFIER = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "Zope Public License": "ZPL-2.1",
}
"""A package's classifier to SPDX; “BSD” is none, since the classifier doesn't say which."""

BESIDE = {
    "imageio-ffmpeg": ("ffmpeg", "GPL-3.0-or-later", ComponentType.APPLICATION),
    "paperang-p2-fonts-cjk": ("wqy-microhei", "Apache-2.0", ComponentType.DATA),
}
"""Other programs and fonts that a package brings, which its own licence says nothing of."""

ASKS = {
    "certifi": "Used as it is; changed files would have to be given out.",
    "ffmpeg": "Run as a program of its own, in a process of its own, and linked with nothing here. Whoever "
    "gives the image to others gives its source or says where it is: <https://github.com/FFmpeg/FFmpeg>.",
    "fpdf2": "A library that is called; it can be replaced by a changed one, being a package of its own.",
    "manimgx-fonts": "Letters. They may go inside a PDF; a changed font needs another name.",
    "pi-heif": "Its own code is BSD; the libheif inside is LGPL, and can be replaced like fpdf2.",
    "psycopg": "Like fpdf2.",
    "psycopg-binary": "Like fpdf2.",
    "py-vapid": "Used as it is; changed files would have to be given out.",
    "tqdm": "Used as it is; changed files would have to be given out.",
}
"""Of each part whose licence asks something of whoever gives it on: what, and how it is used here."""
_COPYLEFT = ("GPL", "MPL", "EPL", "CDDL", "OFL")

_HEAD = """# Licences of what the image is made of

Made by `make pins` from what the installed packages say of themselves; a test holds this file to them. A
school that runs Schoolgate for itself gives nothing to anybody, so none of them asks anything of it.

## Those that ask something of whoever gives the image to others

| part | licence | how it is used, and what is asked |
| --- | --- | --- |
"""


def licence(name: str) -> str:
    """A package's licence as it says, in SPDX's words where it uses those. Raises LookupError without one."""
    told = distribution(name).metadata
    said = told.get("License-Expression") or (told.get("License") or "").strip()
    classes = [line.split(" :: ") for line in told.get_all("Classifier") or []]
    by_class = [BY_CLASSIFIER[one[-1]] for one in classes if one[0] == "License" and len(one) > 2]
    if said and (is_supported_id(said) or is_expression(said)):
        # What is inside beside the package's own code may stand among the classifiers alone.
        return " AND ".join([said, *(one for one in by_class if asks(one) and one not in said)])
    if by_class:
        return " OR ".join(sorted(set(by_class)))
    if said and len(said) < 40:
        return BY_CLASSIFIER.get(said, said)
    raise LookupError(f"{name} doesn't say its licence: look at it, and leave it out if none is to be found.")


def asks(said: str) -> bool:
    """Whether a licence asks something of whoever gives the part to others."""
    return any(word in said for word in _COPYLEFT)


def licences() -> str:
    """docs/licences.md as it should be."""
    found = {name: licence(name) for name in pins.pins()}
    beside = {part: f"{said}, with {name}" for name, (part, said, _kind) in BESIDE.items()}
    asking = {part: said for part, said in sorted((found | beside).items()) if asks(said)}
    rows = [f"| {part} | {said} | {ASKS[part]} |" for part, said in asking.items()]
    lines = ["", "## All", "", "| package | version | licence |", "| --- | --- | --- |"]
    lines += [f"| {name} | {version(name)} | {said} |" for name, said in found.items()]
    return _HEAD + "\n".join([*rows, *lines]) + "\n"


def parts() -> str:
    """deploy/sbom.cdx.json as it should be: the same for the same packages, so without the time."""
    locked, found = pins.locked(), {}
    bom = Bom(version=1)
    for name, (at, hashes) in locked.items():
        one = _component(name, at, licence(name))
        one.hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in hashes]
        if name in BESIDE:
            part, said, kind = BESIDE[name]
            one.components = [
                Component(
                    name=part,
                    type=kind,
                    licenses=[_licence(said)],
                    bom_ref=f"{name}/{part}",
                )
            ]
        bom.components.add(one)
        found[name] = one
    product = Component(name="schoolgate", type=ComponentType.APPLICATION, bom_ref="schoolgate")
    product.version = version("schoolgate")
    bom.metadata.component = product
    alone = pins.data_only()
    bom.register_dependency(product, _of(found, pins.needed("schoolgate") | alone.keys()))
    for name, one in found.items():
        bom.register_dependency(one, _of(found, set() if name in alone else pins.needed(name)))
    said_all = "\n".join(f"{name}=={at}" for name, (at, _hashes) in locked.items())
    bom.serial_number = uuid5(NAMESPACE_URL, f"schoolgate {product.version}\n{said_all}")
    bom.metadata._timestamp = None  # type: ignore[assignment]
    return str(JsonV1Dot6(bom).output_as_string(indent=1)) + "\n"


def _of(found: Mapping[str, Component], names: Collection[str]) -> list[Component]:
    return [found[name] for name in sorted(found.keys() & names)]


def _component(name: str, at: str, said: str) -> Component:
    address = PackageURL("pypi", None, name, at)
    return Component(name=name, version=at, purl=address, licenses=[_licence(said)], bom_ref=str(address))


def _licence(said: str) -> License:
    return LicenseFactory().make_from_string(said)


if __name__ == "__main__":
    LICENCES.write_text(licences(), encoding="utf-8")
    made = parts()
    if (flaw := JsonStrictValidator(SchemaVersion.V1_6).validate_str(made)) is not None:
        sys.exit(f"The list of parts is not as CycloneDX wants it: {str(flaw)[:200]}")
    PARTS.write_text(made, encoding="utf-8")
