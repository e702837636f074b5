"""Reads `cargo metadata` and prints each crate's features, one `crate feature` a line.

Features must compile alone: `--no-default-features --features F` for each F.
"""
import json
import sys

for package in json.load(sys.stdin)["packages"]:
    print(package["name"], "")
    for feature in sorted(package["features"]):
        if feature != "default":
            print(package["name"], feature)
