"""Counts which changes the tests minded: `mutation.py PART FOLDER`, a folder a crate in it."""

import json
import pathlib
import sys

LEAST = 90  # percent

part, folder = sys.argv[1], pathlib.Path(sys.argv[2])


def score(name, caught, tried):
    share = 100 * caught / tried if tried else 100
    print(f"{name}: {caught} of {tried} changes noticed, {share:.1f} %")
    return share


scores, all_caught, all_tried = [], 0, 0
for path in sorted(folder.glob("*/mutants.out/outcomes.json")):
    outcomes = json.loads(path.read_text())
    # A change that makes the tests run for ever was noticed, too.
    caught = outcomes["caught"] + outcomes["timeout"]
    tried = caught + outcomes["missed"]
    scores.append(score(path.parts[-3], caught, tried))
    for outcome in outcomes["outcomes"]:
        if outcome["summary"] == "MissedMutant":
            print("   survived:", outcome["scenario"]["Mutant"]["name"])
    all_caught += caught
    all_tried += tried

together = score("together", all_caught, all_tried)
whole = part.endswith("/1")
print(f"at least {LEAST} %", "in each" if whole else "together")
sys.exit(not all_tried or (min(scores) if whole else together) < LEAST)
