"""Lists the variables of an image as virt-firmware reads them: one JSON object a variable."""

import json
import sys

from virt.firmware.varstore import edk2

for var in edk2.Edk2VarStore(sys.argv[1]).get_varlist().values():
    print(
        json.dumps(
            {
                "name": str(var.name),
                "guid": str(var.guid).upper(),
                "attr": var.attr,
                "data": bytes(var.data).hex(),
                "time": var.bytes_time().hex(),
                "count": var.count,
                "pkidx": var.pkidx,
            }
        )
    )
