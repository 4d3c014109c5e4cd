"""Lists the files of an image as virt-firmware reads them: one JSON object a file."""

import json
import sys

from virt.firmware import dump

DEPEX = (0x13, 0x1B, 0x1C)


def walk(node):
    if isinstance(node, dump.Edk2FfsFile):
        sections = [s for s in node if isinstance(s, dump.Edk2FileSection) and s.typeid in DEPEX]
        depex = [[s.typeid, s.blob[: s.tlen - s.hlen].hex()] for s in sections]
        print(json.dumps({"guid": str(node.guid).upper(), "type": node.typeid, "size": node.tlen, "depex": depex}))
    if hasattr(node, "__iter__") and not isinstance(node, (str, bytes)):
        for inner in node:
            walk(inner)


with open(sys.argv[1], "rb") as image:
    walk(dump.Edk2Image("image", image.read()))
