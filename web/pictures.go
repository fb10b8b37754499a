package web

import (
	"container/list"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"requin/frame"
	"requin/video"
)

// What is kept of pictures, and which widths there are: any number of them would fill it with the same picture.
const (
	pictureBytes = 256 << 20
	widthStep    = 160
	mostWidth    = 3840
	usualWidth   = 1280
)

// pictures makes JPEGs of frames, and keeps those that were shown or will be.
type pictures struct {
	life  context.Context // ends with the server
	once  singleflight.Group
	hands chan struct{} // as many decode at a time

	mu    sync.Mutex
	bytes int
	order *list.List // of *kept, the latest first
	byKey map[string]*list.Element
	ahead map[string]bool // being made ahead of time
	width int             // that was asked for last
}

type kept struct {
	key  string
	jpeg []byte
}

func newPictures(life context.Context) *pictures {
	return &pictures{life: life, hands: make(chan struct{}, max(2, runtime.NumCPU()/2)), order: list.New(), byKey: map[string]*list.Element{}, ahead: map[string]bool{}, width: usualWidth}
}

// load is a picture that is kept.
func (p *pictures) load(key string) ([]byte, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.byKey[key]
	if !ok {
		return nil, false
	}
	p.order.MoveToFront(e)
	return e.Value.(*kept).jpeg, true
}

func (p *pictures) keep(key string, jpeg []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.byKey[key]; ok || len(jpeg) > pictureBytes/4 {
		return
	}
	p.byKey[key] = p.order.PushFront(&kept{key, jpeg})
	for p.bytes += len(jpeg); p.bytes > pictureBytes; {
		e := p.order.Back()
		old := p.order.Remove(e).(*kept)
		delete(p.byKey, old.key)
		p.bytes -= len(old.jpeg)
	}
}

// make decodes a picture, once for all who ask at the same time.
func (p *pictures) make(ctx context.Context, key string, dive *video.Deployment, at frame.Instant, w int) ([]byte, error) {
	if jpeg, ok := p.load(key); ok {
		return jpeg, nil
	}
	made := p.once.DoChan(key, func() (any, error) {
		p.hands <- struct{}{}
		defer func() { <-p.hands }()
		slow, cancel := context.WithTimeout(p.life, time.Minute)
		defer cancel()
		jpeg, err := dive.JPEG(slow, at, w)
		if err == nil {
			p.keep(key, jpeg)
		}
		return jpeg, err
	})
	select {
	case x := <-made:
		if x.Err != nil {
			return nil, x.Err
		}
		return x.Val.([]byte), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pictureKey names a picture: the same name is the same bytes.
func (k *seat) pictureKey(dive *video.Deployment, at frame.Instant, w int) string {
	f := dive.Files[at.Chapter]
	sum := sha256.Sum256([]byte(fmt.Sprintf("%d|%s|%s|%d|%d|%d|%d", madeAs, k.opcode, f.Path, f.Size, f.ModTime.UnixNano(), at.PTS, w)))
	return hex.EncodeToString(sum[:12])
}

// picture serves a frame as a JPEG.
func (s *Server) picture(w http.ResponseWriter, r *http.Request, who *session) error {
	k, err := s.desks.at(r.Context(), r.PathValue("op"))
	if err != nil {
		return err
	}
	number, isJPEG := strings.CutSuffix(r.PathValue("name"), ".jpg")
	i, err := strconv.Atoi(number)
	if !isJPEG || err != nil || i < 0 || i >= len(k.Machine.Frames) {
		return failf(http.StatusNotFound, "there is no frame %q: they are 0.jpg to %d.jpg", r.PathValue("name"), len(k.Machine.Frames)-1)
	}
	width := usualWidth
	if text := r.URL.Query().Get("w"); text != "" {
		if width, err = strconv.Atoi(text); err != nil || width < widthStep || width > mostWidth {
			return failf(http.StatusBadRequest, "w=%q: give a width from %d to %d", text, widthStep, mostWidth)
		}
		width = (width + widthStep - 1) / widthStep * widthStep
	}
	dive, err := k.video(r.Context())
	if err != nil {
		return failf(http.StatusNotFound, "%v", err)
	}
	at, err := k.instant(dive, i)
	if err != nil {
		return err
	}
	key := k.pictureKey(dive, at, width)
	w.Header().Set("ETag", `"`+key+`"`)
	w.Header().Set("Cache-Control", "private, max-age=86400")
	if strings.Contains(r.Header.Get("If-None-Match"), `"`+key+`"`) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	jpeg, err := s.pictures.make(r.Context(), key, dive, at, width)
	if err != nil {
		if r.Context().Err() != nil {
			return r.Context().Err()
		}
		return failf(http.StatusNotFound, "%v", err)
	}
	if width > 2*widthStep { // what is shown large is looked at: the next ones should be as large
		s.pictures.mu.Lock()
		s.pictures.width = width
		s.pictures.mu.Unlock()
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Content-Length", strconv.Itoa(len(jpeg)))
	_, _ = w.Write(jpeg)
	return nil
}

// mostAhead is how many pictures are made ahead of time at once.
const mostAhead = 8

// prefetch makes the pictures of frames that will be looked at next.
func (s *Server) prefetch(k *seat, frames ...int) {
	p := s.pictures
	for _, i := range frames {
		p.mu.Lock()
		job, width := fmt.Sprintf("%s/%d/%d", k.opcode, i, p.width), p.width
		begin := i >= 0 && len(p.ahead) < mostAhead && !p.ahead[job]
		if begin {
			p.ahead[job] = true
		}
		p.mu.Unlock()
		if !begin {
			continue
		}
		go func() {
			defer func() {
				p.mu.Lock()
				defer p.mu.Unlock()
				delete(p.ahead, job)
			}()
			ctx, cancel := context.WithTimeout(s.life, time.Minute)
			defer cancel()
			dive, err := k.video(ctx)
			if err != nil {
				return // who asks for it is told
			}
			if at, err := k.instant(dive, i); err == nil {
				_, _ = p.make(ctx, k.pictureKey(dive, at, width), dive, at, width) // who asks for it is told
			}
		}()
	}
}
