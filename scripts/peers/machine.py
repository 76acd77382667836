"""What everything runs on: the cores, the peers' Python, our program."""
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKERS = Path(__file__).parent / "workers"
PACKAGES = {"PyTorch": ["torch", "numpy"], "JAX": ["jax", "numpy"], "TensorFlow": ["tensorflow-cpu", "numpy"]}
CRATES = {"candle": "candle-core", "burn": "burn-core"}  # each a folder of `workers`, and what gives its version
USUAL, ALL = ["PyTorch", "JAX"], [*PACKAGES, *CRATES]


def processors():
    """The processors that this process may use, one of each core first; and how many cores these are.

    Two threads that share a core are no faster than one at products of matrices.
    """
    first, second, seen = [], [], set()
    for processor in sorted(os.sched_getaffinity(0)):
        siblings = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list")
        core = siblings.read_text() if siblings.exists() else processor
        (second if core in seen else first).append(processor)
        seen.add(core)
    return first + second, len(first)


def processor_name():
    fields = dict(map(str.strip, line.split(":", 1)) for line in open("/proc/cpuinfo") if ":" in line)
    name = fields.get("model name", platform.machine())
    family, model = fields.get("cpu family"), fields.get("model")
    return f"{name} (family {family}, model {model})" if family and model else name


def share_used(seconds=2):
    """How much of the processors' time goes by used, while nobody here does anything."""
    read = lambda: [int(field) for field in open("/proc/stat").readline().split()[1:9]]
    before = read()
    time.sleep(seconds)
    spent = [now - then for now, then in zip(read(), before)]
    return 1 - (spent[3] + spent[4]) / sum(spent)  # idle, and waiting for disks


def build():
    """Our program, built from this working tree. It exits when that fails."""
    if not shutil.which("cargo"):
        sys.exit("compare.py: cannot build twoplayer, for there is no cargo; --program PATH takes one that is built")
    print("building twoplayer ...", file=sys.stderr)
    if subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT).returncode != 0:
        sys.exit("compare.py: cargo build failed, for the reason above")
    asked = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, capture_output=True)
    return Path(json.loads(asked.stdout)["target_directory"]) / "release/twoplayer"


class Peers:
    """A virtual environment with these peers in it; `missing` says why one of them is not."""

    def __init__(self, folder, names):
        self.python = folder / "bin/python"
        self.crates = folder / "crates"
        self.names, self.missing = names, {}
        # What a peer compiles stays with it. A compiler's idle helpers could disturb other contenders.
        self.environment = os.environ | {
            "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"),
            "TORCHINDUCTOR_COMPILE_THREADS": "1",
            "JAX_PLATFORMS": "cpu",
            "RUSTFLAGS": "-C target-cpu=native",  # as candle's own configuration has it
        }
        if not self.python.exists():
            try:
                venv.create(folder, with_pip=True)
            except (OSError, subprocess.CalledProcessError) as error:
                self.missing = dict.fromkeys(PACKAGES, f"no virtual environment could be made: {error}")
        for peer in names:
            if peer not in self.missing:
                print(f"installing {peer} ...", file=sys.stderr)
                self._build(peer) if peer in CRATES else self._install(peer, PACKAGES[peer])

    def _install(self, peer, packages):
        command = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        done = subprocess.run(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        if done.returncode != 0:
            self.missing[peer] = (done.stderr.strip().splitlines() or ["pip failed"])[-1]

    def _build(self, peer):
        """Away from the working tree, where cargo would leave a Cargo.lock."""
        if not shutil.which("cargo"):
            self.missing[peer] = "there is no cargo to build it with"
            return
        shutil.copytree(WORKERS, self.crates, ignore=shutil.ignore_patterns("*.py", "__pycache__"), dirs_exist_ok=True)
        command = ["cargo", "build", "--release", "--quiet", "--target-dir=target"]
        done = subprocess.run(command, cwd=self.crates / peer, env=self.environment, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            errors = [line for line in done.stderr.splitlines() if line.startswith("error")]
            self.missing[peer] = next(iter(errors), "cargo build failed")

    def command(self, worker):
        """What starts a worker: a peer's program, or a script."""
        if worker in CRATES:
            return [self.crates / worker / f"target/release/{worker}-step"]
        return [self.python, WORKERS / f"{worker}.py"]

    def versions(self):
        """Of Python and of the packages, as far as they are there."""
        packages = list(dict.fromkeys(name for peer in self.names for name in PACKAGES.get(peer, [])))
        program = (
            "import platform; from importlib.metadata import version\n"
            "print('Python', platform.python_version())\n"
            f"for name in {packages}:\n"
            "    try: print(name, version(name))\n"
            "    except ImportError: pass"
        )
        of_python = []
        if self.python.exists():
            of_python = subprocess.run([self.python, "-c", program], capture_output=True, text=True).stdout.splitlines()
        return of_python + [self._crate(peer) for peer in self.names if peer in CRATES and peer not in self.missing]

    def _crate(self, peer):
        """A crate with the version that its worker asks for."""
        name, manifest = CRATES[peer], (WORKERS / peer / "Cargo.toml").read_text()
        return f"{name} " + re.search(f'^{name} =.*?"=([0-9.]+)"', manifest, re.MULTILINE)[1]
