"""What the cases share: sets of tiny digits, and runs that were trained on them by the program that is tried."""
import gzip
import hashlib
import json
import os
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

from .watch import BYTES, SECONDS

# Something of everything that a run carries from step to step.
LABELLED = """
preset = "cdcgan"
[training]
epochs = 4
batch_size = 2
critic_steps = 2
schedule = "constant"
[generator]
latent_dim = 4
layers = [
    { kind = "label-embedding", units = 3 },
    { kind = "dense", units = 98 },
    { kind = "reshape", shape = [7, 7, 2] },
    { kind = "batch-norm", activation = "relu" },
    { kind = "conv-transpose", channels = 2, kernel = 4, stride = 2 },
    { kind = "conv-transpose", channels = 1, kernel = 4, stride = 2, activation = "tanh" },
]
[discriminator]
layers = [
    { kind = "conv", channels = 3, kernel = 4, stride = 4, activation = "leaky-relu", spectral_norm = true },
    { kind = "dropout", rate = 0.2 },
    { kind = "flatten" },
    { kind = "projection" },
]
[[discriminator.regularisers]]
kind = "wgan-gp"
weight = 1.0
every = 3
[record]
log_every = 1
keep_checkpoints = 2
checkpoint_every = 7
"""
# The smallest there is.
PLAIN = """
preset = "mlp"
[training]
epochs = 2
batch_size = 5
schedule = "constant"
[generator]
latent_dim = 2
layers = [{ kind = "dense", units = 784, activation = "tanh" }]
[discriminator]
layers = [{ kind = "dense", units = 1 }]
[record]
log_every = 1
keep_checkpoints = 2
"""
DIGITS = 10


def idx(shape, content, kind=8):
    return struct.pack(">BBBB", 0, 0, kind, len(shape)) + b"".join(struct.pack(">I", side) for side in shape) + content


def pixels(count, side=28):
    return bytes(i % 251 for i in range(count * side * side))


def small_set(folder, train=DIGITS, test=DIGITS, side=28):
    """Tiny digits under the four standard names."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for split, count in (("train", train), ("t10k", test)):
        (folder / f"{split}-images-idx3-ubyte").write_bytes(idx([count, side, side], pixels(count, side)))
        labels = gzip.compress(idx([count], bytes(i % 10 for i in range(count))), mtime=0)
        (folder / f"{split}-labels-idx1-ubyte.gz").write_bytes(labels)
    return folder


def png(width, height, rows=None, depth=8, colour=0, more=b"", interlace=0):
    """A PNG file. `rows`: its bytes, a filter byte before each row; grey from black to white if left out."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    if rows is None:
        length = (width * depth * channels + 7) // 8
        line = b"\0" + bytes(255 * x // max(length - 1, 1) for x in range(length))
        rows = line * height
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    palette = chunk(b"PLTE", bytes(range(256)) * 3) if colour == 3 and depth == 8 else chunk(b"PLTE", bytes(3 << depth)) if colour == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette + more + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def digit_png(side=60):
    """A dark stroke on light paper."""
    row = lambda y: b"\0" + bytes(20 if abs(x - side // 2) < 4 and 8 < y < side - 8 else 240 for x in range(side))
    return png(side, side, b"".join(row(y) for y in range(side)))


def long_gzip(head, megabytes):
    """A short gzip file of a long content: `head`, then zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(16 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + start + block * (megabytes // 16) + packer.flush() + bytes(8)


def packed_zeros(megabytes):
    """A zlib stream of zeros."""
    packer = zlib.compressobj(1)
    return b"".join([packer.compress(bytes(1 << 20)) for _ in range(megabytes)]) + packer.flush()


# Safetensors.


def parse(content):
    """The header of a safetensors file, and what follows it."""
    length = struct.unpack("<Q", content[:8])[0]
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def build(header, content):
    header = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + content


def sealed(content, note):
    """The same arrays with another note, sealed as the program seals them; see src/run/tensors.rs."""
    header, numbers = parse(content)
    hashed = hashlib.sha256(note_text(note))
    for name in sorted(name for name in header if name != "__metadata__"):
        start, end = header[name]["data_offsets"]
        hashed.update(f"\"{name}\" {header[name]['shape']}".encode() + numbers[start:end])
    seal = {"note": note, "sha256": hashed.hexdigest()}
    header["__metadata__"]["twoplayer"] = note_text(seal).decode()
    return build(header, numbers)


def note_text(note):
    return json.dumps(note, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def note_of(content):
    return json.loads(parse(content)[0]["__metadata__"]["twoplayer"])["note"]


class Made:
    """Everything that is made once. `open_program`: a copy that anybody may run."""

    def __init__(self, root, program, seed=0, seconds=SECONDS, bytes_=BYTES):
        self.root, self.program, self.seed, self.seconds, self.bytes = Path(root), str(program), seed, seconds, bytes_
        self.set = small_set(self.root / "set")
        self.larger_set = small_set(self.root / "larger-set", train=130, test=130)
        self.shared = {path: path.read_bytes() for folder in (self.set, self.larger_set) for path in folder.iterdir()}
        self.runs, self.trained = {}, self.root / "trained"
        self.labelled, self.plain = self.root / "labelled.toml", self.root / "plain.toml"
        self.labelled.write_text(LABELLED)
        self.plain.write_text(PLAIN)
        self.shared |= {path: path.read_bytes() for path in (self.labelled, self.plain)}

    def train(self):
        """Trains what the cases go on from."""
        help_ = self.answer("train", "--help").stdout
        self.has_memory_limit, self.has_force = "--memory-limit" in help_, "--force" in help_
        train = lambda name, config, *more: self.runs.setdefault(name, self.trained / name) and self.must(
            "train", "--config", config, "--out", self.trained / name, *(("--data", self.set) if "--data" not in more else ()), *more)
        train("whole", self.labelled)
        train("long", self.labelled, "--epochs", "8")
        train("kill", self.labelled, "--epochs", "30")
        train("other-seed", self.labelled, "--seed", "1")
        train("plain", self.plain)
        train("plain-long", self.plain, "--epochs", "4")
        train("stacked", self.plain, "--data", f"stacked-mnist:{self.set}")
        self.recognizer = self.trained / "recognizer"
        self.must("recognizer", "train", "--on", "real", "--data", self.set, "--steps", "1", "--out", self.recognizer)
        self.samples = self.root / "samples.idx"
        self.must("sample", self.runs["whole"], "--count", "20", "-o", self.samples, "--labels", self.root / "sample-labels.idx")
        self.sample_labels = self.root / "sample-labels.idx"
        for path in (self.samples, self.sample_labels):
            self.shared[path] = path.read_bytes()
        self.open_program = self.program
        if os.geteuid() == 0:
            self.open_program = str(shutil.copy(self.program, self.root / "program"))
            for folder, folders, files in os.walk(self.root):
                os.chmod(folder, 0o755)
                for name in files:
                    os.chmod(os.path.join(folder, name), 0o755 if name == "program" else 0o644)
        return self

    def memory_limit(self, size):
        """The flags for it, where the program has it."""
        return ["--memory-limit", size] if self.has_memory_limit else []

    def answer(self, *arguments):
        arguments = [*map(str, arguments)]
        return subprocess.run([self.program, *arguments], capture_output=True, text=True, cwd=self.root, timeout=900)

    def must(self, *arguments):
        threads = () if arguments[0] in ("data",) else ("--threads", "1")
        answer = self.answer(*arguments, *threads)
        assert answer.returncode == 0, f"{arguments}: {answer.stderr}"

    def mended(self):
        """Which shared file a call has changed, if any; it is made whole again."""
        for path, content in self.shared.items():
            try:
                if not path.is_symlink() and path.read_bytes() == content:
                    continue
            except OSError:
                pass
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            path.unlink(missing_ok=True)
            path.write_bytes(content)
            return path.name
        return None
