package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"

	"requin/disk"
	"requin/frame"
)

// store gives decoded pictures at the size they have on the network's input. Decoding a JPEG of
// 1920×1080 takes far longer than anything that is done to the small picture afterwards, so what was decoded
// is kept: in memory until that is full, and in a folder if one is named.
type store struct {
	dir, cache string
	w, h       int
	mu         sync.Mutex
	memory     int // bytes left
	kept       map[int]*small
}

// small is a picture of packed RGB. It is shared, and never written to.
type small struct {
	w, h int
	pix  []byte
}

func newStore(dir string, o Loading) *store {
	return &store{dir: dir, cache: o.Cache, w: o.W, h: o.H, memory: o.Memory << 20, kept: map[int]*small{}}
}

// get is picture i of the manifest, fitted into the input.
func (s *store) get(m *Manifest, i int) (*small, error) {
	s.mu.Lock()
	p := s.kept[i]
	s.mu.Unlock()
	if p != nil {
		return p, nil
	}
	p, err := s.load(m, i)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept[i] == nil && len(p.pix) <= s.memory {
		s.memory -= len(p.pix)
		s.kept[i] = p
	}
	return p, nil
}

func (s *store) load(m *Manifest, i int) (*small, error) {
	picture := m.Pictures[i]
	w, h := frame.Fit(picture.W, picture.H, s.w, s.h)
	kept := ""
	if s.cache != "" {
		kept = filepath.Join(s.cache, fmt.Sprintf("%.32s-%dx%d.rgb", filepath.Base(picture.SHA256), w, h))
		if pix := readKept(kept, w, h); pix != nil {
			return &small{w, h, pix}, nil
		}
	}
	full, err := m.open(s.dir, i)
	if err != nil {
		return nil, err
	}
	p := &small{w, h, scaled(full.pix, full.w, full.h, w, h)}
	if kept != "" {
		if err := os.MkdirAll(s.cache, 0o755); err != nil {
			return nil, disk.Explain(s.cache, err)
		}
		if err := disk.WriteLoose(kept, whole(binary.BigEndian.AppendUint32(append([]byte(nil), p.pix...), crc32.ChecksumIEEE(p.pix)))); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// open reads and decodes picture i of the dataset in dir, which must be what was frozen.
func (m *Manifest) open(dir string, i int) (*still, error) {
	picture := m.Pictures[i]
	file, err := readFile(m.path(dir, i))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", picture.File, err)
	}
	if sum := sha256.Sum256(file); hex.EncodeToString(sum[:]) != picture.SHA256 {
		return nil, fmt.Errorf("%s is not the picture that the dataset was frozen with: verify the dataset, and build it again", picture.File)
	}
	full, err := decodeStill(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", picture.File, err)
	}
	if full.w != picture.W || full.h != picture.H {
		return nil, fmt.Errorf("%s has %d×%d pixels, and the manifest says %d×%d", picture.File, full.w, full.h, picture.W, picture.H)
	}
	return full, nil
}

// Frame is picture i of the dataset in dir, at the size of its file.
func (m *Manifest) Frame(dir string, i int) (*frame.Frame, error) {
	full, err := m.open(dir, i)
	if err != nil {
		return nil, err
	}
	return &frame.Frame{W: full.w, H: full.h, FullW: full.w, FullH: full.h, Pix: full.pix}, nil
}

// readKept reads a picture of the cache: its pixels and their CRC-32. nil where there is none, or a damaged one.
func readKept(path string, w, h int) []byte {
	file, err := os.ReadFile(path)
	n := 3 * w * h
	if err != nil || len(file) != n+4 || binary.BigEndian.Uint32(file[n:]) != crc32.ChecksumIEEE(file[:n]) {
		return nil
	}
	return file[:n:n]
}
