package method

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path"
	"slices"
	"strconv"
	"time"

	"requin/record"
)

// entity is one node of RO-Crate's graph.
type entity map[string]any

type ref struct {
	ID string `json:"@id"`
}

const program = "#requin"

// crate is the metadata of a methods folder, as RO-Crate 1.2 has it: the files, the runs that made the numbers, and what each
// began with, which is named by its hash and does not lie in the folder.
func (b Book) crate(records []Kept, files []file, now time.Time) ([]byte, error) {
	root := entity{"@id": "./", "@type": "Dataset", "name": b.Survey, "datePublished": now.UTC().Format(time.RFC3339),
		"description": "How the numbers of the survey " + b.Survey + " came about: records of runs, methods paragraph, gaps. Head of the survey's ledger: " + b.Head}
	graph := []entity{
		{"@id": crateFile, "@type": "CreativeWork", "conformsTo": ref{"https://w3id.org/ro/crate/1.2"}, "about": ref{"./"}},
		root,
		{"@id": program, "@type": "SoftwareApplication", "name": "Requin", "softwareVersion": record.Version(), "description": "Counts sharks on baited remote underwater video"},
	}
	if licence := b.declaredAs("licence"); licence != "" {
		root["license"] = ref{"#licence"}
		graph = append(graph, entity{"@id": "#licence", "@type": "CreativeWork", "name": licence, "description": "As a person declared it"})
	}
	if funding := b.declaredAs("funding"); funding != "" {
		root["funder"] = ref{"#funder"}
		graph = append(graph, entity{"@id": "#funder", "@type": "Organization", "name": funding, "description": "As a person declared it"})
	}
	var parts []ref
	for _, f := range files {
		sum := sha256.Sum256(f.content)
		parts = append(parts, ref{f.name})
		graph = append(graph, entity{"@id": f.name, "@type": "File", "name": f.about, "encodingFormat": f.format, "contentSize": strconv.Itoa(len(f.content)), "sha256": hex.EncodeToString(sum[:])})
	}
	root["hasPart"] = parts
	var runs []ref
	for _, k := range records {
		run := entity{"@id": "#run-" + k.ID, "@type": "CreateAction", "name": "requin " + k.Kind, "instrument": ref{program}, "result": ref{recordsFolder + "/" + k.ID + ".json"},
			"startTime": k.read.Times.Started.Format(time.RFC3339), "endTime": k.read.Times.Finished.Format(time.RFC3339)}
		objects := []ref{}
		for _, in := range k.read.Inputs {
			if len(in.SHA256) != sha256.Size*2 {
				continue
			}
			id := "#sha256-" + in.SHA256
			objects = append(objects, ref{id})
			if !slices.ContainsFunc(graph, func(e entity) bool { return e["@id"] == id }) {
				graph = append(graph, entity{"@id": id, "@type": "MediaObject", "name": path.Base(in.Path), "description": in.Role, "sha256": in.SHA256})
			}
		}
		run["object"] = objects
		runs = append(runs, ref{"#run-" + k.ID})
		graph = append(graph, run)
	}
	root["mentions"] = runs
	return json.MarshalIndent(map[string]any{"@context": "https://w3id.org/ro/crate/1.2/context", "@graph": graph}, "", "  ")
}

func makeFolder(path string) error { return os.MkdirAll(path, 0o777) }
