package video

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What ffmpeg is given: the file itself, or bytes over a pipe.

// input names the input of a segment to ffmpeg.
func (r *Reader) input() []string {
	f := r.file
	args := f.demuxing()
	if r.seg.Mode == KeyFrames {
		// Not "-discard nokey" as well: where key frames are no IDR pictures it spoils the time stamps.
		args = append(args, "-skip_frame", "nokey")
	}
	stream := fmt.Sprintf("0:%d", f.Stream)
	switch {
	case r.seg.Mode == KeyPackets:
		return []string{"-f", "matroska", "-analyzeduration", "0", "-i", "pipe:0", "-map", "0:0"}
	case f.streamed():
		return append(args, "-f", f.Container, "-i", "pipe:0", "-map", stream)
	}
	// The seek lands on a key frame. What comes before the first pick is cut off
	// by its time stamp (see filters): ffmpeg's own cut is off by the start of the
	// file. The seek is not left out at the start: it makes ffmpeg read again, and
	// complain again, of what it looked at to begin with.
	begin, _ := r.begin()
	from := f.Base.Seconds(f.packets[begin].PTS) + time.Microsecond
	if f.untimed() {
		from -= f.Base.Seconds(int64(f.delay))
	}
	if !f.untimed() || from-f.Base.Seconds(f.Start) > time.Second { // ffmpeg's AVI reader cannot seek to its start
		args = append(args, "-seek_timestamp", "1", "-noaccurate_seek", "-ss", seconds(from))
	}
	return append(args, "-i", fileURL(f.Path), "-map", stream)
}

// begin is the packet at which decoding starts: the last key frame at or before the
// first pick, or one before that. Where pictures build on the key frame after them ("open GOP"), a decoder complains
// of the first ones, which lack what came before. In a programme stream (MPG, MOD, VOB) a seek lands somewhere, and
// the times of pictures are guessed until two have come that state theirs. There decoding starts so far ahead that
// this is over, and the complaints about pictures that are wanted have not begun, when the picture
// is announced that hear names (a time stamp; nil: all complaints count).
func (r *Reader) begin() (packet int, hear *int64) {
	f := r.file
	packet = r.seg.picks[0].packet
	if f.Fields != "" { // the picture before it is looked at, too
		packet--
	}
	packet = f.keyBefore(packet)
	stream := f.Container == "mpeg"
	if !stream && !(f.openGOP && r.seg.Mode == AllFrames) {
		return packet, nil
	}
	lead := packet - 2*reorder - maxThreads - 8
	for stated := 0; stream && lead > 0 && stated < 2; lead-- {
		if f.packets[lead].Pos >= 0 { // the first in its PES packet, which bears its time
			stated++
		}
	}
	if packet = f.keyBefore(max(lead, 0)); packet == 0 {
		return 0, nil
	}
	return packet, &f.packets[packet+reorder+1].PTS
}

// keyBefore is the last key frame at or before packet i; the first packet where there is none.
func (f *File) keyBefore(i int) int {
	i = max(i, 0)
	for i > 0 && !f.packets[i].Key {
		i--
	}
	return i
}

// reorder is by how many pictures decoding may run ahead of showing: what H.264 and HEVC allow at most.
const reorder = 16

// filters is the chain that keeps the wanted pictures, tells their time stamps,
// turns them upright and scales them.
func (r *Reader) filters() string {
	chain := announce + "," + r.file.picture(r.w, r.h)
	if r.seg.Mode == KeyPackets {
		return chain
	}
	if _, hear := r.begin(); hear != nil {
		return announceLead + r.cut(chain)
	}
	return r.cut(chain)
}

// cut puts the choice of pictures before a chain.
func (r *Reader) cut(chain string) string {
	return r.file.between(r.seg.picks[0].packet, r.end()) + "," + r.selection() + "," + chain
}

// end is the packet that the pictures end before: the first after the last pick's cell. If the pick cannot be
// decoded, a later picture of its cell may stand in for it.
func (r *Reader) end() int {
	last := r.seg.picks[len(r.seg.picks)-1]
	for i, p := range r.file.packets[last.packet:] {
		if r.seg.sampling.Cell(r.dive.Time(r.seg.Chapter, p.PTS)) > last.cell {
			return last.packet + i
		}
	}
	return len(r.file.packets)
}

// selection keeps the first picture of each sampling cell of the deployment's clock.
func (r *Reader) selection() string {
	if r.seg.exact {
		return r.exactly()
	}
	shift := (r.dive.Offsets[r.seg.Chapter] - r.file.Base.Seconds(r.file.Start) + time.Microsecond).Seconds()
	every := r.seg.sampling.Every.Seconds()
	cell := func(t string) string { return fmt.Sprintf("floor((%s+%.9f)/%.9f)", t, shift, every) }
	return fmt.Sprintf("select='isnan(prev_selected_t)+gt(%s,%s)'", cell("t"), cell("prev_selected_t"))
}

// picture is the chain that turns a picture upright and scales it to w×h.
func (f *File) picture(w, h int) string {
	chain := ""
	switch f.Rotation {
	case 90:
		chain = "transpose=clock,"
	case 180:
		chain = "hflip,vflip,"
	case 270:
		chain = "transpose=cclock,"
	}
	return chain + fmt.Sprintf("scale=%d:%d:flags=bilinear+accurate_rnd+full_chroma_int,format=rgb24", w, h)
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 9, 64) }

// piped tells whether Requin hands over the bytes of a segment.
func (r *Reader) piped() bool { return r.seg.Mode == KeyPackets || r.file.streamed() }

// feed writes what ffmpeg is to decode to w and closes it. It returns what the disk refused;
// that ffmpeg has seen enough and hangs up is no error.
func (r *Reader) feed(w io.WriteCloser, only []int) error {
	defer w.Close()
	file, err := os.Open(r.file.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	if r.seg.Mode == KeyPackets {
		err = r.feedPackets(w, file, only)
	} else {
		err = r.feedStream(w, file)
	}
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// feedStream writes the file from where decoding starts.
func (r *Reader) feedStream(w io.Writer, file *os.File) error {
	begin, _ := r.begin()
	from := max(r.file.packets[begin].Pos, 0)
	if _, err := w.Write(transportTables(file)); err != nil {
		return err
	}
	_, err := io.Copy(w, io.NewSectionReader(file, from, r.file.Size-from))
	return err
}

// feedPackets writes the bytes of the picks, or of those in only. Bytes that the disk does not give are noted.
func (r *Reader) feedPackets(w io.Writer, file *os.File, only []int) error {
	buffered := bufio.NewWriterSize(w, 1<<16)
	if err := writeMatroskaHeader(buffered, r.file.Codec, r.file.config, r.file.codedW, r.file.codedH); err != nil {
		return err
	}
	var buf []byte
	for i, p := range r.seg.picks {
		if only != nil && !slices.Contains(only, i) {
			continue
		}
		packet := r.file.packets[p.packet]
		if int64(cap(buf)) < packet.Size {
			buf = make([]byte, packet.Size)
		}
		if _, err := file.ReadAt(buf[:packet.Size], packet.Pos); err != nil {
			r.lost[i] = "the disk did not give its bytes: " + cause(err)
			continue
		}
		if r.file.escaped() && blank(buf[:packet.Size]) {
			r.lost[i] = blankReason
			continue
		}
		if r.file.Codec == "hevc" && len(r.file.config) > 21 {
			standAlone(buf[:packet.Size], int(r.file.config[21]&3)+1) // hvcC, ISO/IEC 14496-15
		}
		if err := writeMatroskaPacket(buffered, i, buf[:packet.Size]); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// cause is the innermost message of an error, without names of files.
func cause(err error) string {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return strings.TrimSpace(err.Error())
}
