package annotate

import (
	"time"

	"requin/frame"
)

// Deployment is one drop of one station as people describe it. A number that was
// not recorded is nil, a text "".
type Deployment struct {
	OpCode           string    `json:"opcode"`             // unique in a survey
	Campaign         string    `json:"campaign,omitempty"` // GlobalArchive's CampaignID: YYYY-MM_Name_stereo-BRUVs
	Latitude         *float64  `json:"latitude,omitempty"` // decimal degrees, WGS 84
	Longitude        *float64  `json:"longitude,omitempty"`
	DateTime         string    `json:"date_time,omitempty"` // ISO 8601, as exact as it is known: 2024-05-01, 2024-05-01T08:18:54, 2024-05-01T08:18:54+08:00
	Site             string    `json:"site,omitempty"`
	Location         string    `json:"location,omitempty"`
	Status           string    `json:"status,omitempty"` // Fished, No-take
	Depth            *float64  `json:"depth,omitempty"`  // metres below the surface, positive
	ObserverCount    string    `json:"observer_count,omitempty"`
	ObserverLength   string    `json:"observer_length,omitempty"`
	SuccessfulCount  *bool     `json:"successful_count,omitempty"`
	SuccessfulLength *bool     `json:"successful_length,omitempty"`
	Visibility       *float64  `json:"visibility,omitempty"` // metres
	Chapters         []Chapter `json:"chapters,omitempty"`
	Periods          []Period  `json:"periods,omitempty"`
	Extra            Extra     `json:"extra,omitempty"` // other columns of a metadata file by their header ("globalarchive.bait"), and what other formats say
}

// Place is where it was filmed, as far as waters are told apart by it: its site, lacking that its campaign; "": not known.
func (d Deployment) Place() string {
	if d.Site != "" {
		return d.Site
	}
	return d.Campaign
}

// Chapter is one of the files a camera split a deployment into.
type Chapter struct {
	Path     string         `json:"path"`             // as the survey or the file gives it
	Camera   int            `json:"camera,omitempty"` // of a stereo pair: 0 left, which is counted, 1 right
	Size     int64          `json:"size,omitempty"`   // bytes
	SHA256   string         `json:"sha256,omitempty"`
	Offset   time.Duration  `json:"offset"`           // from the start of the deployment; None: not known, because a chapter before it cannot be read
	Duration time.Duration  `json:"duration"`         // 0: not known
	Frames   int            `json:"frames,omitempty"` // 0: not known
	Rate     frame.Rational `json:"rate,omitzero"`    // frames a second; zero: not known
	W        int            `json:"w,omitempty"`
	H        int            `json:"h,omitempty"`
	Codec    string         `json:"codec,omitempty"`
	Extra    Extra          `json:"extra,omitempty"`
}

// End is when a chapter ends in its deployment; false where nobody knows.
func (c Chapter) End() (time.Duration, bool) {
	if c.Offset == None {
		return 0, false
	}
	return c.Offset + c.Duration, true
}

// Period is a part of a deployment that counts.
type Period struct {
	Name  string        `json:"name"`
	From  time.Duration `json:"from"`           // from the start of the deployment
	To    time.Duration `json:"to"`             // exclusive; of no meaning where Open
	Open  bool          `json:"open,omitempty"` // it has no end
	Extra Extra         `json:"extra,omitempty"`
}

// Species is a taxon as ecologists write it in three columns.
type Species struct {
	Family  string `json:"family,omitempty"`
	Genus   string `json:"genus,omitempty"`   // "Unknown" where only the family is known
	Species string `json:"species,omitempty"` // "spp" where only the genus is known
	CAAB    string `json:"caab,omitempty"`    // 8 digits
}

// Sighting is so many animals of one taxon and stage that a person saw at one
// place of one frame; an EventMeasure point. Several in one frame add up.
type Sighting struct {
	OpCode     string        `json:"opcode"`
	Media      string        `json:"media,omitempty"` // file name
	Frame      int           `json:"frame"`           // as EventMeasure counts it in the file; -1: not stated
	Time       time.Duration `json:"time"`            // from the start of the deployment; None: not stated
	Period     string        `json:"period,omitempty"`
	PeriodTime time.Duration `json:"period_time"` // from the start of the period; None: outside any period
	Species    Species       `json:"species"`
	Number     int           `json:"number"`
	Stage      string        `json:"stage,omitempty"`
	Activity   string        `json:"activity,omitempty"`
	Comment    string        `json:"comment,omitempty"`
	Shape      Shape         `json:"shape"`
	Origin     Origin        `json:"origin,omitzero"`
	Extra      Extra         `json:"extra,omitempty"`
}

// Length is one measurement of an animal, or of Number alike, in millimetres.
type Length struct {
	OpCode    string        `json:"opcode"`
	Media     string        `json:"media,omitempty"` // of the left camera
	Frame     int           `json:"frame"`           // -1: not stated
	Time      time.Duration `json:"time"`            // as in Sighting
	Period    string        `json:"period,omitempty"`
	Species   Species       `json:"species"`
	Number    int           `json:"number"`
	Length    *float64      `json:"length,omitempty"`    // mm; nil: not measured (a 3-D point)
	Precision *float64      `json:"precision,omitempty"` // mm
	RMS       *float64      `json:"rms,omitempty"`       // mm
	Range     *float64      `json:"range,omitempty"`     // mm
	Stage     string        `json:"stage,omitempty"`
	Activity  string        `json:"activity,omitempty"`
	Comment   string        `json:"comment,omitempty"`
	Origin    Origin        `json:"origin,omitzero"`
	Extra     Extra         `json:"extra,omitempty"`
}

// Count is the count of a taxon in a deployment, or in one of its media: MaxN unless Metric says
// otherwise. A zero is a statement too: looked for and not seen.
type Count struct {
	Campaign string        `json:"campaign,omitempty"`
	OpCode   string        `json:"opcode"`
	Media    string        `json:"media,omitempty"` // where the count is of one file
	Species  Species       `json:"species"`
	Label    string        `json:"label,omitempty"`  // where the source names one class rather than three columns
	Stage    string        `json:"stage,omitempty"`  // where it is counted by stage
	Metric   string        `json:"metric,omitempty"` // "" is MaxN
	Value    float64       `json:"value"`
	Low      *float64      `json:"low,omitempty"` // its interval, where it has one
	High     *float64      `json:"high,omitempty"`
	Time     time.Duration `json:"time"` // tMaxN, from the start of the deployment; None: not stated
	Verified *Verification `json:"verified,omitempty"`
	Origin   Origin        `json:"origin,omitzero"`
	Extra    Extra         `json:"extra,omitempty"`
}

// Verification says how far a count of Requin's may be trusted.
type Verification struct {
	Status  string    `json:"status"`            // machine (nobody looked), reviewed, certified or disputed, as package count has them
	Machine *float64  `json:"machine,omitempty"` // what the machine had counted; nil: nothing was looked at
	Risk    float64   `json:"risk"`              // chance that the count is too low, 0 to 1; of no meaning where nobody looked
	Limit   float64   `json:"limit"`             // under which it is certified
	Looked  int       `json:"frames_looked_at"`  // whole, by people
	Frames  int       `json:"frames_sampled"`    // by the machine
	By      []string  `json:"by,omitempty"`      // who looked
	At      time.Time `json:"at,omitzero"`       // of the last verdict
	Log     string    `json:"log_sha256,omitempty"`
	Alone   []Alone   `json:"maxn_by_observer,omitempty"` // what each reader makes of it by their own verdicts alone
	Basis   string    `json:"interval_basis,omitempty"`   // what interval and risk rest on, in words, or "none: ..." and why there is no interval
	Model   string    `json:"model,omitempty"`            // the detector: file name and the beginning of its SHA-256
}

// Alone is one reader's own count.
type Alone struct {
	Name string  `json:"name"`
	MaxN float64 `json:"maxn"`
}

// Described tells whether anything is stated that a metadata file states: where,
// when, how deep, or whether it succeeded. A deployment that only a video or a
// period names is not.
func (d Deployment) Described() bool {
	return d.Latitude != nil || d.Longitude != nil || d.DateTime != "" || d.Site != "" || d.Location != "" || d.Status != "" ||
		d.Depth != nil || d.ObserverCount != "" || d.ObserverLength != "" || d.SuccessfulCount != nil || d.SuccessfulLength != nil ||
		d.Visibility != nil
}
