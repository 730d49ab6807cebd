package train

import "time"

// way is how the workers share a step. Its bits are the same in all ways; which is the
// fastest depends on how far apart the cores are, which no program is told and which may
// change while a virtual machine runs. So the ways are tried, in turn.
type way uint8

const (
	together way = iota
	apart        // the weights leave all caches before they are updated: see mat.Evict
	alone        // one worker does all
	divided      // together, but for the first layer, whose units are divided: see net.Workspace.DivideUnits
	ways
)

// A trial takes tryWay steps each way, the first settle of which do not count: the caches hold
// what the way before left in them. Then keepWay steps go the fastest way: a trial whose
// slow ways take three times as long costs 4 %.
const tryWay, settle, keepWay = 6, 2, 1000

// pace chooses the way of each step.
type pace struct {
	way   way
	units bool // divided is a way
	steps int  // since the trial began
	least [ways]time.Duration
}

// next returns the way of the next step, and whether took wants to know how long it took. Only
// steps with full batches can be compared.
func (p *pace) next(full bool) (w way, measured bool) {
	if !full {
		return p.way, false
	}
	trial := tryWay * int(ways)
	if !p.units {
		trial -= tryWay // that of divided, the last one
	}
	if p.steps == trial+keepWay {
		*p = pace{units: p.units}
	}
	if p.steps < trial {
		p.way = way(p.steps / tryWay)
		measured = p.steps%tryWay >= settle
	} else if p.steps == trial {
		p.way = together
		for w := range ways {
			if least := p.least[w]; least > 0 && (least < p.least[p.way] || p.least[p.way] == 0) {
				p.way = w
			}
		}
	}
	p.steps++
	return p.way, measured
}

// took says how long a measured step took.
func (p *pace) took(d time.Duration) {
	if least := &p.least[p.way]; *least == 0 || d < *least {
		*least = max(1, d)
	}
}
