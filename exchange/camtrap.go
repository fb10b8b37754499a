package exchange

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"requin/annotate"
)

// CamtrapDP is the Camera Trap Data Package, version 1.0.2 (TDWG, camtrap-dp.tdwg.org): a folder with
// datapackage.json, deployments.csv, media.csv and observations.csv.
//
//   - A deployment needs a place and a date. A date without a time zone is written as UTC, with timestampIssues.
//   - A box is an observation of the level "media" with its bbox; its track is individualID.
//   - A sighting is an observation of the level "event" whose event is that instant.
//   - A MaxN is one of the level "event" whose event is the period. The format has no field for the metric of
//     a count, so it goes into observationTags: "metric:MaxN|tMaxN:12.5", where this reader finds it again.
//   - A count is at least 1 in this format: a zero of one taxon among others cannot be written, and is
//     listed; a deployment in which nothing was counted has one "blank" observation.
//
// Columns that nothing here means anything to are kept under "camtrap." and their names.
func CamtrapDP() Format {
	return Format{
		Name: "camtrapdp", Title: "Camtrap DP", Many: true, Read: readCamtrap, Write: writeCamtrap,
		Sniff: func(name string, head []byte) float64 {
			if path.Base(name) == "datapackage.json" && strings.Contains(string(head), "camtrap-dp") {
				return 1
			}
			return 0
		},
	}
}

// The columns of the tables, in the order of their schemas.
var (
	camtrapDeployments = strings.Fields(`deploymentID locationID locationName latitude longitude coordinateUncertainty deploymentStart
		deploymentEnd setupBy cameraID cameraModel cameraDelay cameraHeight cameraDepth cameraTilt cameraHeading detectionDistance
		timestampIssues baitUse featureType habitat deploymentGroups deploymentTags deploymentComments`)
	camtrapMedia = strings.Fields(`mediaID deploymentID captureMethod timestamp filePath filePublic fileName fileMediatype exifData
		favorite mediaComments`)
	camtrapObservations = strings.Fields(`observationID deploymentID mediaID eventID eventStart eventEnd observationLevel
		observationType cameraSetupType scientificName count lifeStage sex behavior individualID individualPositionRadius
		individualPositionAngle individualSpeed bboxX bboxY bboxWidth bboxHeight classificationMethod classifiedBy
		classificationTimestamp classificationProbability observationTags observationComments`)
)

const (
	camtrapSchema  = "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/"
	camtrapPackage = "camtrap.package" // what datapackage.json says beside its tables, with the first deployment
)

// camtrapStages are the stages that both EventMeasure and Camtrap DP know.
var camtrapStages = map[string]string{"AD": "adult", "SA": "subadult", "J": "juvenile"}

// keep puts the fields of an Extra that are columns of a table into its row, and lists the others.
func (w *camtrapWriter) keep(extra annotate.Extra, columns []string, row map[string]string, where string) {
	for key, value := range extra {
		switch name, own := strings.CutPrefix(key, "camtrap."); {
		case name == "observationTags" && row[name] != "": // in it already, beside ours
		case own && slices.Contains(columns, name):
			row[name] = value
		case own && key != camtrapPackage:
			w.losses.add("the field "+key, where)
		}
	}
	w.losses.extra(extra, where, "camtrap")
}

// camtrapLeftovers are the cells of a row that mean nothing here.
func camtrapLeftovers(t *table, meant []string) annotate.Extra {
	var extra annotate.Extra
	for i, name := range t.header {
		if name == "" || slices.Contains(meant, name) || t.text(i) == "" {
			continue
		}
		if extra == nil {
			extra = annotate.Extra{}
		}
		extra["camtrap."+name] = t.text(i)
	}
	return extra
}

// camtrapDescription is datapackage.json as far as it is read.
type camtrapDescription struct {
	Profile   string            `json:"profile"`
	Resources []camtrapResource `json:"resources"`
}

type camtrapResource struct {
	Name string `json:"name"`
	Path any    `json:"path"` // a name, or a list of one
}

// largestDescription is the size above which a datapackage.json cannot be meant.
const largestDescription = 16 << 20

// camtrapTables finds the tables of a package: name of the resource → path in the folder.
func camtrapTables(in Input) (tables map[string]string, description string, err error) {
	dir, name := path.Dir(in.Name), in.Name
	if name == "." {
		name = "datapackage.json"
	}
	file, err := in.FS.Open(name)
	if err != nil {
		return nil, "", fmt.Errorf("the package has no datapackage.json: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(utf8Text(file), largestDescription+1))
	if err != nil {
		return nil, "", err
	}
	if len(text) > largestDescription {
		return nil, "", fmt.Errorf("%s is larger than %d MB: this is no Camtrap DP", name, largestDescription>>20)
	}
	var d camtrapDescription
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, "", fmt.Errorf("%s is no JSON: %w", name, err)
	}
	tables = map[string]string{}
	for _, r := range d.Resources {
		file, ok := r.Path.(string)
		if list, many := r.Path.([]any); many && len(list) == 1 {
			file, ok = list[0].(string)
		}
		if !ok || !fs.ValidPath(path.Join(dir, file)) {
			return nil, "", fmt.Errorf("%s: the table %q lies at %v: only one file within the package can be read", name, r.Name, r.Path)
		}
		tables[r.Name] = path.Join(dir, file)
	}
	for _, need := range []string{"deployments", "media", "observations"} {
		if tables[need] == "" {
			return nil, "", fmt.Errorf("%s names no table %q: this is no Camtrap DP", name, need)
		}
	}
	return tables, rest(text), nil
}

// rest is datapackage.json without what is written anew.
func rest(text []byte) string {
	var all map[string]json.RawMessage
	if json.Unmarshal(text, &all) != nil {
		return ""
	}
	for _, anew := range []string{"resources", "profile", "created", "spatial", "temporal", "taxonomic"} {
		delete(all, anew)
	}
	if len(all) == 0 {
		return ""
	}
	out, err := json.Marshal(all) // sorted, so that it is the same each time
	if err != nil {
		return ""
	}
	return string(out)
}
