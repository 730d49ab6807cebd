"""PyTorch's side of "go run . step": reads lines "WHAT RATE ROWS REPS SIZES...", where
WHAT is sgdm, adam or predict, and answers with the seconds that REPS steps took.
One thread; eager mode, as PyTorch is usually written."""
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
try:
    import torch
except ImportError:
    sys.exit()
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)
print(torch.__version__, flush=True)


def prepare(what, rate, rows, sizes):
    """Returns a function that does one step."""
    layers = []
    for n_in, n_out in zip(sizes, sizes[1:]):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    layers.pop()
    x = torch.rand(rows, sizes[0])
    labels = torch.randint(0, sizes[-1], (rows,))
    if what == "predict":
        model = nn.Sequential(*layers, nn.Softmax(dim=1)).eval()

        def predict():
            with torch.inference_mode():
                model(x)

        return predict
    model, loss = nn.Sequential(*layers), nn.CrossEntropyLoss()
    if what == "adam":
        optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss(model(x), labels).backward()
        optimizer.step()

    return step


now, step = None, None
for line in sys.stdin:
    what, rate, rows, reps, *sizes = line.split()
    case = (what, rate, rows, *sizes)
    if case != now:
        now, step = case, prepare(what, float(rate), int(rows), [int(s) for s in sizes])
    reps = range(int(reps))
    began = time.perf_counter()
    for _ in reps:
        step()
    print(time.perf_counter() - began, flush=True)
