#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""examples.py PAGE: the examples of a manual page, each ended by NUL: what .Dl shows on a line, and .Bd -literal as a block.

An example with commands, which come after `$ ` or `# `, begins with `$`, and has each command after a form feed; another
one, such as a part of a configuration, is given as it is.
"""

import re
import sys


def unescaped(text):
    for roff, plain in (("\\(dq", '"'), ("\\(aq", "'"), ("\\(:u", "ü"), ("\\&", ""), ("\\e", "\\")):
        text = text.replace(roff, plain)
    return text


def examples(lines):
    """Each as a list of its lines."""
    block = None
    for line in lines:
        if line.startswith(".Bd -literal"):
            block = []
        elif line == ".Ed" and block is not None:
            yield block
            block = None
        elif block is not None:
            block.append(unescaped(line))
        elif line.startswith(".Dl "):
            yield [unescaped(line[4:])]


def commands(lines):
    """A command goes on after a backslash or a pipe, and until the end of its here-document."""
    command, end = None, None
    for line in lines:
        if command is None:
            command = line[2:]
            found = re.search(r"<<'(\w+)'", command)
            end = found and found.group(1)
        else:
            command += "\n" + line
        if line == end or (not end and not re.search(r"(\||\\)$", command)):
            yield command
            command = None


with open(sys.argv[1], encoding="utf-8") as page:
    for example in examples(page.read().splitlines()):
        if example[0].startswith(("$ ", "# ")):
            sys.stdout.write("$\f" + "\f".join(commands(example)) + "\0")
        else:
            sys.stdout.write("\n".join(example) + "\n\0")
