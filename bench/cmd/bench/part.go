package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/diaspora-match/diaspora/bench/world"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/internal/benchpeer"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/memory"
	"github.com/diaspora-match/diaspora/projections/views"
)

// figures is what a part prints.
type figures struct {
	Events     int     `json:"events,omitzero"`
	Seconds    float64 `json:"seconds,omitzero"`
	CPUSeconds float64 `json:"cpuSeconds,omitzero"`
	PeakMiB    float64 `json:"peakMiB,omitzero"` // resident, mapped pages of the log among it
	AnonMiB    float64 `json:"anonMiB,omitzero"` // resident at the end, without mapped files
	HeapMiB    float64 `json:"heapMiB,omitzero"` // alive at the end
}

// rate is by the clock, ofProcessor by the process's own processor time.
func (f figures) rate() float64        { return float64(f.Events) / f.Seconds }
func (f figures) ofProcessor() float64 { return float64(f.Events) / f.CPUSeconds }

var parts = map[string]func(context.Context, world.World) (figures, error){
	"scan": scanLog, "scan-limit": scanRaw, "fold": foldViews, "start": startPlatform,
}

func runPart(ctx context.Context, part, folder, profile string) (err error) {
	w, err := world.Load(folder)
	if err != nil {
		return err
	}
	if profile != "" {
		stop, err := profiled(filepath.Join(profile, part))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	if part == "serve" {
		return servePart(ctx, w)
	}
	measure, known := parts[part]
	if !known {
		return fmt.Errorf("no part %q", part)
	}
	f, err := measure(ctx, w)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}

// profiled writes where the processor's time goes until stop is called, and beside
// it what was allocated.
func profiled(file string) (stop func() error, err error) {
	f, err := os.Create(file + ".cpu.pprof")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		allocs, err := os.Create(file + ".allocs.pprof")
		if err != nil {
			return errors.Join(err, f.Close())
		}
		return errors.Join(pprof.Lookup("allocs").WriteTo(allocs, 0), allocs.Close(), f.Close())
	}, nil
}

// inProcess measures a part in a process of its own on so many processors.
func (b *bench) inProcess(ctx context.Context, part, folder string, processors int) (f figures, err error) {
	c, err := b.command(ctx, part, folder)
	if err != nil {
		return f, err
	}
	c.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(processors))
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return f, fmt.Errorf("part %s: %w", part, err)
	}
	return f, json.Unmarshal(out, &f)
}

func (b *bench) command(ctx context.Context, part, folder string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return exec.CommandContext(ctx, self, "-part", part, "-in", folder, "-profile", b.profile), nil
}

// stopwatch measures one stretch of a part.
type stopwatch struct {
	began time.Time
	cpu   float64
}

func startWatch() stopwatch { return stopwatch{time.Now(), cpuSeconds()} }

func (s stopwatch) stop(events int) figures {
	return figures{Events: events, Seconds: time.Since(s.began).Seconds(), CPUSeconds: cpuSeconds() - s.cpu}
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// scanLog reads the whole log, undecoded.
func scanLog(ctx context.Context, w world.World) (figures, error) {
	store, keys, _, err := w.Open(ctx)
	if err != nil {
		return figures{}, err
	}
	watch, n := startWatch(), 0
	for _, err := range store.ReadAll(ctx, 0, eventstore.Forwards, 0) {
		if err != nil {
			return figures{}, err
		}
		n++
	}
	return watch.stop(n), errors.Join(store.Close(), keys.Close())
}

// rawFile is the limit of a scan: the same bytes as records of one file.
const rawFile = "raw.log"

// scanRaw reads the raw file, which it writes the first time.
func scanRaw(ctx context.Context, w world.World) (figures, error) {
	path := filepath.Join(w.Folder, rawFile)
	if _, err := os.Stat(path); err != nil {
		if err := writeRaw(ctx, w, path); err != nil {
			return figures{}, err
		}
	}
	watch, n := startWatch(), 0
	err := benchpeer.ScanGroupFile(path, func([]byte) { n++ })
	return watch.stop(n), err
}

func writeRaw(ctx context.Context, w world.World, path string) error {
	store, keys, _, err := w.Open(ctx)
	if err != nil {
		return err
	}
	var events []eventstore.Recorded
	for r, err := range store.ReadAll(ctx, 0, eventstore.Forwards, 0) {
		if err != nil {
			return err
		}
		events = append(events, r)
	}
	err = benchpeer.FillGroupFile(path+".new", len(events), func(i int) []byte {
		e := events[i]
		return append(append(append(append([]byte(e.Stream), e.Type...), e.ID[:]...), e.Data...), e.Meta...)
	})
	return errors.Join(err, store.Close(), keys.Close(), os.Rename(path+".new", path))
}

// foldViews decodes, opens and folds the log into all views, as a rebuild does.
func foldViews(ctx context.Context, w world.World) (figures, error) {
	store, keys, c, err := w.Open(ctx)
	if err != nil {
		return figures{}, err
	}
	defer platform.LetGarbageWait(uint64(w.Size.Events))()
	watch, n := startWatch(), 0
	if _, err := keys.Warm(ctx, w.Size.Experts); err != nil {
		return figures{}, err
	}
	err = projections.Replay(ctx, projections.Config{Engine: memory.New(views.Tables()...), Views: views.All()},
		func(yield func(codec.Decoded, error) bool) {
			for r, err := range store.ReadAll(ctx, 0, eventstore.Forwards, 0) {
				var d codec.Decoded
				if err == nil {
					d, err = c.Decode(ctx, r)
				}
				n++
				if !yield(d, err) {
					return
				}
			}
		})
	return watch.stop(n), errors.Join(err, store.Close(), keys.Close())
}

// startPlatform opens a platform and waits until it is ready, the matcher's index
// filled.
func startPlatform(ctx context.Context, w world.World) (figures, error) {
	watch := startWatch()
	p, err := platform.Open(ctx, platform.Config{Folder: w.Folder, Clock: w.Clock(), NoReactions: true})
	if err != nil {
		return figures{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	select {
	case <-p.Runner.Ready():
	case err := <-ended:
		return figures{}, errors.Join(err, p.Close())
	}
	f := watch.stop(w.Size.Events)
	f.PeakMiB = status("VmHWM")
	f.AnonMiB = status("RssAnon")
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f.HeapMiB = float64(m.HeapAlloc) / (1 << 20)
	cancel()
	return f, errors.Join(<-ended, p.Close())
}

// status reads a line of /proc/self/status, in KiB there, in MiB here.
func status(name string) float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for l := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(l, name+":"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				return 0
			}
			return kib / 1024
		}
	}
	return 0
}

// child is a server in a process of its own: it tells where it is in its first
// line, and ends when its standard input does.
type child struct {
	cmd   *exec.Cmd
	input io.Closer
	out   *json.Decoder
}

func startChild(c *exec.Cmd, tells any) (*child, error) {
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		return nil, err
	}
	ch := &child{c, in, json.NewDecoder(out)}
	if err := ch.out.Decode(tells); err != nil {
		return nil, errors.Join(fmt.Errorf("%s told nothing: %w", c.Path, err), ch.stop())
	}
	return ch, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) stop() error { return errors.Join(c.input.Close(), c.cmd.Wait()) }
