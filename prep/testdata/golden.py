"""Makes golden.json: what scikit-learn (Debian's python3-sklearn 1.2.1) fits on the rows
stored beside it. Run: /usr/bin/python3 golden.py > golden.json"""
import json
import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler

r = np.random.RandomState(3)


def flip(v):  # svd_flip(u, v, u_based_decision=False) of scikit-learn
    signs = np.sign(v[np.arange(len(v)), np.abs(v).argmax(axis=1)])
    return v * signs[:, None]


def case(name, rows, columns, constant=None, correlated=True, offset=0.0):
    x = r.randn(rows, columns)
    if correlated:
        x = x @ r.randn(columns, columns)
    x = x * 10.0 ** r.uniform(-2, 2, columns) + offset * r.randn(columns)
    if constant is not None:
        x[:, constant] = 7.1
    x = x.astype(np.float32).astype(float)
    c = dict(name=name, inputs=columns, x=[float(str(np.float32(v))) for v in x.ravel()])
    s = StandardScaler().fit(x)
    c["standard"] = dict(mean=s.mean_.tolist(), scale=(1 / s.scale_).tolist())
    c["minmax"] = {}
    for lo, hi in ((0, 1), (-1, 1), (2, 5)):
        c["minmax"][f"{lo},{hi}"] = MinMaxScaler((lo, hi)).fit_transform(x).ravel().tolist()
    p = PCA(svd_solver="full").fit(x)
    k = int((p.singular_values_ > p.singular_values_[0] * max(rows, columns) * 2.0**-52).sum())
    v = flip(p.components_)[:k]
    c["pca"] = dict(components=v.ravel().tolist(), variances=p.explained_variance_[:k].tolist(),
                    shares=p.explained_variance_ratio_[:k].tolist(), k=k)
    c["share"] = {str(share): int(PCA(n_components=share, svd_solver="full").fit(x).n_components_) for share in (0.5, 0.9, 0.99)}
    w = PCA(svd_solver="full", whiten=True, n_components=k).fit(x)
    signs = np.sign((w.components_ * v).sum(axis=1))
    c["whitened"] = (w.transform(x) * signs).ravel().tolist()
    # scikit-learn has no ZCA: the formula, by another decomposition than in Go.
    centred = x - x.mean(axis=0)
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(x.T)))
    values, vectors = values[::-1][:k], vectors[:, ::-1][:, :k]
    c["zca"] = {str(eps): (vectors / np.sqrt(values + eps) @ vectors.T).ravel().tolist() for eps in (1e-5, 0.1)}
    z = (x - s.mean_) / s.scale_
    q = PCA(svd_solver="full").fit(z)
    c["correlation"] = dict(components=flip(q.components_)[:k].ravel().tolist(), variances=q.explained_variance_[:k].tolist())
    return c


print(json.dumps([
    case("few rows per column", 25, 6),
    case("constant column", 30, 5, constant=2),
    case("fewer rows than columns", 5, 8),
    case("as many rows as columns", 6, 6),
    case("one more", 7, 6),
    case("many rows, in pieces", 150, 3, offset=100.0),
    case("two rows", 2, 3),
    case("one column", 20, 1),
]))
