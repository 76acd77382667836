#!/usr/bin/env python3
"""How good are a run's digits? Judged by a classifier that PyTorch trains on real MNIST.

    cargo build --release
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install torch numpy
    /tmp/peers/bin/python scripts/peers/evaluate.py [--cas] RUN [RUN ...]

For 10,000 samples of each run against the 10,000 test digits, in the 128 features of a small
convolutional classifier (trained once, kept in CLASSIFIER):

    Frechet     Fréchet distance of the features (Heusel et al. 2017, in these features: it is
                not comparable with distances in Inception's)
    precision   share of samples within the real digits' manifold, and
    recall      share of real digits within the samples' (Kynkäänniemi et al. 2019, k = 3)
    smallest    the rarest class's share among the samples, as classified; and largest

    agree       of a conditional run: share of samples classified as the digit asked for

The first row is the floor: 10,000 training digits in place of samples. With --cas, for conditional
runs also the classification accuracy score (Ravuri & Vinyals 2019): the test accuracy of a network of
the classifier's form that has seen 60,000 generated digits alone, trained as the classifier was. For
runs on stacked MNIST: how many of the 1,000 modes are among 25,600 samples, each channel classified,
and the Kullback-Leibler divergence of their distribution from the real one, which is uniform.
"""
import gzip
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import torch
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target/release/twoplayer"
CLASSIFIER = Path(tempfile.gettempdir()) / "twoplayer-classifier.pt"
COUNT = 10_000


def read_idx(path):
    data = (gzip.open if str(path).endswith(".gz") else open)(path, "rb").read()
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=4 + 4 * len(shape)).reshape(shape).copy())


def mnist(name):
    return read_idx(ROOT / "data/mnist" / name)


def as_input(images):
    return images.float().unsqueeze(1) / 255


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        block = lambda i, o: [nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2)]
        self.convolutions = nn.Sequential(*block(1, 24), *block(24, 48), *block(48, 64), nn.Flatten())
        self.hidden = nn.Sequential(nn.Linear(64 * 9, 128), nn.ReLU())
        self.classes = nn.Sequential(nn.Dropout(0.3), nn.Linear(128, 10))

    def features(self, x):
        return self.hidden(self.convolutions(x))

    def forward(self, x):
        return self.classes(self.features(x))


def in_chunks(function, x, size=1000):
    with torch.no_grad():
        return torch.cat([function(x[i : i + size]) for i in range(0, len(x), size)])


def classifier():
    """The classifier of real digits, trained once."""
    model = Classifier()
    if CLASSIFIER.exists():
        model.load_state_dict(torch.load(CLASSIFIER))
        return model.eval()
    model = trained(mnist("train-images-idx3-ubyte.gz"), mnist("train-labels-idx1-ubyte.gz").long())
    torch.save(model.state_dict(), CLASSIFIER)
    return model


def trained(images, labels, epochs=5, batch=128):
    torch.manual_seed(0)
    model = Classifier()
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=1e-3)
    steps = epochs * (len(images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for _ in range(epochs):
        for chosen in torch.randperm(len(images))[: steps // epochs * batch].split(batch):
            shift = torch.randint(-2, 3, (2,)).tolist()
            x = torch.roll(as_input(images[chosen]), shift, (2, 3))
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), labels[chosen]).backward()
            optimizer.step()
            schedule.step()
    return model.eval()


def accuracy(model, images, labels):
    return (in_chunks(model, as_input(images)).argmax(1) == labels).float().mean().item()


def squared_distances(a, b):
    return a.square().sum(1)[:, None] + b.square().sum(1)[None] - 2 * a @ b.T


def radii(features, k=3):
    """The squared distance of each to its k-th nearest neighbour."""
    return in_chunks(lambda f: squared_distances(f, features).topk(k + 1, largest=False).values[:, k], features)


def share_within(queries, features, radii):
    inside = lambda q: (squared_distances(q, features) <= radii).any(1)
    return in_chunks(inside, queries).float().mean().item()


def frechet(a, b):
    a, b = a.double().numpy(), b.double().numpy()
    covariances = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(covariances[0])
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ covariances[1] @ root).clip(0)).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(covariances[0]) + np.trace(covariances[1]) - 2 * cross


def samples(run, count=COUNT):
    """Images, and labels if the run has classes."""
    conditional = "classes" in tomllib.loads((Path(run) / "config.toml").read_text())["training"]
    with tempfile.TemporaryDirectory() as folder:
        images, labels = f"{folder}/samples.idx", f"{folder}/labels.idx"
        call = [PROGRAM, "sample", run, "--count", str(count), "--seed", "1", "-o", images]
        call += ["--labels", labels] if conditional else []
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
        return read_idx(images), read_idx(labels).long() if conditional else None


def is_stacked(run):
    return tomllib.loads((Path(run) / "config.toml").read_text())["generator"].get("channels", 1) == 3


def report_modes(run, model):
    images, _ = samples(run, 25_600)
    digits = [in_chunks(model, as_input(images[..., channel])).argmax(1) for channel in range(3)]
    counts = (100 * digits[0] + 10 * digits[1] + digits[2]).bincount(minlength=1000).double()
    share = counts[counts > 0] / counts.sum()
    divergence = (share * (share * 1000).log()).sum()
    print(f"{run:30} {(counts > 0).sum()} of 1000 modes, Kullback-Leibler divergence {divergence:.3f}", flush=True)


def main():
    runs = [argument for argument in sys.argv[1:] if argument != "--cas"]
    if not runs:
        sys.exit(__doc__)
    torch.set_flush_denormal(True)
    model = classifier()
    test, labels = mnist("t10k-images-idx3-ubyte.gz"), mnist("t10k-labels-idx1-ubyte.gz").long()
    print(f"classifier: {100 * accuracy(model, test, labels):.2f} % of the test digits right")
    for run in filter(is_stacked, runs):
        report_modes(run, model)
    runs = [run for run in runs if not is_stacked(run)]
    real = in_chunks(model.features, as_input(test))
    real_radii = radii(real)

    torch.manual_seed(1)
    train = mnist("train-images-idx3-ubyte.gz")
    floor = train[torch.randperm(len(train))[:COUNT]]
    print(f"{'':30} Frechet  precision  recall  smallest class  largest class   agree")
    for name, (images, asked) in [("real training digits", (floor, None))] + [(run, samples(run)) for run in runs]:
        features = in_chunks(model.features, as_input(images))
        predicted = model.classes(features).argmax(1)
        classes = predicted.bincount(minlength=10) / len(images)
        agree = "" if asked is None else f"{100 * (predicted == asked).float().mean():8.2f} %"
        print(
            f"{name:30} {frechet(features, real):7.2f} {share_within(features, real, real_radii):10.3f}"
            f" {share_within(real, features, radii(features)):7.3f}"
            f" {100 * classes.min():8.1f} % ({classes.argmin()}) {100 * classes.max():8.1f} % ({classes.argmax()})"
            f" {agree}",
            flush=True,
        )
        if asked is not None and "--cas" in sys.argv:
            images, asked = samples(name, 60_000)
            score = accuracy(trained(images, asked), test, labels)
            print(f"{name:30} classification accuracy score {100 * score:.2f} %", flush=True)


if __name__ == "__main__":
    main()
