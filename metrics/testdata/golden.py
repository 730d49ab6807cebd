"""Makes golden.json: scikit-learn's figures (Debian's python3-sklearn 1.2.1) for cases
whose numbers are stored beside them. Run: /usr/bin/python3 golden.py > golden.json"""
import json
import numpy as np
from sklearn import metrics as sk

r = np.random.RandomState(7)


def probabilities(rows, columns):
    # Whole multiples of 1/1024, at least one each: exact in float32, rows sum to exactly 1.
    return np.array([1 + r.multinomial(1024 - columns, r.dirichlet(np.ones(columns))) for _ in range(rows)]) / 1024


def ece(confidence, right, bins):
    # No scikit-learn function: Guo et al. 2017, written another way than in Go.
    edges = np.linspace(0, 1, bins + 1)
    total = 0.0
    for lo, hi in zip(edges[:-1], edges[1:]):
        m = (confidence > lo) & (confidence <= hi)
        if m.any():
            total += m.mean() * abs(right[m].mean() - confidence[m].mean())
    return total


def classification(rows, columns, present, bias):
    labels = r.choice(present, size=rows)
    p = probabilities(rows, columns)
    if bias:  # better than chance: the label gets the largest share in half of the rows
        for i in range(rows // 2):
            j = p[i].argmax()
            p[i, [j, labels[i]]] = p[i, [labels[i], j]]
    # The argmax of numpy is the first of equals too.
    predicted = p.argmax(axis=1)
    all_labels = list(range(columns))
    case = dict(columns=columns, outputs=p.ravel().tolist(), labels=labels.tolist())
    case["accuracy"] = sk.accuracy_score(labels, predicted)
    # Ties: in scikit-learn the later column ranks higher. Reversing columns turns that round.
    case["topk"] = [1.0 if k == columns else sk.top_k_accuracy_score(
        columns - 1 - labels, p[:, ::-1] if columns > 2 else p[:, 0], k=k, labels=all_labels)
        for k in range(1, columns + 1)] if columns > 2 else [sk.accuracy_score(labels, predicted), 1.0]
    case["confusion"] = sk.confusion_matrix(labels, predicted, labels=all_labels).ravel().tolist()
    for average in (None, "macro", "micro", "weighted"):
        prf = sk.precision_recall_fscore_support(labels, predicted, labels=all_labels, average=average, zero_division=0)
        case[average or "classes"] = [np.asarray(v).tolist() for v in prf[:3]]
    aucs = [sk.roc_auc_score(labels == c, p[:, c]) for c in all_labels if 0 < (labels == c).sum() < rows]
    case["auc"] = float(np.mean(aucs))
    if columns > 2 and len(present) == columns:
        assert abs(case["auc"] - sk.roc_auc_score(labels, p, multi_class="ovr", average="macro")) < 1e-15
    case["log_loss"] = sk.log_loss(labels, p, labels=all_labels)
    case["ece"] = ece(p.max(axis=1), predicted == labels, 15)
    return case


def binary(rows, step):
    labels = r.randint(0, 2, size=rows)
    # Few different scores: many ties.
    s = np.clip(np.round((r.rand(rows) * 0.8 + 0.2 * labels) * step) / step, 1 / 64, 63 / 64)
    predicted = (s > 0.5).astype(int)
    prf = [sk.precision_score(labels, predicted), sk.recall_score(labels, predicted), sk.f1_score(labels, predicted)]
    return dict(outputs=s.tolist(), labels=labels.tolist(), auc=sk.roc_auc_score(labels, s),
                accuracy=sk.accuracy_score(labels, predicted), log_loss=sk.log_loss(labels, s), positive=prf,
                ece=ece(np.where(predicted == 1, s, 1 - s), predicted == labels, 10))


def regression(rows, columns, noise, constant=None):
    t = (r.randn(rows, columns) * 3 + np.arange(columns) * 5).astype(np.float32)
    y = (t + noise * r.randn(rows, columns)).astype(np.float32)
    if constant is not None:
        t[:, constant] = 2.5
    t64, y64 = t.astype(float), y.astype(float)
    return dict(columns=columns, outputs=y64.ravel().tolist(), targets=t64.ravel().tolist(), r2=sk.r2_score(t64, y64),
                mae=sk.mean_absolute_error(t64, y64), rmse=sk.mean_squared_error(t64, y64, squared=False))


print(json.dumps(dict(
    classification=[classification(40, 3, [0, 1, 2], True), classification(60, 5, [0, 1, 2, 3, 4], False),
                    classification(30, 4, [0, 3], True), classification(25, 2, [0, 1], True)],
    binary=[binary(50, 8), binary(37, 64)],
    regression=[regression(30, 1, 1.0), regression(25, 3, 4.0), regression(12, 2, 0.5, constant=1)],
)))
