package native

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindLibrary(t *testing.T) {
	root := t.TempDir()
	touch := func(path string) string {
		t.Helper()
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		return full
	}
	env := map[string]string{"HOME": filepath.Join(root, "home")}
	p := places{
		Library: Library{What: "ONNX Runtime's library", Stem: "onnxruntime", Env: "ONNXRUNTIME_LIB", Tools: "onnxruntime", Get: "run `make tools` or set ONNXRUNTIME_LIB"},
		env:     func(k string) string { return env[k] }, goos: "linux", root: root,
		exe: filepath.Join(root, "repo", "bin"), wd: filepath.Join(root, "elsewhere", "[deep]"),
	}
	expect := func(want string) {
		t.Helper()
		got, err := p.find()
		if err != nil || got != want {
			t.Errorf("found %q (%v), want %q", got, err, want)
		}
	}
	_, err := p.find()
	if err == nil || !strings.Contains(err.Error(), "make tools") || !strings.Contains(err.Error(), "ONNXRUNTIME_LIB") {
		t.Errorf("nothing there: %v", err)
	}
	// Each place wins over those before it in this list.
	expect(touch("usr/lib/libonnxruntime.so.1.27.0"))
	expect(touch("usr/lib/libonnxruntime.so.1"))
	touch("vendor/ort/libonnxruntime.so")
	if err := os.WriteFile(touch("etc/ld.so.conf.d/ort.conf"), []byte("# ours\n/vendor/ort\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	expect(filepath.Join(root, "vendor/ort/libonnxruntime.so"))
	expect(touch("home/.local/lib/libonnxruntime.so"))
	expect(touch("elsewhere/.tools/onnxruntime/libonnxruntime.so.1"))
	expect(touch("elsewhere/[deep]/.tools/onnxruntime/libonnxruntime.so.1"))
	expect(touch("repo/.tools/onnxruntime/libonnxruntime.so.1"))
	expect(touch("repo/bin/libonnxruntime.so.1"))
	env["ONNXRUNTIME_LIB"] = touch("own/any-name.so")
	expect(env["ONNXRUNTIME_LIB"])
	inside := touch("folder/libonnxruntime.so.1")
	env["ONNXRUNTIME_LIB"] = filepath.Dir(inside)
	expect(inside)
	env["ONNXRUNTIME_LIB"] = filepath.Join(root, "nowhere")
	if _, err := p.find(); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a wrong ONNXRUNTIME_LIB: %v", err)
	}
	env["ONNXRUNTIME_LIB"], p.goos = "", "darwin"
	expect(touch("usr/local/lib/libonnxruntime.1.27.0.dylib"))
}
