"""Ways to harm a file."""
import os
import shutil
import socket
from functools import partial

from .place import Skipped


def remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def empty(path):
    path.write_bytes(b"")


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * (len(content) - 1))])


def flip(path, share, bit):
    content = bytearray(path.read_bytes())
    if content:
        content[int(share * (len(content) - 1))] ^= 1 << bit
    path.write_bytes(content)


def fill(path, content):
    path.write_bytes(content)


def to_directory(path):
    remove(path)
    path.mkdir()


def to_fifo(path):
    remove(path)
    os.mkfifo(path)


def to_socket(path):
    remove(path)
    here = os.getcwd()
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.bind(os.path.relpath(path, here))
        except OSError as reason:
            raise Skipped(f"no socket: {reason}") from None


def to_link(path, target):
    remove(path)
    path.symlink_to(target)


def to_sparse(path, length=8 << 30):
    remove(path)
    with open(path, "wb") as file:
        file.truncate(length)


def to_node(path, major=1, minor=3):
    """A device node of one's own; 1, 3 is what /dev/null is."""
    remove(path)
    if os.geteuid() != 0:
        raise Skipped("only the superuser makes device nodes")
    try:
        os.mknod(path, 0o20666, os.makedev(major, minor))
    except OSError as reason:
        raise Skipped(f"no device nodes here: {reason}") from None


def closed(path):
    """Nobody may read it: to be called by a user who is not the superuser."""
    os.chmod(path, 0)


# What stands where a file should: it never ends, never comes, or is no file.
REPLACED = {
    "a directory": to_directory,
    "a FIFO": to_fifo,
    "zeros": partial(to_link, target="/dev/zero"),
    "full": partial(to_link, target="/dev/full"),
    "a sparse file": to_sparse,
    "a link to nothing": partial(to_link, target="nothing"),
    "a link to itself": lambda path: to_link(path, path.name),
    "a socket": to_socket,
}


def spoilt(random, cuts=3, flips=3):
    """Ways to spoil what is in a file."""
    found = {"emptied": empty, "other bytes": partial(fill, content=random.randbytes(300)), "one byte": partial(fill, content=b"x")}
    for _ in range(cuts):
        share = round(random.random(), 3)
        found[f"cut at {share}"] = partial(cut, share=share)
    for _ in range(flips):
        share, bit = round(random.random(), 3), random.randrange(8)
        found[f"bit {bit} at {share}"] = partial(flip, share=share, bit=bit)
    return found
