"""Lists the files of an image as uefi_firmware reads them: one JSON object a file."""

import json
import sys

from uefi_firmware import uefi
from uefi_firmware.utils import sguid

DEPEX = (0x13, 0x1B, 0x1C)


def walk(node):
    if isinstance(node, uefi.FirmwareFile):
        depex = [[s.type, bytes(s.data).hex()] for s in node.sections if s.type in DEPEX]
        print(json.dumps({"guid": sguid(node.guid).upper(), "type": node.type, "size": node.size, "depex": depex}))
    for inner in getattr(node, "objects", None) or []:
        if inner is not None:
            walk(inner)


with open(sys.argv[1], "rb") as image:
    for volume in uefi.find_volumes(image.read()):
        walk(volume)
