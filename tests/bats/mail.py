#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What the tests do with many messages: one process for all of them, not some for each.

mail.py maildir DIR FILE...   copies of the files are messages in DIR/new, the first the oldest
mail.py unmbox FILE DIR       DIR/00001 ...: the messages of an mbox (mboxrd), as they were
mail.py unquote FILE...       the same of files that are one message of an mbox each, without its From_ line
mail.py same DIR FILE...      the files of DIR, in the order of their names, are these
mail.py records FILE DIR      DIR/001 ...: what NULs end in FILE
"""

import os
import re
import shutil
import sys
import time


def maildir(directory, *files):
    names = []
    now = time.time_ns() // 1000
    for sub in ("tmp", "new", "cur"):
        os.makedirs(f"{directory}/{sub}", exist_ok=True)
    for n, file in enumerate(files):
        seconds, micros = divmod(now + n, 1000000)
        name = f"{seconds}.M{micros:06}P{os.getpid()}.delivered"
        shutil.copyfile(file, f"{directory}/tmp/{name}")
        owner = os.stat(directory)
        os.chown(f"{directory}/tmp/{name}", owner.st_uid, owner.st_gid)
        names.append(name)
    for name in names:
        os.rename(f"{directory}/tmp/{name}", f"{directory}/new/{name}")


def write_all(directory, form, parts):
    os.makedirs(directory, exist_ok=True)
    for n, part in enumerate(parts, 1):
        with open(f"{directory}/{n:{form}}", "wb") as out:
            out.write(part)


def unquoted(message, place):
    if not message.endswith(b"\n\n") and message != b"\n":
        sys.exit(f"{place}: no empty line at the end of a message: {message[-80:]!r}")
    return re.sub(rb"^>(>*From )", rb"\1", message[:-1], flags=re.MULTILINE)


def unquote(*files):
    for file in files:
        with open(file, "rb") as old:
            message = unquoted(old.read(), file)
        with open(file, "wb") as new:
            new.write(message)


def unmbox(file, directory):
    with open(file, "rb") as mbox:
        text = mbox.read()
    if not text:
        return
    if not text.startswith(b"From "):
        sys.exit(f"{file}: not an mbox")
    messages = re.split(rb"^From [^\n]*\n", text, flags=re.MULTILINE)[1:]
    write_all(directory, "05", [unquoted(message, file) for message in messages])


def same(directory, *files):
    names = sorted(os.listdir(directory), key=os.fsencode)
    if len(names) != len(files):
        sys.exit(f"{directory} has {len(names)} files, not {len(files)}")
    for name, file in zip(names, files):
        with open(file, "rb") as wanted, open(f"{directory}/{name}", "rb") as got:
            old, new = wanted.read(), got.read()
        if old != new:
            at = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
            sys.exit(f"{name} is not {file}, from octet {at}: {new[at:at + 80]!r}, not {old[at:at + 80]!r}")


def records(file, directory):
    with open(file, "rb") as taken:
        parts = taken.read().split(b"\0")
    if parts.pop():
        sys.exit(f"{file}: no NUL at its end")
    write_all(directory, "03", parts)


{"maildir": maildir, "unmbox": unmbox, "unquote": unquote, "same": same, "records": records}[sys.argv[1]](*sys.argv[2:])
