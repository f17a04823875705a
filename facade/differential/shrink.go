package differential

import "time"

// shrinkRuns bounds how many programs are tried for a smaller one.
const shrinkRuns = 400

// shrinkPatience is how long the paths may take to agree meanwhile: most programs
// that are tried show the difference or none at all.
const shrinkPatience = 30 * time.Millisecond

// Shrink makes the program of a difference small: it leaves out calls, and then
// gives them the first arguments of their pools, as long as the same kind of
// difference stays.
func (r *Runner) Shrink(d *Difference) *Difference {
	patience := r.config.Patience
	r.config.Patience = shrinkPatience
	defer func() { r.config.Patience = patience }()
	s := shrinker{r: r, best: d, kind: d.Kind()}
	s.drop()
	s.simplify()
	s.drop()
	return s.best
}

type shrinker struct {
	r    *Runner
	best *Difference
	kind string
	runs int
}

// try runs a program, and keeps it if it is as good.
func (s *shrinker) try(p Program) bool {
	if s.runs++; s.runs > shrinkRuns {
		return false
	}
	d := s.r.Run(p)
	if d == nil || d.Kind() != s.kind {
		return false
	}
	d.Program = append(Program(nil), d.Program...)
	s.best = d
	return true
}

// drop leaves out runs of calls, long ones first.
func (s *shrinker) drop() {
	for n := len(s.best.Program) / 2; n > 0; n /= 2 {
		for i := len(s.best.Program) - 1 - n; i >= 0; i-- {
			if i+n >= len(s.best.Program) {
				continue
			}
			p := append(Program(nil), s.best.Program[:i]...)
			s.try(append(p, s.best.Program[i+n:]...))
		}
	}
}

// simplify gives each argument the lowest value that it can have.
func (s *shrinker) simplify() {
	for i := 0; i < len(s.best.Program); i++ {
		for a := range s.best.Program[min(i, len(s.best.Program)-1)].args {
			s.lower(i, a)
		}
	}
}

func (s *shrinker) lower(i, a int) {
	for v := uint8(0); i < len(s.best.Program) && v < s.best.Program[i].args[a]; v++ {
		p := append(Program(nil), s.best.Program...)
		p[i].args[a] = v
		if s.try(p) {
			return
		}
	}
}
