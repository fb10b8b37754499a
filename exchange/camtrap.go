package exchange

import (
	"cmp"
	"path"
	"strings"
	"time"

	"requin/annotate"
)

// CamtrapDP is a Camera Trap Data Package, version 1.0.2 (camtrap-dp.tdwg.org): datapackage.json with
// deployments.csv, media.csv and observations.csv.
//
//	Deployment            deployments: cameraDepth, deploymentStart and End, the rest in deploymentTags
//	Chapter               media
//	Sighting              observation of level media (of level event where its file is not known), a box in bboxX...
//	Count                 observation of level event, count
//
// The standard has no field for what kind of count it is, when it was reached, or for which taxa were looked
// for and not seen. So observationTags say "metric:MaxN | tMaxN:12m3s"; a deployment whose
// counts are all zero has one observation of type blank; any other zero is a loss, since count
// begins at 1. Every deployment needs a latitude, a longitude and a start with
// its time zone: one without place or date is left out, and named among the losses; one
// whose time has no zone is written as if it were UTC with timestampIssues, as
// the standard has it. deploymentEnd is the end of the chapters or of the last period.
//
// What a count of Requin's rests on: classificationMethod is machine where nobody looked, human where people did,
// whom classifiedBy names; observationComments say it in words and observationTags hold the rest (countStatus,
// countRisk, framesLookedAt ...). A count of others' that a machine classified is read as one that nobody looked at.
//
// Input.Name is datapackage.json or the folder. Fields that the records do not have are in Extra under
// "camtrapdp." and the field's name. bboxX and its kin are shares of the picture: Input.Size makes
// pixels of them, else they stay in Extra.
func CamtrapDP() Format {
	return Format{
		Name: "camtrapdp", Title: "Camtrap DP 1.0.2", Many: true,
		Sniff: sniffCamtrap, Read: readCamtrap, Write: statusPlace{}.write(writeCamtrap),
	}
}

const (
	ctPrefix = "camtrapdp."
	ctSchema = "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/"
)

// The fields of the three tables, in the order of the standard.
func ctFields(table string) []string {
	var fields string
	switch table {
	case "deployments":
		fields = "deploymentID locationID locationName latitude longitude coordinateUncertainty deploymentStart deploymentEnd setupBy " +
			"cameraID cameraModel cameraDelay cameraHeight cameraDepth cameraTilt cameraHeading detectionDistance timestampIssues baitUse " +
			"featureType habitat deploymentGroups deploymentTags deploymentComments"
	case "media":
		fields = "mediaID deploymentID captureMethod timestamp filePath filePublic fileName fileMediatype exifData favorite mediaComments"
	case "observations":
		fields = "observationID deploymentID mediaID eventID eventStart eventEnd observationLevel observationType cameraSetupType " +
			"scientificName count lifeStage sex behavior individualID individualPositionRadius individualPositionAngle individualSpeed " +
			"bboxX bboxY bboxWidth bboxHeight classificationMethod classifiedBy classificationTimestamp classificationProbability " +
			"observationTags observationComments"
	}
	return strings.Fields(fields)
}

func sniffCamtrap(name string, head []byte) float64 {
	text := string(head)
	switch {
	case path.Base(name) == "datapackage.json" && strings.Contains(text, "camtrap-dp"):
		return 1
	case strings.Contains(text, "camtrap-dp-profile"):
		return 0.9
	case strings.HasPrefix(strings.Trim(text, "\ufeff\""), "observationID") && strings.Contains(text, "observationLevel"):
		return 0.8
	case strings.HasPrefix(strings.Trim(text, "\ufeff\""), "deploymentID") && strings.Contains(text, "deploymentStart"):
		return 0.8
	}
	return 0
}

// ctTags are "key:value" pairs separated by "|", in their order. A key may come again.
type ctTags [][2]string

func readTags(s string) ctTags {
	var tags ctTags
	for part := range strings.SplitSeq(s, "|") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		key, value, found := strings.Cut(part, ":")
		if !found {
			key, value = "", part
		}
		tags = append(tags, [2]string{strings.TrimSpace(key), strings.TrimSpace(value)})
	}
	return tags
}

func (t ctTags) String() string {
	var parts []string
	for _, tag := range t {
		if tag[0] == "" {
			parts = append(parts, tag[1])
		} else {
			parts = append(parts, tag[0]+":"+tag[1])
		}
	}
	return strings.Join(parts, " | ")
}

// add puts a tag at the end, unless its value is blank. A bar in the value would end it, and becomes a slash.
func (t *ctTags) add(key, value string) {
	if value = strings.TrimSpace(strings.ReplaceAll(tidy(value), "|", "/")); value != "" {
		*t = append(*t, [2]string{key, value})
	}
}

// take removes the first tag of this key, and gives its value.
func (t *ctTags) take(key string) string {
	for i, tag := range *t {
		if tag[0] == key {
			*t = append((*t)[:i:i], (*t)[i+1:]...)
			return tag[1]
		}
	}
	return ""
}

// takeTime is take for a time as time.Duration writes it; None where there is none.
func (t *ctTags) takeTime(key string) time.Duration {
	for i, tag := range *t {
		if d, err := time.ParseDuration(tag[1]); tag[0] == key && err == nil && d >= 0 && d <= longest*time.Minute {
			*t = append((*t)[:i:i], (*t)[i+1:]...)
			return d
		}
	}
	return annotate.None
}

// stages are the life stages that the standard names, by what EventMeasure's users call them.
func stages() [][2]string {
	return [][2]string{{"AD", "adult"}, {"SA", "subadult"}, {"J", "juvenile"}}
}

func lifeStage(stage string) string {
	for _, s := range stages() {
		if strings.EqualFold(stage, s[0]) || strings.EqualFold(stage, s[1]) {
			return s[1]
		}
	}
	return ""
}

func stageOf(lifeStage string) string {
	for _, s := range stages() {
		if lifeStage == s[1] {
			return s[0]
		}
	}
	return lifeStage
}

// ctTime is a moment with its zone, as the standard has it: to the second, fractions where there are any.
func ctTime(t time.Time) string { return t.Format("2006-01-02T15:04:05.999999999Z07:00") }

// momentOf is when a deployment began. A date alone begins at midnight; exact tells whether there
// was a time of day with its zone.
func momentOf(s string) (at time.Time, exact, ok bool) {
	for _, layout := range []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, true, true
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at, false, true
		}
	}
	return time.Time{}, false, false
}

// lastedUntil is how long a deployment lasted, by its chapters, else its periods; 0: nothing tells.
func lastedUntil(d annotate.Deployment) time.Duration {
	var end time.Duration
	for _, ch := range d.Chapters {
		end = max(end, ch.Offset+ch.Duration)
	}
	if end > 0 {
		return end
	}
	for _, p := range d.Periods {
		if !p.Open {
			end = max(end, p.To)
		}
	}
	return end
}

// whyNot says what a deployment lacks to be published; "" where it has a place and a date.
func whyNot(d annotate.Deployment) string {
	var lacks []string
	if d.Latitude == nil || d.Longitude == nil {
		lacks = append(lacks, "latitude and longitude")
	}
	if _, _, ok := momentOf(d.DateTime); !ok {
		lacks = append(lacks, "a date")
	}
	return strings.Join(lacks, " and ")
}

// ctPath is a path as the standard allows it: not absolute, without "..".
func ctPath(name string) string {
	name = strings.ReplaceAll(name, `\`, "/")
	for strings.Contains(name, "..") {
		name = strings.ReplaceAll(name, "..", ".")
	}
	return cmp.Or(strings.TrimLeft(name, "./~ "), "unnamed")
}

// mediaType is the media type of a file by its name.
func mediaType(name string) string {
	switch ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")); ext {
	case "jpg", "jpeg":
		return "image/jpeg"
	case "png", "tif", "tiff", "bmp":
		return "image/" + ext
	case "avi":
		return "video/x-msvideo"
	case "mov":
		return "video/quicktime"
	case "mkv":
		return "video/x-matroska"
	case "mpg", "mpeg":
		return "video/mpeg"
	}
	return "video/mp4"
}
