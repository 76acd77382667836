"""What asks for more than a machine has: configurations, threads, pictures and lists larger than anyone meant."""
import gzip
import signal
from functools import partial

from .cases import EITHER, FAILS, USAGE, WORKS, kind
from .made import build, digit_png, idx, long_gzip, pixels
from .numbers import with_settings

DENSE = '{ kind = "dense", units = 1 }'
CRITIC = "[discriminator]\nlayers = [%s, " + DENSE + "]"
ARTIST = '[generator]\nlayers = [%s, { kind = "dense", units = 784, activation = "tanh" }]'
conv = lambda **keys: '{ kind = "conv", ' + ", ".join(f"{key} = {value}" for key, value in keys.items()) + " }"
HUNGRY = {
    "20,000 channels": CRITIC % ", ".join([conv(channels=20000, kernel=3), conv(channels=2, kernel=3)]),
    "20,000 channels twice": CRITIC % ", ".join([conv(channels=20000, kernel=3), conv(channels=20000, kernel=3)]),
    "padding 2,000": CRITIC % conv(channels=4, kernel=3, padding=2000),
    "padding 2,000, stride 65,536": CRITIC % conv(channels=4, kernel=3, padding=2000, stride=65536),
    "padding 60,000, stride 65,536": CRITIC % conv(channels=1, kernel=3, padding=60000, stride=65536),
    "kernel 5,000": CRITIC % conv(channels=8, kernel=5000, padding=2500),
    "kernel 60,000": CRITIC % conv(channels=1, kernel=60000, padding=30000),
    "2,048 channels": CRITIC % ", ".join([conv(channels=2048, kernel=3), conv(channels=2048, kernel=3)]),
    "dense of 16 million units": CRITIC % '{ kind = "dense", units = 16000000 }',
    "generator's dense of 16 million units": ARTIST % '{ kind = "dense", units = 16000000 }',
    "generator's dense of 400,000 units": ARTIST % '{ kind = "dense", units = 400000 }',
    "thirty layers of 3,000": ARTIST % ", ".join(['{ kind = "dense", units = 3000 }'] * 30),
    "latents of 65,536": '[generator]\nlatent_dim = 65536\nlayers = [{ kind = "dense", units = 60000 }, { kind = "dense", units = 784, activation = "tanh" }]',
    "pictures of 14,000": '[generator]\nlayers = [{ kind = "dense", units = 196 }, { kind = "reshape", shape = [14, 14, 1] }, { kind = "upsample", factor = 1000 }, '
                          '{ kind = "avg-pool", size = 500 }, { kind = "activation", function = "tanh" }]',
    "a transposed convolution of 4,000": '[generator]\nlayers = [{ kind = "dense", units = 196 }, { kind = "reshape", shape = [14, 14, 1] }, '
                                         '{ kind = "conv-transpose", channels = 16, kernel = 300, stride = 300, padding = 0 }, { kind = "avg-pool", size = 150 }, '
                                         '{ kind = "conv", channels = 1, kernel = 1, activation = "tanh" }]',
    "labels of 100,000 channels": '[training]\nclasses = 10\n' + CRITIC % ('{ kind = "label-embedding", units = 100000 }, ' + conv(channels=2, kernel=3)),
    "a penalty on 1,024 channels": '[[discriminator.regularisers]]\nkind = "r1"\ngamma = 1.0\n' + CRITIC % ", ".join([conv(channels=1024, kernel=3)] * 3),
}


@kind("hungry-config", "the memory of a step is estimated before anything is allocated; beyond what is free, or the limit, one line")
def hungry_config(random):
    def train(place, settings, batch, expect):
        config = with_settings(place, settings)
        more = place.made.memory_limit("1GiB")
        ended = place.call("train", "--config", config, "--data", place.made.larger_set, "--batch-size", batch, "--steps", "2", "--out", "begun", *more, expect=expect)
        if ended.code != 0 and (place / "begun").exists():
            place.problem("wrong", "it has made a directory before it was refused")

    for name, settings in HUNGRY.items():
        for batch in ("2", "128"):
            if name in ("2,048 channels", "kernel 5,000", "a penalty on 1,024 channels", "generator's dense of 400,000 units", "thirty layers of 3,000") and batch == "2":
                continue  # that may fit
            may_fit = name == "padding 2,000, stride 65,536"  # one place of the kernel, if nothing is filled up with zeros
            yield f"{name}, batch {batch}", partial(train, settings=settings, batch=batch, expect=EITHER if may_fit else FAILS)

    def bench(place, flags, expect):
        place.call("bench", "--steps", "1", *flags, *place.made.memory_limit("1GiB"), expect=expect, seconds=None)

    for batch in ("4294967295", "1000000", "50000000", str(2**40), str(2**63), str(2**64 - 1)):
        for preset in ("mlp", "dcgan", "best"):
            yield f"bench {preset}, batch {batch}", partial(bench, flags=["--preset", preset, "--batch-size", batch], expect=FAILS)
    yield "bench article, batch 4294967295, saturated", partial(bench, flags=["--preset", "article", "--saturated", "--batch-size", "4294967295"], expect=FAILS)
    yield "bench mlp, batch 2", partial(bench, flags=["--batch-size", "2"], expect=WORKS)

    def resumed(place, old, new):
        run = place.run("plain")
        text = (run / "config.toml").read_text()
        (run / "config.toml").write_text(text.replace(old, new, 1))
        place.call("train", "--resume", run, "--epochs", "4", *place.made.memory_limit("1GiB"), expect=FAILS)
        for command in (["sample", run, "-o", "x.png"], ["inspect", run], ["report", run]):
            place.call(*command, writes=[run])

    yield "a run whose network has grown", partial(resumed, old="units = 784", new="units = 16000000")
    yield "a run whose latents have grown", partial(resumed, old="latent_dim = 2", new="latent_dim = 65536")

    def toml(place, text):
        text = (text() if callable(text) else text).encode("utf-8", "surrogateescape")
        place.call("train", "--config", place.write("odd.toml", text), "--data", place.made.set, "--steps", "1", "--out", "begun", *place.made.memory_limit("1GiB"), expect=FAILS)

    block = '{ kind = "residual", layers = ['
    odd = {
        "100,000 brackets": "a = " + "[" * 100000,
        "100,000 braces": "a = " + "{a = " * 100000,
        "100,000 tables": "".join("[" + "a." * 100 + f"b{i}]\n" for i in range(1000)),
        "a key of 100,000 parts": "a." * 100000 + "a = 1",
        "3,000 residual blocks in each other": "[discriminator]\nlayers = [" + block * 3000 + "] }" * 3000 + "]",
        "60 residual blocks in each other": "[discriminator]\nlayers = [" + block * 60 + "] }" * 60 + "]",
        "100,000 layers": "[discriminator]\nlayers = [" + '{ kind = "flatten" }, ' * 100000 + DENSE + "]",
        "50 MB of comment": lambda: "#" * (50 << 20),
        "20 MB of keys": lambda: "".join(f"key{i} = 1\n" for i in range(1 << 20)),
        "a string without an end": 'preset = "' + "x" * (1 << 20),
        "zeros": "\0" * 1000,
        "no Unicode": "preset = \udcff",
        "twice": 'preset = "mlp"\npreset = "best"',
        "another type": "training = 3",
        "a date": "seed = 2020-01-01",
        "no layers": "preset = \"mlp\"\n[generator]\nlayers = []",
        "neither has layers": "preset = \"mlp\"\n[generator]\nlayers = []\n[discriminator]\nlayers = []",
        "an unknown key\n": '"error: x\\nerror: y" = 1',
    }
    for name, text in odd.items():
        yield f"a file of {name.strip()}", partial(toml, text=text)


@kind("threads", "more than a few times the cores: one line")
def threads(random):
    def call(place, arguments, number, expect):
        words = {"RUN": place.made.runs["whole"], "PLAIN": place.made.plain, "DATA": place.made.set, "LARGER": place.made.larger_set, "PNG": lambda: place.write("seven.png", digit_png())}
        given = [words[word]() if callable(words.get(word)) else words.get(word, word) for word in arguments]
        place.call(*given, "--threads", number, expect=expect)

    commands = {
        "train": ["train", "--config", "PLAIN", "--data", "DATA", "--out", "begun"],
        "sample": ["sample", "RUN", "--count", "2", "-o", "x.png"],
        "interpolate": ["interpolate", "RUN", "-o", "x.png"],
        "inspect": ["inspect", "RUN", "--data", "LARGER", "--pictures", "inside"],
        "evaluate": ["evaluate", "RUN", "--data", "DATA", "--count", "10"],
        "recognize": ["recognize", "PNG"],
        "recognizer train": ["recognizer", "train", "--on", "real", "--data", "DATA", "--steps", "1", "--out", "read"],
        "recognizer compare": ["recognizer", "compare", "--run", "RUN", "--data", "DATA", "--steps", "1", "--count", "10"],
        "bench": ["bench", "--steps", "1", "--batch-size", "2"],
    }
    for name, arguments in commands.items():
        yield f"{name} 100000", partial(call, arguments=arguments, number="100000", expect=USAGE)
    for number in ("4294967296", str(2**63), str(2**64 - 1), "65536"):
        yield f"sample {number}", partial(call, arguments=commands["sample"], number=number, expect=USAGE)
    for number in ("0", "3", "64"):
        yield f"sample {number}", partial(call, arguments=commands["sample"], number=number, expect=WORKS)
        yield f"train {number}", partial(call, arguments=commands["train"], number=number, expect=WORKS)
    for number in ("-1", "many", "1.0", ""):
        yield f"sample {number!r}", lambda place, number=number: place.call(
            "sample", place.made.runs["whole"], "-o", "x.png", f"--threads={number}", expect=USAGE)


ENOUGH = [(12.0, signal.SIGKILL)]  # what is large may take its time, if it does not take memory


@kind("larger-than-meant", "streamed or bounded, with the size it would have")
def larger_than_meant(random):
    def call(place, *arguments, expect=EITHER, run="whole"):
        words = {"RUN": place.made.runs[run], "DATA": place.made.set}
        place.call(*(words.get(word, word) for word in arguments), expect=expect, signals=ENOUGH)

    for count, scale, columns in ((100000, 32, 8), (1000000, 1, 8), (1000000, 32, 10000), (64, 32, 10000), (10000, 32, 10000), (100000, 1, 1), (1000000, 3, 1000), (50000, 8, 250)):
        for run in ("whole", "stacked"):
            yield f"sample {count}, scale {scale}, {columns} in a row, {run}", partial(
                lambda place, more, run: call(place, "sample", "RUN", *more, "-o", "x.png", run=run), run=run,
                more=["--count", str(count), "--scale", str(scale), "--columns", str(columns)])
    for count, output in (("1000000", "x.idx.gz"), ("1000000", "x.idx"), ("300000", "x.npy")):
        yield f"sample {count} to {output}", partial(lambda place, count, output: call(place, "sample", "RUN", "--count", count, "-o", output, run="plain"), count=count, output=output)
    yield "sample each, 100000", lambda place: call(place, "sample", "RUN", "--digit", "each", "--count", "100000", "-o", "x.png")
    yield "sample each, 4294967295", lambda place: call(place, "sample", "RUN", "--digit", "each", "--count", "4294967295", "-o", "x.png")
    yield "sample each, 429496730", lambda place: call(place, "sample", "RUN", "--digit", "each", "--count", "429496730", "-o", "x.png")
    for steps, scale in ((1000, 32), (1000, 16), (100, 32)):
        for output in ("-o", "--animation"):
            yield f"interpolate {steps} at {scale} {output}", partial(
                lambda place, more: call(place, "interpolate", "RUN", *more, "x.png"), more=["--steps", str(steps), "--scale", str(scale), output])

    def show(place, side, per_class, count=10):
        folder = place / "large"
        folder.mkdir()
        for split in ("train", "t10k"):
            head = idx([count, side, side], b"")
            (folder / f"{split}-images-idx3-ubyte").write_bytes(head + bytes(count * side * side))
            (folder / f"{split}-labels-idx1-ubyte").write_bytes(idx([count], bytes(i % 10 for i in range(count))))
        place.call("data", "--data", folder, "--show", "x.png", "--per-class", per_class, signals=ENOUGH)

    for side, per_class, count in ((1000, "100", 10), (1000, "12", 100), (3000, "100", 10), (1, "100", 10), (2, "100", 100)):
        yield f"data --show {per_class} of {side}", partial(show, side=side, per_class=per_class, count=count)

    def inspect(place, settings, side=28):
        config = with_settings(place, settings)
        run = place / "run"
        place.call("train", "--config", config, "--data", place.made.larger_set, "--steps", "1", "--out", run, expect=WORKS, writes=[run], seconds=40)
        place.call("inspect", run, writes=[run])

    wide = '{ kind = "dense", units = 512, activation = "relu" }, '
    yield "inspect a layer of 512 units after a reshape", partial(
        inspect, settings='[discriminator]\nlayers = [{ kind = "avg-pool", size = 2 }, ' + wide + DENSE + "]")
    yield "inspect labels beside an image", partial(
        inspect, settings='[training]\nclasses = 10\n[generator]\nlayers = [{ kind = "label-embedding", units = 2 }, { kind = "dense", units = 784, activation = "tanh" }]\n[discriminator]\nlayers = [{ kind = "label-embedding", units = 3 }, ' + wide + DENSE + "]")
    yield "inspect a layer of 4,096 units", partial(inspect, settings='[discriminator]\nlayers = [{ kind = "max-pool", size = 2 }, { kind = "dense", units = 4096 }, ' + DENSE + "]")
    yield "inspect a kernel of 30", partial(inspect, settings=CRITIC % conv(channels=2, kernel=30, padding=15))
    yield "inspect one unit", partial(inspect, settings="[discriminator]\nlayers = [" + DENSE + "]")

    def bomb(place, content, arguments):
        place.write("bomb.idx.gz", content())
        given = [place / "bomb.idx.gz" if word == "BOMB" else place.made.set if word == "DATA" else word for word in arguments]
        place.call(*given, signals=ENOUGH)

    bombs = {
        "8 million images of 1 × 1": lambda: gzip.compress(idx([8000000, 1, 1], bytes(8000000))),
        "2 million images of 2 × 2": lambda: gzip.compress(idx([2000000, 2, 2], bytes([0, 255, 0, 255]) * 2000000)),
        "800,000 images of 28 × 28": lambda: long_gzip(idx([800000, 28, 28], b""), 608),
        "8 GB of zeros": lambda: long_gzip(idx([10000000, 28, 28], b""), 8000),
        "one image of 60,000 × 60,000": lambda: long_gzip(idx([1, 60000, 60000], b""), 3600),
        "2^32-1 images of 1 × 1": lambda: long_gzip(idx([2**32 - 1, 1, 1], b""), 4112),
        "2^32-1 images of 0 × 0": lambda: gzip.compress(idx([2**32 - 1, 0, 0], b"")),
        "255 dimensions of 1": lambda: gzip.compress(idx([1] * 255, b"x")),
        "gzip in gzip": lambda: gzip.compress(gzip.compress(idx([1, 28, 28], pixels(1)))),
        "no labels but zeros": lambda: long_gzip(idx([100000000], b""), 96),
    }
    for name, content in bombs.items():
        for command, arguments in {"recognize": ["recognize", "BOMB"], "evaluate": ["evaluate", "--samples", "BOMB", "--data", "DATA"]}.items():
            yield f"{command} {name}", partial(bomb, content=content, arguments=arguments)

    def set_bomb(place, content, name):
        folder = place.set()
        for old in folder.glob(f"{name}*"):
            old.unlink()
        (folder / f"{name}.gz").write_bytes(content())
        place.call("data", "--data", folder, signals=ENOUGH)
        place.call("train", "--config", place.made.plain, "--data", folder, "--out", "begun", "--steps", "1", signals=ENOUGH)

    for name in ("8 million images of 1 × 1", "8 GB of zeros", "one image of 60,000 × 60,000", "2^32-1 images of 0 × 0"):
        yield f"a set of {name}", partial(set_bomb, content=bombs[name], name="train-images-idx3-ubyte")
    for name in ("no labels but zeros", "8 GB of zeros"):
        yield f"labels of {name}", partial(set_bomb, content=bombs[name], name="train-labels-idx1-ubyte")


@kind("headers", "a header costs no more than a network can have")
def headers(random):
    def key(i):
        return f'"k{i:07d}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'

    contents = {
        "99.9 MB of keys": lambda: build(b"{" + ",".join(map(key, range(99900000 // 62))).encode() + b"}", b""),
        "20 MB of keys": lambda: build(b"{" + ",".join(map(key, range(20000000 // 62))).encode() + b"}", b""),
        "40 MB of metadata": lambda: build(b'{"__metadata__":{' + b",".join(b'"m%d":"x"' % i for i in range(3000000)) + b"}}", b""),
        "a name of 50 MB": lambda: build(b'{"' + b"n" * (50 << 20) + b'":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}', b""),
        "90 MB of spaces": lambda: build(b"{}" + b" " * (90 << 20), b""),
        "90 MB of brackets": lambda: build(b"[" * (90 << 20), b""),
        "100,000 brackets": lambda: build(b'{"a":' + b"[" * 100000, b""),
        "a shape of a million sides": lambda: build(b'{"a":{"dtype":"F32","shape":[' + b"1," * 1000000 + b'1],"data_offsets":[0,4]}}', bytes(4)),
        "a shape that overflows": lambda: build(b'{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}}', b""),
        "a length of 2^63": lambda: b"\xff" * 7 + b"\x7f" + b"{}",
        "a length of 2^64-1": lambda: b"\xff" * 8 + b"{}",
        "a length of 100 MB and no more": lambda: (100000000).to_bytes(8, "little") + b"{",
        "a name twice": lambda: build(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4)),
        "offsets that overlap": lambda: build(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', bytes(4)),
        "offsets backwards": lambda: build(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', bytes(4)),
        "a note of 40 MB": lambda: build(b'{"__metadata__":{"twoplayer":"' + b"x" * (40 << 20) + b'"}}', b""),
        "a note of brackets": lambda: build(b'{"__metadata__":{"twoplayer":"{\\"note\\":' + b"[" * (1 << 20) + b'"}}', b""),
    }
    targets = {
        "generator.safetensors": ["sample"], "discriminator.safetensors": ["inspect"],
        "checkpoints/step-00000010.safetensors": ["runs", "resume"],
    }

    def read(place, content, name, commands):
        from .runs import read_by
        run = place.run()
        (run / name).write_bytes(content())
        for command in commands:
            read_by(place, command, run, WORKS if command == "runs" else FAILS)

    def recognize(place, content):
        reader = place.recognizer()
        (reader / "recognizer.safetensors").write_bytes(content())
        place.call("recognize", place.made.samples, "--recognizer", reader, expect=FAILS)

    for name, content in contents.items():
        for target, commands in targets.items():
            yield f"{target}: {name}", partial(read, content=content, name=target, commands=commands)
        yield f"recognizer.safetensors: {name}", partial(recognize, content=content)
