"""Counts which changes the tests minded: `mutation.py PART FOLDER`, a folder a crate in it."""

import json
import pathlib
import sys

LEAST = 90  # percent
# Of crates that are held to more, where all of their changes are judged.
MORE = {"rempart-cors": 95}

part, folder = sys.argv[1], pathlib.Path(sys.argv[2])


def is_enough(name, caught, tried):
    share, least = 100 * caught / tried if tried else 100, MORE.get(name, LEAST)
    print(f"{name}: {caught} of {tried} changes noticed, {share:.1f} %; at least {least} %")
    return share >= least


# A compiler that broke down has judged nothing, and the change would count for none.
broken = [log for log in folder.glob("*/mutants.out/log/*") if b"internal compiler error" in log.read_bytes()]
if broken:
    sys.exit(f"the compiler broke down in {len(broken)} logs, the first being {broken[0]}")

enough, all_caught, all_tried = [], 0, 0
for path in sorted(folder.glob("*/mutants.out/outcomes.json")):
    outcomes = json.loads(path.read_text())
    # A change that makes the tests run for ever was noticed, too.
    caught = outcomes["caught"] + outcomes["timeout"]
    tried = caught + outcomes["missed"]
    enough.append(is_enough(path.parts[-3], caught, tried))
    for outcome in outcomes["outcomes"]:
        if outcome["summary"] == "MissedMutant":
            print("   survived:", outcome["scenario"]["Mutant"]["name"])
    all_caught += caught
    all_tried += tried

together = is_enough("together", all_caught, all_tried)
whole = part.endswith("/1")
print("judged", "crate by crate" if whole else "together")
sys.exit(not all_tried or not (all(enough) if whole else together))
