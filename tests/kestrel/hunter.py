"""Runs one Kestrel hunt in an environment that has Kestrel: `python hunter.py < hunt.json`, answers as JSON.

`{"flow": <huntflow>, "variables": {<name>: [<attribute>, ...]}}` in; out, on the last line,
`{"found": {<name>: [<entity>, ...]}}` or `{"error": <text>}`. Kestrel starts its helpers by spawning, hence
the guard below.
"""

import json
import sys
from typing import Any

HASTE = "do not terminate"
"""Kestrel gives its helpers one second to end; where a machine is too busy for that, it is asked again."""


def hunt(asked: dict[str, Any]) -> dict[str, Any]:
    """The entities of each variable of a huntflow."""
    from kestrel.exceptions import KestrelException
    from kestrel.session import Session

    try:
        with Session() as session:
            session.execute(asked["flow"])
            found = {
                name: [{key: row.get(key) for key in keys} for row in session.get_variable(name)]
                for name, keys in asked["variables"].items()
            }
    except KestrelException as error:
        return {"error": str(error)}
    return {"found": found}


if __name__ == "__main__":
    wanted = json.load(sys.stdin)
    for _ in range(6):
        answer = hunt(wanted)
        if HASTE not in answer.get("error", ""):
            break
    sys.stdout.write("\n" + json.dumps(answer, default=str) + "\n")
