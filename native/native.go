// Package native's noun is a native library that is loaded while the program runs.
// It owns where such a library is looked for; what it does is its room's.
package native

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Library is one that can be looked for.
type Library struct {
	What  string // it is, for messages: "ONNX Runtime's library"
	Stem  string // of its file's name: "onnxruntime" is libonnxruntime.so on Linux
	Env   string // the variable that names the file, or the folder that holds it
	Tools string // the folder within .tools that a checkout keeps it in
	Get   string // how to get it, after "was not found; "
}

// Find gives its path. It looks at $Env (nothing else is tried where that is set),
// beside the executable and in .tools/Tools above it, in .tools/Tools of the working
// directory and the folders above it (a checkout), and where systems keep libraries.
// The error says how to get it.
func (l Library) Find() (string, error) {
	places := places{Library: l, env: os.Getenv, goos: runtime.GOOS}
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		places.exe = filepath.Dir(exe)
	}
	places.wd, _ = os.Getwd()
	return places.find()
}

// places is where to look, apart from the process so that tests can move it.
type places struct {
	Library
	env     func(string) string
	goos    string
	exe, wd string // folders
	root    string // prefix of the system's folders
}

func (p places) find() (string, error) {
	if set := p.env(p.Env); set != "" {
		if isFile(set) {
			return set, nil
		}
		if path := p.in(set); path != "" {
			return path, nil
		}
		return "", fmt.Errorf("%s names %s, where %s (%s) is not; correct it or unset it", p.Env, set, p.What, p.names()[0])
	}
	var folders []string
	if p.exe != "" {
		folders = append(folders, p.exe, filepath.Join(p.exe, "..", "lib"))
	}
	for _, start := range []string{p.exe, p.wd} {
		folders = append(folders, p.tools(start)...)
	}
	folders = append(folders, p.system()...)
	for _, folder := range folders {
		if path := p.in(folder); path != "" {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s (%s) was not found; %s", p.What, strings.TrimSuffix(p.names()[0], ".1"), p.Get)
}

// names are the library's file names, the likeliest first; the last is a pattern for
// those that carry the version.
func (p places) names() []string {
	switch p.goos {
	case "darwin":
		return []string{"lib" + p.Stem + ".dylib", "lib" + p.Stem + ".*.dylib"}
	case "windows":
		return []string{p.Stem + ".dll"}
	}
	return []string{"lib" + p.Stem + ".so.1", "lib" + p.Stem + ".so", "lib" + p.Stem + ".so.*"}
}

// in is the library's path in a folder, or "".
func (p places) in(folder string) string {
	for _, name := range p.names() {
		found, err := filepath.Glob(filepath.Join(escape(folder), name))
		if err != nil {
			continue
		}
		for i := len(found) - 1; i >= 0; i-- { // the last sorts as the newest, near enough
			if isFile(found[i]) {
				return found[i]
			}
		}
	}
	return ""
}

// tools lists .tools/Tools of a folder and all above it.
func (p places) tools(folder string) (list []string) {
	for folder != "" {
		kept := filepath.Join(folder, ".tools", p.Tools)
		list = append(list, kept, filepath.Join(kept, "lib"))
		above := filepath.Dir(folder)
		if above == folder {
			break
		}
		folder = above
	}
	return list
}

// system lists where systems keep libraries: the loader's own settings first.
func (p places) system() []string {
	path := p.env("LD_LIBRARY_PATH")
	if p.goos == "darwin" {
		path = p.env("DYLD_LIBRARY_PATH")
	}
	list := filepath.SplitList(path)
	if home := p.env("HOME"); home != "" {
		list = append(list, filepath.Join(home, ".local", "lib"))
	}
	var system []string
	configs, _ := filepath.Glob(filepath.Join(p.root, "/etc/ld.so.conf.d/*.conf"))
	for _, config := range configs {
		system = append(system, folders(config)...)
	}
	system = append(system, "/usr/local/lib", "/usr/local/lib64", "/opt/"+p.Stem+"/lib", "/opt/homebrew/lib",
		"/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")
	for _, folder := range system {
		list = append(list, filepath.Join(p.root, folder))
	}
	return list
}

// folders reads the folders that a file of ld.so.conf.d lists, one a line.
func folders(config string) (list []string) {
	file, err := os.Open(config)
	if err != nil {
		return nil
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); strings.HasPrefix(line, "/") {
			list = append(list, line)
		}
	}
	return list
}

// escape keeps a folder's own characters from being read as a pattern.
func escape(folder string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}

func isFile(path string) bool {
	stat, err := os.Stat(path)
	return err == nil && stat.Mode().IsRegular()
}
