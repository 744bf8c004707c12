#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Letters with 8-bit text, and whether they came through a server without 8BITMIME.

seven_bit.py write DIR           letters, DIR/NAME.eml, with NAME as their Subject
seven_bit.py same DIR CAME...    these are the letters of DIR: with 7-bit text only, with the same parts, and with the
                                 same text in them
"""

import email
import os
import sys

HEAD = "From: alice@example.org\nDate: Sun, 01 Nov 2026 10:00:00 +0000\nMessage-ID: <%s@example.org>\n"
WORDS = "Grüße = aus \tKöln \n--- ende\n. Punkt\n..\n.\nFrom hier\n" + "ä" * 400 + "\n" + "-" * 300 + "ö\nblank am Ende \t\nund = noch einer \n"
CHINESE = "你好，世界\n" * 50


def part(kind, text, *fields):
    head = (f"Content-Type: {kind}\n" if kind else "") + "".join(f + "\n" for f in fields)
    return (head + "\n").encode() + (text if isinstance(text, bytes) else text.encode())


def multi(boundary, *parts, kind="mixed", before="", after="", fields=()):
    body = before.encode()
    for p in parts:
        body += b"\n--" + boundary.encode() + b"\n" + p
    body += b"\n--" + boundary.encode() + b"--\n" + after.encode()
    return part(f'multipart/{kind};\n boundary="{boundary}"', body, *fields)


def letters():
    mime = "MIME-Version: 1.0"
    eight = "Content-Transfer-Encoding: 8bit"
    text = "text/plain; charset=utf-8"
    binary = bytes(c for c in range(1, 256) if c not in (10, 13)) * 3 + b"\n\x80\n\n"
    inner = (HEAD % "inner" + mime + "\n").encode()
    yield "plain", part("", WORDS)
    yield "latin", part("", "Gr\xfc\xdfe\n".encode("latin-1"))
    yield "text", part(text, WORDS, mime, eight)
    yield "chinese", part(text, CHINESE, eight, mime, "X-After: this")
    yield "unlabelled", part(text, WORDS + "no line end at the end: ü", mime)
    yield "binary", part("application/octet-stream", binary, mime, "Content-Transfer-Encoding: binary")
    yield "mislabelled", part(text, "=C3=BC and ü, soft=\nbreak\n", mime, "Content-Transfer-Encoding: quoted-printable")
    yield "boundaries", multi(
        "b", part(text, "ü" + "x" * 71 + "--b\n-- b\n--bb\n---b\n"),
        part(text, "x" * 73 + "ü" + "--b--\n"), part("", ""), part(text, "\n\nü\n\n"), fields=(mime,))
    yield "nested", multi(
        "outer",
        multi("outer.1", part(text, WORDS, eight), part("text/html; charset=utf-8", "<p>ü</p>", eight),
              kind="alternative", fields=(eight,)),
        part("text/plain", "ascii = stays as it is  \n", "Content-Transfer-Encoding: 7bit"),
        part("application/pdf", binary, eight),
        part("image/png", "iVBORw0KGgo=\n", "Content-Transfer-Encoding: base64"),
        part("message/rfc822", inner + part(text, WORDS, eight), eight),
        part("message/rfc822", inner + multi("inner", part(text, "ü\n", eight), part("", "plain"), fields=(eight,))),
        multi("digest", b"\n" + inner + part(text, "ö\n", eight), kind="digest"),
        before="Preamble: ü", after="Epilogue\n", fields=(mime, eight))
    yield "signed-ascii", multi(
        "o", multi("s", part("text/plain", "signed = as it is  \n", "Content-Transfer-Encoding: 7bit"),
                   part("application/pgp-signature", "abc\n"), kind="signed; micalg=pgp-sha256"),
        part(text, "a footer, ü\n", eight), fields=(mime,))
    yield "unclosed", part('multipart/mixed; boundary=b', "--b\n\nü\n--b  \nContent-Type: " + text + "\n\nö", mime)


def write(directory):
    for name, letter in letters():
        with open(f"{directory}/{name}.eml", "wb") as out:
            out.write((HEAD % name).encode() + f"Subject: {name}\n".encode() + letter)


def wire(data):
    data = data.replace(b"\r\n", b"\n")
    return (data if data.endswith(b"\n") else data + b"\n").replace(b"\n", b"\r\n")


def shape(data):
    """The parts and their content; what counts is the bytes, so headers are compared without the encoding."""
    for p in email.message_from_bytes(wire(data)).walk():
        kind = p.get_content_type()
        fields = {(k.lower(), " ".join(v.split())) for k, v in p.items()}
        content = None if p.is_multipart() else p.get_payload(decode=True)
        yield kind, content, {f for f in fields if f[0] not in ("content-transfer-encoding", "mime-version", "content-type")}


def check(sent, came, data):
    if any(c >= 0x80 for c in data):
        sys.exit(f"{came}: 8-bit text")
    if max(map(len, data.splitlines())) > 998:
        sys.exit(f"{came}: a long line")
    for p in email.message_from_bytes(data).walk():
        encoding = p.get("Content-Transfer-Encoding", "7bit").lower()
        if encoding in ("8bit", "binary") or (p.is_multipart() and encoding != "7bit"):
            sys.exit(f"{came}: {p.get_content_type()} says that it is {encoding}")
    want, got = list(shape(sent)), list(shape(data))
    if len(want) != len(got):
        sys.exit(f"{came}: {len(got)} parts, not {len(want)}")
    for (kind, content, fields), (kind2, content2, fields2) in zip(want, got):
        if kind != kind2 or content != content2 or not fields <= fields2:
            sys.exit(f"{came}: {kind} became {kind2}\n{content!r}\n{content2!r}\n{fields - fields2}")


def same(directory, *files):
    left = set(os.listdir(directory))
    for came in files:
        with open(came, "rb") as file:
            data = file.read()
        name = email.message_from_bytes(data)["Subject"] + ".eml"
        left.remove(name)
        with open(f"{directory}/{name}", "rb") as file:
            check(file.read(), came, data)
    if left:
        sys.exit(f"these did not come: {left}")


{"write": write, "same": same}[sys.argv[1]](*sys.argv[2:])
