"""PyTorch's time for an epoch of "go run . fashion": the same network, batches, optimizer
and rows, in random order, one thread, eager mode, data in memory. Prints the best of two."""
import gzip
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
import numpy
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)


def read(name, header):
    with gzip.open(os.path.join(sys.argv[1], name)) as f:
        return numpy.frombuffer(f.read(), numpy.uint8, offset=header)


x = torch.from_numpy(read("train-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype(numpy.float32) / 255)
y = torch.from_numpy(read("train-labels-idx1-ubyte.gz", 8).astype(numpy.int64))
model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer, loss = torch.optim.Adam(model.parameters(), lr=0.001), nn.CrossEntropyLoss()
best = None
for _ in range(2):
    began = time.perf_counter()
    order = torch.randperm(len(x))
    for i in range(0, len(x), 64):
        rows = order[i : i + 64]
        optimizer.zero_grad(set_to_none=True)
        loss(model(x[rows]), y[rows]).backward()
        optimizer.step()
    seconds = time.perf_counter() - began
    best = seconds if best is None else min(best, seconds)
print("%.2f s (%s)" % (best, torch.__version__))
