package frame

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

// 1 2 3 / 4 5 6 as each orientation shows it (EXIF 2.32: where row 0 and column 0 are).
var turned = map[Orientation]string{1: "123 456", 2: "321 654", 3: "654 321", 4: "456 123", 5: "14 25 36", 6: "41 52 63", 7: "63 52 41", 8: "36 25 14"}

func TestTurn(t *testing.T) {
	var pix []byte
	for _, v := range "123456" {
		pix = append(pix, byte(v), 0, 0)
	}
	for o, want := range turned {
		w, h := o.Size(3, 2)
		got := o.Turn(pix, 3, 2)
		var rows []string
		for y := range h {
			row := ""
			for x := range w {
				row += string(rune(got[3*(y*w+x)]))
			}
			rows = append(rows, row)
		}
		if text := strings.Join(rows, " "); text != want {
			t.Errorf("orientation %d: %s, want %s", o, text, want)
		}
		// A box around one pixel, drawn on what is stored, holds that pixel in what is shown.
		for i := range 6 {
			x, y := float64(i%3), float64(i/3)
			b := o.Box(Box{x, y, x + 1, y + 1}, 3, 2)
			if b.W() != 1 || b.H() != 1 || got[3*(int(b.Y0)*w+int(b.X0))] != pix[3*i] {
				t.Errorf("orientation %d: pixel %d is said to be at %v", o, i, b)
			}
		}
	}
}

// directory is a TIFF with nothing but an orientation.
func directory(order binary.AppendByteOrder, mark string, long bool, o uint16) []byte {
	b := order.AppendUint32([]byte(mark), 8)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, 0x0112)
	if long {
		return order.AppendUint32(order.AppendUint32(order.AppendUint32(order.AppendUint16(b, 4), 1), uint32(o)), 0)
	}
	return order.AppendUint32(order.AppendUint16(order.AppendUint16(order.AppendUint32(order.AppendUint16(b, 3), 1), o), 0), 0)
}

func TestReadOrientation(t *testing.T) {
	var plain, drawn bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 3, 2))
	img.Set(0, 0, color.White)
	if err := jpeg.Encode(&plain, img, nil); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&drawn, img); err != nil {
		t.Fatal(err)
	}
	for o := uint16(0); o <= 9; o++ {
		want := Orientation(o)
		if o < 1 || o > 8 {
			want = Upright
		}
		for _, long := range []bool{false, true} {
			for _, tiff := range [][]byte{directory(binary.BigEndian, "MM\x00*", long, o), directory(binary.LittleEndian, "II*\x00", long, o)} {
				app := append([]byte("Exif\x00\x00"), tiff...)
				segment := append(binary.BigEndian.AppendUint16([]byte("\xff\xff\xe1"), uint16(len(app)+2)), app...) // with a fill byte before it
				comment := []byte("\xff\xe0\x00\x04hi")
				asJPEG := bytes.Join([][]byte{plain.Bytes()[:2], comment, segment, plain.Bytes()[2:]}, nil)
				chunk := append(binary.BigEndian.AppendUint32(nil, uint32(len(tiff))), "eXIf"...)
				chunk = append(append(chunk, tiff...), "sums"...)
				asPNG := bytes.Join([][]byte{drawn.Bytes()[:33], chunk, drawn.Bytes()[33:]}, nil)
				asWebP := append([]byte("RIFF\x00\x00\x00\x00WEBPVP8 \x03\x00\x00\x00abc\x00EXIF"), binary.LittleEndian.AppendUint32(nil, uint32(len(tiff)))...)
				for name, file := range map[string][]byte{"JPEG": asJPEG, "PNG": asPNG, "WebP": append(asWebP, tiff...), "TIFF": tiff} {
					if got := ReadOrientation(file); got != want {
						t.Errorf("%s with %d: %d", name, o, got)
					}
				}
				w, h, got, err := ShownSize(bytes.NewReader(asJPEG))
				if sw, sh := want.Size(3, 2); err != nil || got != want || w != sw || h != sh {
					t.Errorf("%d: %d×%d, orientation %d, %v", o, w, h, got, err)
				}
			}
		}
	}
	for _, file := range [][]byte{nil, plain.Bytes(), drawn.Bytes(), []byte("GIF89a"), []byte("II*\x00")} {
		if got := ReadOrientation(file); got != Upright {
			t.Errorf("%.8q: %d", file, got)
		}
	}
}

// Whatever the bytes are, there is no crash and an orientation that is one.
func FuzzReadOrientation(f *testing.F) {
	f.Add(append([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00"), directory(binary.BigEndian, "MM\x00*", false, 6)...))
	f.Add([]byte("\x89PNG\r\n\x1a\n\xff\xff\xff\xffeXIf"))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPEXIF\xff\xff\xff\xff"))
	f.Add(directory(binary.LittleEndian, "II*\x00", true, 3))
	f.Fuzz(func(t *testing.T, file []byte) {
		if o := ReadOrientation(file); o < 1 || o > 8 {
			t.Error(o)
		}
	})
}
