package train

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
	"unicode/utf8"

	"github.com/sinew-ml/sinew/internal/atomicfile"
	"github.com/sinew-ml/sinew/net"
)

// Checkpoint says where and when Fit keeps its state: at the end of each epoch, after
// so many steps, and when Fit stops, for whatever reason it can see. A run that
// [Trainer.Resume] takes up again ends in the same bits as one that was never stopped:
// weights, optimizer, averages, and the history but for its Seconds.
//
// A file is written beside its final name, synced, and then takes that name, so a crash
// leaves the file before. One process at a time may write to a path.
type Checkpoint struct {
	Path string // the newest; the one before is Path.1, then Path.2, and so on; "": none are written
	Keep int    // how many files to keep, 1...100; 0: 2

	Steps    int           // written after every so many updates, too; 0: no
	Interval time.Duration // the least time from one to the next, but for when Fit stops; 0: none

	// Note is kept in the file as it is, for [LoadNote]: what your program must know to use the
	// network, such as the unit of its outputs. UTF-8, up to 64 KiB. A resumed run writes its own.
	Note string
}

// maxKeep bounds what Resume looks for, maxNote the bytes of a note.
const maxKeep, maxNote = 100, 64 << 10

func (c *Checkpoint) check() error {
	switch {
	case c.Keep < 0 || c.Keep > maxKeep:
		return fmt.Errorf("checkpoint keep %d: want 1...%d, or 0 for 2", c.Keep, maxKeep)
	case c.Steps < 0:
		return fmt.Errorf("checkpoint steps %d: want at least 0", c.Steps)
	case c.Interval < 0:
		return fmt.Errorf("checkpoint interval %v: want at least 0", c.Interval)
	case len(c.Note) > maxNote || !utf8.ValidString(c.Note):
		return fmt.Errorf("checkpoint note of %d bytes: want UTF-8 of at most %d", len(c.Note), maxNote)
	}
	return nil
}

// saver writes the checkpoints of a Fit.
type saver struct {
	at     mark
	when   time.Time
	failed error // of the last writing
}

// mark tells states of one Fit apart.
type mark struct{ updates, done, step int }

func (t *Trainer) mark() mark { return mark{t.steps, t.run.Done, t.run.Step} }

// begin takes the state at the start as one that needs no file.
func (s *saver) begin(t *Trainer) { s.at, s.when = t.mark(), time.Now() }

func (s *saver) step(t *Trainer) {
	if n := t.c.Checkpoint.Steps; n > 0 && t.steps%n == 0 {
		s.due(t)
	}
}

func (s *saver) due(t *Trainer) {
	if time.Since(s.when) >= t.c.Checkpoint.Interval {
		s.write(t)
	}
}

// write writes a checkpoint unless the newest already has the state.
func (s *saver) write(t *Trainer) {
	c := &t.c.Checkpoint
	if c.Path == "" || s.failed == nil && s.at == t.mark() {
		return
	}
	keep := c.Keep
	if keep == 0 {
		keep = 2
	}
	s.when = time.Now()
	s.failed = atomicfile.WriteKeeping(c.Path, keep, t.encode)
	if s.failed != nil {
		s.failed = &NotSavedError{s.failed}
		return
	}
	s.at = t.mark()
}

// last writes the state at the end, and returns why it could not be.
func (s *saver) last(t *Trainer) error {
	s.write(t)
	return s.failed
}

// NotSavedError says why a checkpoint could not be written. In the error of Fit it may stand
// beside what ended the run (errors.Join); alone it means that the run came to its end, and
// that the weights are what they should be.
type NotSavedError struct {
	Err error // of the file system
}

func (e *NotSavedError) Error() string { return "train: checkpoint: " + e.Err.Error() }

// Unwrap returns Err.
func (e *NotSavedError) Unwrap() error { return e.Err }

// Save writes a checkpoint to path, as Fit does to Config.Checkpoint.Path, but keeps no
// file before it. From within Progress it has the run at hand, as Fit's own checkpoints
// have. Otherwise it has what Fit or Step left, and a Trainer that resumes it goes on
// as this one would, with its next Step or a new run of Fit.
func (t *Trainer) Save(path string) error {
	if err := atomicfile.Write(path, t.encode); err != nil {
		return &NotSavedError{err}
	}
	return nil
}

// Resumed says what Resume found.
type Resumed struct {
	Path    string  // the file
	Epochs  int     // finished epochs of its run
	Step    int     // finished steps of the epoch after them
	Skipped []error // why newer files of that path could not be used, newest first
}

// Resume puts t and its network into the state of the newest checkpoint of path that is
// whole: path itself, or else Path.1, Path.2, ... Files that are missing or damaged,
// which a checksum tells, are passed over and named in the result. The next Fit or
// FitSource finishes the run; Step, called before it, gives the rest of the run up.
//
// If there is no file at all the error is fs.ErrNotExist (by errors.Is), and t is as new:
//
//	t, err := train.New(m, config) // with config.Checkpoint.Path = path
//	...
//	if _, err := t.Resume(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
//		log.Fatal(err)
//	}
//	history, err := t.Fit(ctx, data, validation)
//
// The network must have the configuration and transform of the one in the file, and Config
// must be the same but for Workers, Checkpoint, Progress, and Epochs: another number
// shortens or extends the run, where a schedule whose length Fit chose keeps it. A
// Schedule of your own is compared by its type only. Fit checks that its data is the
// same, see [Dataset.Digest]. Any other difference is an error that names it, as is a
// file of a version that this library does not know; t is then unchanged.
func (t *Trainer) Resume(path string) (*Resumed, error) {
	if t.fitting != nil {
		return nil, errors.New("train: Resume is called while Fit runs")
	}
	r, found := new(Resumed), false
	for i := range maxKeep {
		if r.Path = path; i > 0 {
			r.Path = atomicfile.Kept(atomicfile.Target(path), i)
		}
		f, err := readCheckpoint(r.Path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			// Missing between two others: a crash in the moment of renaming.
			if i == 0 {
				r.Skipped = append(r.Skipped, err)
			}
			continue
		case err != nil:
			found = true
			r.Skipped = append(r.Skipped, err)
			continue
		}
		if err := t.decode(f); err != nil {
			return nil, fmt.Errorf("train: checkpoint %s: %w", r.Path, err)
		}
		r.Epochs, r.Step = t.run.Done, t.run.Step
		return r, nil
	}
	if !found {
		return nil, fmt.Errorf("train: no checkpoint: %w", r.Skipped[0])
	}
	// Not wrapped: that one file is missing must not pass for none being there.
	return nil, fmt.Errorf("train: no checkpoint that is whole: %v", errors.Join(r.Skipped...))
}

// LoadNetwork returns the network in the checkpoint at path, with the weights that Fit
// leaves when a run ends there: those of the best epoch or the average if Config asks
// for them, else those of the last step.
func LoadNetwork(path string) (*net.Network, error) {
	f, err := readCheckpoint(path)
	var m *net.Network
	if err == nil {
		if m, err = f.left(); err == nil {
			return m, nil
		}
		err = fmt.Errorf("%s: %w", path, err)
	}
	return nil, fmt.Errorf("train: checkpoint: %w", err)
}

// LoadNote returns the Note of the checkpoint at path, "" if it has none.
func LoadNote(path string) (string, error) {
	f, err := readCheckpoint(path)
	if err == nil {
		note := f.Metadata[noteKey]
		if err = f.version(); err == nil && len(note) > maxNote {
			err = fmt.Errorf("note of %d bytes: want at most %d", len(note), maxNote)
		}
		if err == nil {
			return note, nil
		}
		err = fmt.Errorf("%s: %w", path, err)
	}
	return "", fmt.Errorf("train: checkpoint: %w", err)
}

// digests are those of the data of a run; "" stands for no set.
type digests struct {
	Data       string `json:"data"`
	Validation string `json:"validation"`
}

// same says which set is not that of the run to be resumed.
func (got digests) same(want digests) error {
	for _, d := range []struct{ name, got, want string }{
		{"training", got.Data, want.Data}, {"validation", got.Validation, want.Validation},
	} {
		if d.got != d.want {
			return fmt.Errorf("train: resume: the %s set has digest %s, that of the checkpoint's run %s", d.name, orNone(d.got), orNone(d.want))
		}
	}
	return nil
}

func orNone(digest string) string {
	if digest == "" {
		return "none (no such set)"
	}
	return digest
}
