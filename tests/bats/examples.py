#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""examples.py PAGE: the commands that a manual page shows after `$ `, each ended by NUL."""

import re
import sys


def unescaped(text):
    for roff, plain in (("\\(dq", '"'), ("\\(aq", "'"), ("\\(:u", "ü"), ("\\&", ""), ("\\e", "\\")):
        text = text.replace(roff, plain)
    return text


def commands(lines):
    in_block = False
    command = None
    for line in lines:
        if line.startswith((".Bd -literal", ".Ed")):
            in_block = line.startswith(".Bd")
        shown = line[4:] if line.startswith(".Dl ") else line if in_block else ""
        if shown.startswith("$ "):
            command = unescaped(shown[2:])
        elif command and shown:
            command += "\n" + unescaped(shown)
        if command and not re.search(r"(\||\\)$", command):
            yield command
            command = None


with open(sys.argv[1], encoding="utf-8") as page:
    for example in commands(page.read().splitlines()):
        sys.stdout.write(example + "\0")
