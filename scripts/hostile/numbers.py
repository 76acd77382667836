"""Numbers at the edge: in configurations and in flags."""
import signal
from functools import partial

from .cases import EITHER, FAILS, STOPPED, USAGE, WORKS, kind
from .place import Skipped
from .runs import MADE_OF_ALL
from .watch import after

UNHEARD = frozenset({-signal.SIGINT})  # on a busy machine Ctrl-C may come before the program listens

WHOLE = {"0": 0, "-1": -1, "2^31": 2**31, "2^32": 2**32, "2^53": 2**53, "2^63-1": 2**63 - 1, "2^63": 2**63, "2^64-1": 2**64 - 1, "1.5": 1.5}
BROKEN = {"0": "0.0", "-1": "-1.0", "1e-320": "1e-320", "1e308": "1e308", "nan": "nan", "inf": "inf", "-inf": "-inf", "2^63": "9.223372036854775808e18"}
NO_NUMBER = {"nan", "inf", "-inf"}

# Whole numbers: where they stand, and how the file says so.
WHOLE_KEYS = {
    "seed": "seed = {}",
    "training.epochs": "[training]\nepochs = {}",
    "training.steps": "[training]\nsteps = {}",
    "training.examples": "[training]\nexamples = {}",
    "training.batch_size": "[training]\nbatch_size = {}",
    "training.critic_steps": "[training]\ncritic_steps = {}",
    "training.classes": "[training]\nclasses = {}",
    "generator.latent_dim": "[generator]\nlatent_dim = {}",
    "generator.channels": "[generator]\nchannels = {}",
    "generator.image_shape": "[generator]\nimage_shape = [{}, 28]",
    "generator.image_shape both": "[generator]\nimage_shape = [{}, {}]",
    "record.log_every": "[record]\nlog_every = {}",
    "record.checkpoint_every": "[record]\ncheckpoint_every = {}",
    "record.evaluate_every": "[record]\nevaluate_every = {}",
    "regularisers.every": '[[discriminator.regularisers]]\nkind = "r1"\ngamma = 1.0\nevery = {}',
    "dense.units": '[generator]\nlayers = [{{ kind = "dense", units = {} }}, {{ kind = "dense", units = 784, activation = "tanh" }}]',
    "dense.units of the discriminator": '[discriminator]\nlayers = [{{ kind = "dense", units = {} }}, {{ kind = "dense", units = 1 }}]',
    "reshape.shape": '[generator]\nlayers = [{{ kind = "dense", units = 784 }}, {{ kind = "reshape", shape = [{}, 28, 1] }}, {{ kind = "activation", function = "tanh" }}]',
    "reshape.shape all": '[generator]\nlayers = [{{ kind = "dense", units = 784 }}, {{ kind = "reshape", shape = [{}, {}, {}] }}, {{ kind = "activation", function = "tanh" }}]',
    "conv.channels": '[discriminator]\nlayers = [{{ kind = "conv", channels = {}, kernel = 3 }}, {{ kind = "dense", units = 1 }}]',
    "conv.kernel": '[discriminator]\nlayers = [{{ kind = "conv", channels = 2, kernel = {} }}, {{ kind = "dense", units = 1 }}]',
    "conv.stride": '[discriminator]\nlayers = [{{ kind = "conv", channels = 2, kernel = 3, stride = {} }}, {{ kind = "dense", units = 1 }}]',
    "conv.padding": '[discriminator]\nlayers = [{{ kind = "conv", channels = 2, kernel = 3, padding = {} }}, {{ kind = "dense", units = 1 }}]',
    "upsample.factor": '[generator]\nlayers = [{{ kind = "dense", units = 49 }}, {{ kind = "reshape", shape = [7, 7, 1] }}, {{ kind = "upsample", factor = {} }}, {{ kind = "activation", function = "tanh" }}]',
    "avg-pool.size": '[discriminator]\nlayers = [{{ kind = "avg-pool", size = {} }}, {{ kind = "dense", units = 1 }}]',
    "max-pool.size": '[discriminator]\nlayers = [{{ kind = "max-pool", size = {} }}, {{ kind = "dense", units = 1 }}]',
    "group-norm.groups": '[discriminator]\nlayers = [{{ kind = "conv", channels = 4, kernel = 3 }}, {{ kind = "group-norm", groups = {} }}, {{ kind = "dense", units = 1 }}]',
    "minibatch-stddev.group": '[discriminator]\nlayers = [{{ kind = "conv", channels = 4, kernel = 3 }}, {{ kind = "minibatch-stddev", group = {} }}, {{ kind = "dense", units = 1 }}]',
    "label-embedding.units": '[training]\nclasses = 10\n[generator]\nlayers = [{{ kind = "label-embedding", units = {} }}, {{ kind = "dense", units = 784, activation = "tanh" }}]',
}
WHOLE_KEYS["conv-transpose.channels"] = (
    '[generator]\nlayers = [{{ kind = "dense", units = 49 }}, {{ kind = "reshape", shape = [7, 7, 1] }}, '
    '{{ kind = "conv-transpose", channels = {}, kernel = 4, stride = 4, padding = 0 }}, {{ kind = "conv", channels = 1, kernel = 1, activation = "tanh" }}]')
WHOLE_KEYS["conv-transpose.output_padding"] = (
    '[generator]\nlayers = [{{ kind = "dense", units = 49 }}, {{ kind = "reshape", shape = [7, 7, 1] }}, '
    '{{ kind = "conv-transpose", channels = 1, kernel = 4, stride = 4, padding = 0, output_padding = {}, activation = "tanh" }}]')
NORM = '[discriminator]\nlayers = [{{{{ kind = "conv", channels = 4, kernel = 3 }}}}, {{{{ kind = "{}", {} = {{}} }}}}, {{{{ kind = "dense", units = 1 }}}}]'
BROKEN_KEYS = {
    "training.label_smoothing": "[training]\nlabel_smoothing = {}",
    "training.learning_rate_floor": "[training]\nlearning_rate_floor = {}",
    "generator.average_decay": "[generator]\naverage_decay = {}",
    **{f"{player}.adam.{key}": f"[{player}.adam]\n{key} = {{}}" for player in ("generator", "discriminator") for key in ("learning_rate", "beta1", "beta2")},
    "generator.adam.beta1 from": '[generator.adam]\nbeta1 = {{ from = {}, to = 0.5, schedule = "linear" }}',
    "r1.gamma": '[[discriminator.regularisers]]\nkind = "r1"\ngamma = {}',
    "r2.gamma to": '[[discriminator.regularisers]]\nkind = "r2"\ngamma = {{ from = 1.0, to = {}, schedule = "cosine" }}',
    "wgan-gp.weight": '[[discriminator.regularisers]]\nkind = "wgan-gp"\nweight = {}',
    "dragan.deviation": '[[discriminator.regularisers]]\nkind = "dragan"\nweight = 1.0\ndeviation = {}',
    "weight-clipping.limit": '[[discriminator.regularisers]]\nkind = "weight-clipping"\nlimit = {}',
    "batch-norm.momentum": NORM.format("batch-norm", "momentum"),
    "batch-norm.epsilon": NORM.format("batch-norm", "epsilon"),
    "layer-norm.epsilon": NORM.format("layer-norm", "epsilon"),
    "dropout.rate": NORM.format("dropout", "rate"),
    "residual.init_scale": '[discriminator]\nlayers = [{{ kind = "residual", layers = [{{ kind = "conv", channels = 1, kernel = 3 }}], init_scale = {} }}, {{ kind = "dense", units = 1 }}]',
    "residual.last_init_scale": '[discriminator]\nlayers = [{{ kind = "residual", layers = [{{ kind = "conv", channels = 1, kernel = 3 }}], last_init_scale = {} }}, {{ kind = "dense", units = 1 }}]',
}


def with_settings(place, settings, name="edge.toml"):
    """The smallest configuration, with these settings in place of its own."""
    own = {"[training]": ["epochs = 2", "batch_size = 5"], "[generator]": ["latent_dim = 2", 'layers = [{ kind = "dense", units = 784, activation = "tanh" }]'],
           "[discriminator]": ['layers = [{ kind = "dense", units = 1 }]'], "[record]": ["log_every = 1"]}
    top, tables, table = ['preset = "mlp"'], {name: [*lines] for name, lines in own.items()}, None
    for line in settings.splitlines():
        if line.startswith("[["):
            table = line + str(len(tables))
            tables[table] = []
        elif line.startswith("["):
            table = line
            tables.setdefault(table, [])
        elif table is None:
            top.append(line)
        else:
            key = line.split(" = ")[0]
            tables[table] = [old for old in tables[table] if old.split(" = ")[0] != key] + [line]
    order = sorted(tables, key=lambda name: name.startswith("[["))
    heads = {name: name.rstrip("0123456789") for name in order}
    return place.write(name, "\n".join([*top, *("\n".join([heads[name], *tables[name]]) for name in order)]) + "\n")


def train_and_read(place, arguments, expect=EITHER, says=None):
    """Trains, for a second if it goes on for long, and lets every command read what came of it."""
    run = place / "run"
    ended = place.call("train", *arguments, "--data", place.made.set, "--out", run, "--quiet", expect=expect if expect == FAILS else expect | STOPPED,
                       says=says, writes=[run], signals=[(after(run / "config.toml", 1.2), signal.SIGINT)])
    if ended.code in FAILS and expect == FAILS and run.exists() and (run / "generator.safetensors").exists():
        place.problem("wrong", "it has trained before it was refused")
    if ended.code == 0 or ended.code in STOPPED:
        place.call("sample", run, "--count", "2", "-o", place / "x.png", expect=WORKS if ended.code == 0 else EITHER)
        listed = place.call("runs", place.root, expect=WORKS)
        if "too large" in listed.out + listed.err:
            place.problem("wrong", "`runs` cannot read it")
        place.call("train", "--resume", run, "--quiet", expect=EITHER | STOPPED | UNHEARD, writes=[run], always=MADE_OF_ALL, signals=[(1.0, signal.SIGINT)])
    return ended


@kind("edge-config", "refused first, by file, table and key; or works to the end")
def edge_config(random):
    def train(place, settings, key, expect):
        config = with_settings(place, settings)
        more = [] if key in ("training.steps", "training.epochs") else ["--steps", "3"]
        train_and_read(place, ["--config", config, *more], expect)

    for key, form in WHOLE_KEYS.items():
        for name, value in WHOLE.items():
            impossible = value in (-1, 1.5) or value >= 2**63 or (value == 0 and key in (
                "training.epochs", "training.steps", "training.batch_size", "training.critic_steps", "generator.latent_dim", "record.log_every", "dense.units"))
            settings = form.format(*[value] * 3)
            yield f"{key} {name}", partial(train, settings=settings, key=key, expect=FAILS if impossible else EITHER)
    for key, form in BROKEN_KEYS.items():
        for name, value in BROKEN.items():
            yield f"{key} {name}", partial(train, settings=form.format(value), key=key, expect=FAILS if name in NO_NUMBER else EITHER)

    def together(place, settings):
        # What takes more than this script allows is a fault only if it was not to be had.
        limited = ["--steps", "3", "--memory-limit", "1GiB"]
        train_and_read(place, ["--config", with_settings(place, "\n".join(settings)), *limited])

    for number in range(40):  # several at a time
        chosen = random.sample([*WHOLE_KEYS.items()], 2)
        settings = [form.format(*[random.choice([0, 1, 2, 3, 7, 255, 2**16, 2**31, 2**40, 2**62])] * 3) for _, form in chosen]
        if "[" in settings[0] and not settings[1].startswith("["):
            settings.reverse()
        yield f"at random {number}", partial(together, settings=settings)


@kind("edge-64-bits", "ranges are checked once, where keys are; no total wraps round")
def edge_64_bits(random):
    def train(place, flags, expect):
        train_and_read(place, ["--config", place.made.plain, *flags], expect)

    above = [2**63, 2**63 + 1, 2**64 - 1]
    for flag in ("--epochs", "--steps", "--examples", "--batch-size", "--critic-steps", "--log-every", "--checkpoint-every", "--keep-checkpoints", "--evaluate-every", "--seed", "--latent-dim"):
        more = ["--steps", "3"] if flag not in ("--steps", "--epochs") else []
        for value in (2**31, 2**53, 2**63 - 1, *above):
            expect = EITHER
            yield f"{flag} {value}", partial(train, flags=[f"{flag}={value}", *more], expect=expect)
    for flags in (["--epochs", str(2**62), "--batch-size", "5"], ["--epochs", str(2**62), "--batch-size", "3"], ["--epochs", str(2**63 - 1), "--batch-size", "1"],
                  ["--epochs", str(2**64 - 1), "--steps", "3"], ["--steps", str(2**63 - 1), "--critic-steps", str(2**32)],
                  ["--epochs", str(2**61), "--batch-size", "1", "--critic-steps", "8"], ["--steps", str(2**64 - 1), "--log-every", str(2**64 - 1)],
                  ["--examples", "1", "--batch-size", "1", "--epochs", str(2**63)], ["--critic-steps", str(2**60), "--steps", "16"]):
        yield " ".join(flags), partial(train, flags=flags, expect=EITHER)

    def finished(place, epochs, batch):
        """A run of so many epochs does not end with step 0."""
        run = place / "run"
        ended = place.call("train", "--config", place.made.plain, "--data", place.made.set, "--out", run, "--epochs", epochs, "--batch-size", batch,
                           expect=FAILS | STOPPED, writes=[run], signals=[(after(run / "config.toml", 1.2), signal.SIGINT)])
        if ended.code == 0:
            place.problem("wrong", "a run without an end has come to its end")

    for epochs, batch in ((2**62, 5), (2**61, 1), (2**62, 2), (2**63 - 1, 10), (2**60, 3)):
        yield f"{epochs} epochs of batches of {batch}", partial(finished, epochs=str(epochs), batch=str(batch))

    def resumed(place, flag, value):
        run = place.run("plain")
        place.call("train", "--resume", run, flag, value, "--quiet", expect=EITHER | STOPPED | UNHEARD, writes=[run], always=MADE_OF_ALL, signals=[(1.0, signal.SIGINT)])
        place.call("sample", run, "--count", "1", "-o", place / "x.png", expect=WORKS)
        place.call("runs", place.root, expect=WORKS)
        place.call("train", "--resume", run, "--steps", "9", "--quiet", writes=[run], always=MADE_OF_ALL)

    for flag in ("--epochs", "--steps", "--from-step"):
        for value in (2**31, 2**62, 2**63 - 1, *above):
            yield f"--resume {flag} {value}", partial(resumed, flag=flag, value=str(value))


VALUES = ["0", "-1", "1", str(2**31), str(2**32), str(2**53), str(2**63 - 1), str(2**63), str(2**64 - 1), str(2**64), "1e-320", "1e308", "nan", "inf", "", "0x10", " 1", "1_000", "١"]
RUN, DATA, SAMPLES = "RUN", "DATA", "SAMPLES"
FLAGS = {
    "train": (["--config", "PLAIN", "--data", DATA, "--out", "begun", "--quiet"], ["--learning-rate", "--label-smoothing", "--latent-dim", "--batch-size", "--examples", "--seed", "--epochs", "--steps"]),
    "train --resume": (["--resume", RUN, "--quiet"], ["--epochs", "--steps", "--from-step"]),
    "sample": ([RUN, "-o", "x.png", "--count", "2"], ["--seed", "--truncation", "--columns", "--scale", "--digit"]),
    "sample of": ([RUN, "-o", "x.npy"], ["--count"]),
    "interpolate": ([RUN, "-o", "x.png"], ["--from-seed", "--to-seed", "--truncation", "--scale", "--digit"]),
    "interpolate on": ([RUN, "--digit", "1", "--scale", "1", "-o", "x.png"], ["--steps"]),
    "evaluate": ([RUN, "--data", DATA], ["--count"]),
    "evaluate of": ([RUN, "--data", DATA, "--count", "10"], ["--seed"]),
    "recognizer train": (["--on", "real", "--data", DATA, "--out", "read"], ["--steps", "--real"]),
    "recognizer train with": (["--on", "both", "--run", RUN, "--data", DATA, "--steps", "1", "--out", "read"], ["--count", "--seed"]),
    "recognizer compare": (["--run", RUN, "--data", DATA, "--steps", "1"], ["--count", "--seeds"]),
    "recognizer compare for": (["--run", RUN, "--data", DATA, "--count", "10"], ["--steps"]),
    "data": (["--data", DATA, "--show", "x.png"], ["--per-class"]),
    "bench": (["--preset", "mlp", "--batch-size", "2"], ["--steps"]),
    "bench of": (["--preset", "mlp", "--steps", "1"], ["--batch-size"]),
}


@kind("edge-flags", "every numeric flag: one line, or done")
def edge_flags(random):
    def call(place, command, arguments, flag, value):
        words = {RUN: place.made.runs["whole"], DATA: place.made.set, "PLAIN": place.made.plain}
        if command == "train --resume":
            words[RUN] = place.run("plain")
        name = {"train --resume": ["train"]}.get(command, [word for word in command.split() if word not in ("of", "on", "with", "for")])
        given = [words.get(word, word) for word in arguments]
        more = place.made.memory_limit("1GiB") if name[0] in ("train", "bench") else []
        endless = signal.SIGINT if name == ["train"] else signal.SIGKILL  # what would take for ever is begun, no more
        place.call(*name, *given, *more, f"{flag}={value}", expect=EITHER | (STOPPED | UNHEARD if name == ["train"] else frozenset()), writes=["run"] if command == "train --resume" else [],
                   always=MADE_OF_ALL if command == "train --resume" else [], signals=[(2.5, endless)])

    for command, (arguments, flags) in FLAGS.items():
        for flag in flags:
            for value in VALUES if flag != "--digit" else [*VALUES[:4], "each", "10", "Each", "९"]:
                if (command, flag, value) in (("recognizer train with", "--count", "1"),):
                    continue
                yield f"{command} {flag}={value}", partial(call, command=command, arguments=arguments, flag=flag, value=value)

    def plain(place, words, expect):
        place.call(*words, expect=expect, says="^error: ")  # whatever it says

    for words in (["man", "nothing"], ["man", ""], ["man", "train", "sample"], ["completions", "nothing"], ["completions"], ["presets", "nothing"], ["presets", ""], ["presets", "x" * 5000],
                  ["presets", "best\nerror: x"], [""], ["nothing"], ["train", "--preset", "a\nb"], ["sample"], ["recognize"], ["evaluate", "--labels", "x"],
                  ["train", "--resume"], ["train", "--from-step", "3"], ["train", "--resume", "x", "--seed", "1"], ["bench", "--preset", "x"], ["--nothing"], ["runs", "a", "b"]):
        yield " ".join(words)[:40].replace("\n", " ") + f" ({len(words)} words)", partial(plain, words=words, expect=USAGE)


SETTINGS = {
    FAILS: ["", "=", "seed", "seed=", "=3", "seed==3", "seed=-1", "seed=1.5", "seed=nan", "seed=many", "training=3", "training=[]", "training.seed=3", "nothing=3", ".seed=3", "seed.=3",
            "seed..x=3", "training.objective=hing", "training.objective=\"hinge", "generator.layers=[", "generator.layers=[]", "generator.layers=off", "seed=1\nname=2", "seed=off", "preset=best",
            "a." * 60000 + "b=1", "seed=" + "[" * 60000, "seed=" + "9" * 60000, "name=" + "x" * 60000, "\u0665eed=3", "record.log_every=0", "generator.adam.beta1=1"],
    WORKS: ["seed=0x10", "seed=1_000", " seed = 7 ", "training.objective=\"hinge\"", "training.objective=hinge", "name='x'", "record.log_every=1", "generator.average_decay=off",
            "generator.adam={ beta1 = 0.25 }", "generator.adam.beta1=0"],
}


@kind("set", "any key as in a file: one line, or done")
def set_keys(random):
    def train(place, setting, expect):
        place.call("train", "--config", place.made.plain, "--data", place.made.set, "--out", "begun", "--quiet", "--set", setting, expect=expect)

    def bench(place, setting, expect):
        place.call("bench", "--preset", "mlp", "--batch-size", "2", "--steps", "1", "--set", setting, expect=expect)

    for expect, settings in SETTINGS.items():
        for setting in settings:
            name = ascii(setting[:40]) + (f" and {len(setting) - 40} more" if len(setting) > 40 else "")
            yield f"train {name}", partial(train, setting=setting, expect=expect)
            yield f"bench {name}", partial(bench, setting=setting, expect=expect)


@kind("memory-limit", "a size, or one line")
def memory_limit(random):
    def train(place, size, expect):
        if not place.made.has_memory_limit:
            raise Skipped("this program has no --memory-limit")
        place.call("train", "--config", place.made.plain, "--data", place.made.set, "--out", "begun", f"--memory-limit={size}", expect=expect)

    for size in ("0", "-1", "", "GiB", "nan", "inf", "1KiB", "-1GiB", "1.2.3GiB", "9" * 40 + "GiB", "1 000 GiB", "ten", "1e400"):
        yield f"train {size!r}", partial(train, size=size, expect=FAILS)
    for size in ("4GiB", "512MiB"):
        yield f"train {size!r}", partial(train, size=size, expect=WORKS)
    for size in ("1", "1e9", "1.5GiB", "1gib", "2GB", "4096M", str(2**64), str(2**63), "16EiB"):
        yield f"train {size!r}", partial(train, size=size, expect=EITHER)
