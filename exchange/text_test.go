package exchange

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// One line in every encoding met in the field, also where the reads are single bytes.
func TestText(t *testing.T) {
	const want = "Raie à points;Espèce\r\nrequin – gris;3,5\r\n"
	utf16 := func(big bool) string {
		var b strings.Builder
		for _, r := range want {
			hi, lo := byte(r>>8), byte(r)
			if !big {
				hi, lo = lo, hi
			}
			b.WriteByte(hi)
			b.WriteByte(lo)
		}
		return b.String()
	}
	latin := strings.NewReplacer("à", "\xe0", "è", "\xe8", "–", "\x96").Replace(want)
	for name, in := range map[string]string{
		"UTF-8": want, "UTF-8 with a mark": "\ufeff" + want, "Windows-1252": latin,
		"UTF-16 little end first": "\xff\xfe" + utf16(false), "big end first": "\xfe\xff" + utf16(true),
		"without a mark": utf16(false), "big, without a mark": utf16(true),
	} {
		for _, slow := range []bool{false, true} {
			var r io.Reader = strings.NewReader(in)
			if slow {
				r = iotest.OneByteReader(r)
			}
			got, err := io.ReadAll(utf8Text(r))
			if err != nil || string(got) != want {
				t.Errorf("%s (byte by byte %v): %q %v", name, slow, got, err)
			}
		}
	}
}

func TestTable(t *testing.T) {
	for _, in := range []string{
		"Op Code;Depth_m;n\r\n\r\nA;3,5;2\r\n;;\r\nB;NA;x\r\n",
		"opcode\tdepth.m\tN\nA\t3,5\t2\n\t\t\nB\tNA\tx\n",
		"\ufeff\"OpCode\",\"Depth.m\",n\nA,\"3,5\",2\n , ,\nB,,x\n",
	} {
		table, err := openTable("test file", strings.NewReader(in), 0)
		if err != nil {
			t.Fatal(err)
		}
		code, depth, n := table.column("opcode"), table.column("depth", "depth_m"), table.column("n")
		if !table.next() || table.text(code) != "A" {
			t.Fatalf("%q: %v %v", in, table.row, table.err)
		}
		if v, err := table.number(depth); err != nil || v == nil || *v != 3.5 {
			t.Errorf("%q: depth %v %v", in, v, err)
		}
		if v, err := table.integer(n); err != nil || v != 2 {
			t.Errorf("%q: n %v %v", in, v, err)
		}
		if !table.next() {
			t.Fatal(table.err)
		}
		if v, err := table.number(depth); err != nil || v != nil {
			t.Errorf("%q: depth %v %v", in, v, err)
		}
		line := map[rune]string{';': "line 5", '\t': "line 4", ',': "line 4"}[table.comma]
		if _, err := table.integer(n); err == nil || !strings.Contains(err.Error(), line) || !strings.Contains(err.Error(), `"x"`) {
			t.Errorf("%q: %v, want %s", in, err, line)
		}
		if table.next() || table.err != nil {
			t.Errorf("%q: it goes on: %v %v", in, table.row, table.err)
		}
	}
	if _, err := openTable("test file", strings.NewReader("\n\n"), 0); err == nil {
		t.Error("an empty table")
	}
	table, _ := openTable("test file", strings.NewReader("a,b\n"), 0)
	if _, err := table.need("c"); err == nil || !strings.Contains(err.Error(), "a, b") {
		t.Error(err)
	}
}

func FuzzTable(f *testing.F) {
	f.Add("a,b\n1,2\n", ',')
	f.Add("a;b\r\n\"1\n2\";3,5", rune(0))
	f.Add("\xff\xfea\x00\t\x00", '\t')
	f.Fuzz(func(t *testing.T, in string, comma rune) {
		switch comma {
		case 0, ',', ';', '\t':
		default:
			return
		}
		table, err := openTable("test file", strings.NewReader(in), comma)
		if err != nil {
			return
		}
		line := table.line
		for table.next() {
			if table.line <= line {
				t.Fatalf("line %d comes after %d", table.line, line)
			}
			line = table.line
			_, _ = table.number(0)
			_, _ = table.integer(1)
		}
	})
}

func TestLosses(t *testing.T) {
	var l Losses
	if l.List() != nil || l.String() != "" {
		t.Error("a loss of nothing")
	}
	l.add("the polygon of a mark", "a.jpg")
	l.extra(map[string]string{"coco.id": "1", "cvat.z": "2"}, "b.jpg", "coco")
	l.add("the polygon of a mark", "b.jpg")
	if got, want := l.String(), "the polygon of a mark: 2 times, first a.jpg\nthe field cvat.z: 1 times, first b.jpg\n"; got != want {
		t.Errorf("%q", got)
	}
}
