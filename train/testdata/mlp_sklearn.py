"""Makes mlp_sklearn.json: what scikit-learn's MLPClassifier and MLPRegressor (Debian's
python3-sklearn 1.2.1) reach on the data sets of package fixtures, ten times each, with
the numbers of the test rows, so that others can do the same.
Run: OMP_NUM_THREADS=1 /usr/bin/python3 mlp_sklearn.py > mlp_sklearn.json    (about two minutes)

- Each of the ten runs has its own test rows (a quarter, each class in proportion) and
  its own seed.
- Inputs are standardised, and so are the targets of a regression, by mean and standard
  deviation (divisor: rows) of the training rows. A constant column is divided by 1.
- Hidden layers are ReLU. Outputs: softmax, a single sigmoid for two classes, identity for a
  regression, whose loss is half the squared error.
- Initial weights and biases are Glorot uniform. Adam is Kingma's; sgd has Nesterov
  momentum 0.9. The rate is constant and every run has all its epochs.
- scikit-learn divides its L2 term alpha/2 |W|^2 by the rows of the batch: "l2" is
  alpha / batch_size, the factor of a loss that is a mean over the rows. (Its last batch of an
  epoch is smaller, so that its L2 is larger there.) Biases are not decayed.
- Scores: accuracy, or R2; "std" has the divisor runs - 1.
"""
import json
import warnings

import numpy as np
import sklearn
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore", ConvergenceWarning)
RUNS = 10
RATES = {"adam": 0.001, "sgd": 0.01}


def load(name):
    if name == "diabetes":
        return datasets.load_diabetes(return_X_y=True, scaled=False)
    return getattr(datasets, "load_" + name)(return_X_y=True)


def run(name, hidden, epochs, batch, l2):
    x, y = load(name)
    x = x.astype(np.float32).astype(float)
    regression = name == "diabetes"
    out = dict(hidden=[hidden], epochs=epochs, batch_size=batch, l2=l2, test=[])
    scores = {solver: [] for solver in RATES}
    for seed in range(RUNS):
        rows = np.arange(len(x))
        training, test = train_test_split(rows, test_size=0.25, random_state=seed, stratify=None if regression else y)
        training, test = np.sort(training), np.sort(test)
        out["test"].append(test.tolist())
        scaler = StandardScaler().fit(x[training])
        a, b = scaler.transform(x[training]), scaler.transform(x[test])
        t, u = y[training], y[test]
        if regression:
            mean, std = t.mean(), t.std()
            t, u = (t - mean) / std, (u - mean) / std
        for solver, rate in RATES.items():
            kind = MLPRegressor if regression else MLPClassifier
            m = kind(hidden_layer_sizes=(hidden,), activation="relu", solver=solver, alpha=l2 * batch, batch_size=batch,
                     learning_rate_init=rate, max_iter=epochs, n_iter_no_change=epochs + 1, tol=0, momentum=0.9,
                     nesterovs_momentum=True, random_state=seed)
            m.fit(a, t)
            assert m.n_iter_ == epochs
            scores[solver].append(m.score(b, u))
    for solver, s in scores.items():
        out[solver] = dict(rate=RATES[solver], scores=s, mean=float(np.mean(s)), std=float(np.std(s, ddof=1)))
    return out


sets = dict(
    digits=run("digits", 64, 30, 32, 1e-4),
    iris=run("iris", 16, 200, 16, 1e-4),
    wine=run("wine", 16, 60, 16, 1e-3),
    breast_cancer=run("breast_cancer", 16, 40, 32, 1e-3),
    diabetes=run("diabetes", 16, 60, 32, 1e-2),
)
print("{\n" + json.dumps("version") + ": " + json.dumps("scikit-learn " + sklearn.__version__) + ",\n" + json.dumps("sets") + ": {\n"
      + ",\n".join(json.dumps(name) + ": " + json.dumps(s) for name, s in sets.items()) + "}\n}")
