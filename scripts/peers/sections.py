"""The report's sections: who is timed in each, and at what."""
import sys
from contextlib import ExitStack

from contenders import NotAvailable, Worker, take_turns
from machine import share_used
from report import US, count, table
from workers.game import PRESETS

STEP_PEERS = {
    "PyTorch, eager": ("PyTorch", "torch_eager"),
    "PyTorch, torch.compile": ("PyTorch", "torch_compiled"),
    "JAX, jit": ("JAX", "jax_step"),
    "TensorFlow, XLA": ("TensorFlow", "tensorflow_step"),
    "TensorFlow, without XLA": ("TensorFlow", "tensorflow_graph"),
    "candle": ("candle", "candle"),
    "burn, flex": ("burn", "burn"),
}
PRODUCTS = {"PyTorch, torch.mm": ("PyTorch", "torch_products")}
SAMPLING = {"PyTorch, forward pass only": ("PyTorch", "torch_sampling")}


class Comparison:
    def __init__(self, chosen, program, peers, folder):
        self.preset, self.precision = chosen.preset, chosen.precision
        self.threads, self.rounds, self.steps = chosen.threads, chosen.rounds, chosen.steps
        self.program, self.peers, self.folder = program, peers, folder

    def start(self, stack, kinds):
        """Workers that are ready for rounds; and why others are not."""
        ready, missing = {}, {}
        for name, (peer, script) in kinds.items():
            print(f"setting up {name} ...", file=sys.stderr)
            try:
                if peer in self.peers.missing:
                    raise NotAvailable(self.peers.missing[peer])
                game = {"preset": self.preset, "precision": self.precision}
                worker = Worker(self.peers, script, game | {"threads": self.threads, "steps": self.steps})
                stack.callback(worker.close)
                ready[name] = worker.round
            except NotAvailable as reason:
                missing[name] = str(reason)
        return ready, missing

    def bench(self, threads=None):
        game = {"preset": self.preset, "precision": self.precision}
        return self.program.bench(**game, steps=self.steps, threads=threads or self.threads)

    def step_and_products(self):
        """In the same rounds, for our program times both in one process."""
        convolutional = PRESETS[self.preset].convolutional  # then only the step is compared, and with PyTorch only
        who = ["PyTorch"] if convolutional else self.peers.names
        steps = {name: kind for name, kind in STEP_PEERS.items() if kind[0] in who}
        products = {} if convolutional else PRODUCTS
        with ExitStack() as stack:
            ready, missing = self.start(stack, steps | products)
            if (used := share_used()) > 0.05:
                yield f"Other programs use {100 * used:.0f} % of this machine: do not trust these figures."
            results = take_turns({US: self.bench} | ready, self.rounds, missing)
        for title, unit, field, kinds in [
            ("One training step", "median ms", "step_ms", steps),
            ("Its 27 matrix products", "GFLOP/s", "gemm_gflops", products),
        ]:
            if not kinds:
                continue
            theirs = {name: results[name] for name in kinds if name in results}
            ours = [bench[field] for bench in results[US]]
            yield table(title, unit, {US: ours} | theirs, {n: why for n, why in missing.items() if n in kinds})

    def sampling(self):
        run, output = self.folder / "run", self.folder / "digits.idx"
        threads = f"--threads={self.threads}"
        self.program.run("train", "--preset=article", "--steps=1", "--out", run, threads)
        arguments = ["sample", run, "--count=10000", "-o", output, threads, f"--precision={self.precision}"]
        sample = lambda: 1e3 * self.program.run(*arguments)[1]
        sample()  # now the program and the weights are in the system's cache
        with ExitStack() as stack:
            ready, missing = self.start(stack, SAMPLING)
            ours = f"{US}, whole process"
            results = take_turns({ours: sample} | ready, self.rounds, missing)
        return table("10,000 digits", "median ms", results, missing, decimals=1)

    def threads_of_ours(self):
        contenders = {count(n, "thread"): lambda n=n: self.bench(n)["step_ms"] for n in (1, self.threads)}
        return table(f"{US} alone, one step", "median ms", take_turns(contenders, self.rounds, {}), compared="1 thread")

    def memory(self):
        run = self.folder / "longer"
        game = [f"--preset={self.preset}", f"--precision={self.precision}"]
        peak = self.program.run("train", *game, "--steps=200", "--out", run, f"--threads={self.threads}")[2]
        return f"Peak memory of `twoplayer train`, 200 steps: {peak:.0f} MiB"
