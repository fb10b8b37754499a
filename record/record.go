// Package record remembers how a number came about: code, machine, libraries, inputs with their hashes, every
// setting, times, energy and outcome. It owns the form of that record and measures what a program can know of
// the machine it runs on. It does not decide what is done, and answers no question about it (method).
package record

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"
)

// Schema names the version of the record's form; it changes when a field changes its meaning.
const Schema = "requin.run/1"

// NotRecorded stands where nothing was measured or said.
const NotRecorded = "not recorded"

// Record is one run of a command.
type Record struct {
	Schema    string            `json:"schema"`
	Kind      string            `json:"kind,omitempty"` // Count, Train ...; "" in records of before
	Command   []string          `json:"command"`
	Directory string            `json:"directory"` // that relative paths are relative to
	Requin    string            `json:"requin"`    // version of the code
	Libraries map[string]string `json:"libraries"` // name → version
	Machine   Machine           `json:"machine"`
	Inputs    []Input           `json:"inputs"`
	Settings  any               `json:"settings"`           // every setting, those left at their default too
	Defaults  any               `json:"defaults,omitempty"` // what settings are where nobody says otherwise
	Seeds     map[string]uint64 `json:"seeds,omitempty"`    // of what is drawn at random, by what it draws
	Outcome   any               `json:"outcome"`
	Times     Times             `json:"times"`
	Energy    *Energy           `json:"energy,omitempty"` // nil where nobody asked
	States    map[string]string `json:"states,omitempty"` // how the values of each part are known: StateOf
}

// The kinds of runs.
const (
	Simulate = "simulate"
	Dataset  = "dataset"
	Train    = "train"
	Eval     = "eval"
	Count    = "count"
	Review   = "review"
)

// How a value is known. What stands nowhere is NotRecorded.
const (
	Configured = "configured" // somebody set it, or left it at its default
	Declared   = "declared"   // a person said so, once for the survey
)

// stateOf says how the values of each part of a record are known.
var stateOf = map[string]string{
	"schema": Configured, "kind": Configured, "command": Configured, "directory": Measured, "requin": Measured, "libraries": Measured, "machine": Measured, "inputs": Measured,
	"settings": Configured, "defaults": Configured, "seeds": Configured, "outcome": Measured, "times": Measured, "energy": Measured, "declared": Declared,
}

// StateOf says how the value of a record's field is known: "settings.recipe.seed" is configured.
func StateOf(field string) string {
	top, _, _ := strings.Cut(field, ".")
	top, _, _ = strings.Cut(top, "[")
	if s, ok := stateOf[top]; ok {
		return s
	}
	return NotRecorded
}

// Begin is the record of a run of a kind that begins now, with what can be measured of machine and program.
func Begin(ctx context.Context, kind string, command []string) Record {
	r := Record{Schema: Schema, Kind: kind, Command: command, Directory: NotRecorded, Requin: Version(), Libraries: map[string]string{},
		Machine: ThisMachine(ctx), Inputs: []Input{}, Times: Times{Started: time.Now().UTC()}, States: States()}
	if dir, err := os.Getwd(); err == nil {
		r.Directory = dir
	}
	return r
}

// States says of each part of a record how its values are known.
func States() map[string]string {
	out := maps.Clone(stateOf)
	delete(out, "declared") // of the survey, not of a run
	return out
}

// End writes down when a run that began with Begin ended.
func (r *Record) End() {
	now := time.Now().UTC()
	r.Times.Finished, r.Times.WallS = now, now.Sub(r.Times.Started).Seconds()
}

// Machine is the computer that did the work.
type Machine struct {
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	CPU         string `json:"cpu"`
	Cores       int    `json:"cores"`
	MemoryBytes uint64 `json:"memory_bytes"`
	GPUs        []GPU  `json:"gpus,omitempty"`
}

// Input is one file that the numbers rest on.
type Input struct {
	Role     string `json:"role"` // video, model, taxa
	Path     string `json:"path"`
	Bytes    int64  `json:"bytes"`
	Modified string `json:"modified,omitempty"` // RFC 3339
	SHA256   string `json:"sha256"`             // or NotRecorded
}

// Times are by the wall clock. They alone differ between two runs that give the same results.
type Times struct {
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	WallS    float64   `json:"wall_s"` // of this run; what an interrupted run had done before is not in it
	Resumed  int       `json:"resumed_frames"`
}

// ThisMachine measures the computer. What cannot be measured says so.
func ThisMachine(ctx context.Context) Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: NotRecorded, Cores: runtime.NumCPU()}
	if info, err := cpu.InfoWithContext(ctx); err == nil && len(info) > 0 && info[0].ModelName != "" {
		m.CPU = info[0].ModelName
	}
	if name, _, version, err := host.PlatformInformationWithContext(ctx); err == nil && name != "" {
		m.OS = name + " " + version
	}
	if v, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		m.MemoryBytes = v.Total
	}
	m.GPUs = graphics(os.DirFS("/"))
	return m
}

// Version is the version of this program: the module's, with the commit it was built from where known.
func Version() string {
	info, _ := debug.ReadBuildInfo()
	return version(info)
}

// version reads the version off what the compiler left in the program; nil if it left nothing.
func version(info *debug.BuildInfo) string {
	if info == nil {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v // it names the commit
	}
	dirty := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.modified" && s.Value == "true" {
			dirty = "+changes"
		}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "devel " + s.Value[:12] + dirty
		}
	}
	return "devel"
}

// HashFile is the SHA-256 of a file, in hexadecimal digits. It can be cancelled.
func HashFile(ctx context.Context, path string) (string, error) {
	return HashFileProgress(ctx, path, func(int64) {})
}

// HashFileProgress is HashFile, which now and then says how many bytes are done.
func HashFileProgress(ctx context.Context, path string, progress func(done int64)) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	buf := make([]byte, 1<<20)
	for done := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := f.Read(buf)
		_, _ = sum.Write(buf[:n]) // never fails (hash.Hash)
		done += int64(n)
		progress(done)
		if err == io.EOF {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", fmt.Errorf("%s cannot be hashed: %w", path, err)
		}
	}
}

// HashFiles is the SHA-256 over the hashes of several files in their order: what stands for a folder of images.
func HashFiles(ctx context.Context, paths []string) (string, error) {
	sum := sha256.New()
	for _, p := range paths {
		h, err := HashFile(ctx, p)
		if err != nil {
			return "", err
		}
		_, _ = io.WriteString(sum, h+"\n")
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
