package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sinew-ml/sinew/prep"
)

// preparation is a parsed --prep.
type preparation struct {
	name   string
	lo, hi float64
	pca    prep.PCAOptions
	zca    prep.ZCAOptions
}

const prepHelp = "none, center, standardize, minmax (or minmax:-1,1), pca (all components, pca:20 of them, or pca:0.95 of the variance), zca; pca and zca take ,eps=E above 0 (1e-5 unless given) and ,standardize, pca takes ,whiten"

// parsePrep reads --prep.
func parsePrep(spec string) (*preparation, error) {
	bad := func(format string, args ...any) (*preparation, error) {
		return nil, usage("--prep %q: %s; want %s", spec, fmt.Sprintf(format, args...), prepHelp)
	}
	name, rest, _ := strings.Cut(spec, ":")
	p := &preparation{name: name, lo: 0, hi: 1}
	parts := splitList(rest)
	switch name {
	case "none", "center", "standardize":
		if len(parts) > 0 {
			return bad("%s takes no values", name)
		}
	case "minmax":
		if len(parts) == 0 {
			break
		}
		if len(parts) != 2 {
			return bad("%d values", len(parts))
		}
		for i, to := range []*float64{&p.lo, &p.hi} {
			v, err := strconv.ParseFloat(parts[i], 64)
			if err != nil || v-v != 0 {
				return bad("%q is not a number", parts[i])
			}
			*to = v
		}
		if !(p.lo < p.hi) {
			return bad("the range is empty")
		}
	case "pca", "zca":
		for i, part := range parts {
			key, value, _ := strings.Cut(part, "=")
			switch {
			case key == "whiten" && name == "pca":
				p.pca.Whiten = true
			case key == "standardize":
				p.pca.Standardize, p.zca.Standardize = true, true
			case key == "eps":
				v, err := strconv.ParseFloat(value, 64)
				if err != nil || !(v > 0) || v-v != 0 {
					return bad("eps %q is not a number above 0", value)
				}
				p.pca.Eps, p.zca.Eps = v, v
			case i == 0 && name == "pca":
				if n, err := strconv.Atoi(key); err == nil && n >= 1 {
					p.pca.Components = n
				} else if v, err := strconv.ParseFloat(key, 64); err == nil && v > 0 && v <= 1 {
					p.pca.Share = v
				} else {
					return bad("%q is neither a number of components nor a share in (0, 1]", key)
				}
			default:
				return bad("unknown %q", part)
			}
		}
	default:
		return bad("unknown name %q", name)
	}
	return p, nil
}

// fit fits the preparation; nil without one.
func (p *preparation) fit(s *prep.Stats) (*prep.Fit, error) {
	fit, err := p.fitted(s)
	if err != nil {
		return nil, fmt.Errorf("--prep %s: %w", p.name, err)
	}
	return fit, nil
}

func (p *preparation) fitted(s *prep.Stats) (*prep.Fit, error) {
	switch p.name {
	case "center":
		return s.Center()
	case "standardize":
		return s.Standardize()
	case "minmax":
		return s.MinMax(p.lo, p.hi)
	case "pca":
		return s.PCA(p.pca)
	case "zca":
		return s.ZCA(p.zca)
	}
	return nil, nil
}

// covariance reports whether the fit needs it.
func (p *preparation) covariance() bool { return p.name == "pca" || p.name == "zca" }

// prepare fits the preparation on the training rows, and learns the number of classes of a
// stream.
func (p *parts) prepare(how *preparation) (*prep.Fit, error) {
	if p.source != nil {
		stats, largest, err := scan(p.source, how.covariance())
		if err != nil {
			return nil, err
		}
		if p.outputs == 0 && p.classes == nil {
			p.classes = numbered(max(largest, largestLabel(p.validation, p.test)) + 1)
		}
		return how.fit(stats)
	}
	stats, err := prep.NewStats(p.training.Inputs, how.covariance())
	if err != nil {
		return nil, fmt.Errorf("--prep %s: %w", how.name, err)
	}
	if err := stats.Add(p.training.X); err != nil {
		return nil, err
	}
	return how.fit(stats)
}
