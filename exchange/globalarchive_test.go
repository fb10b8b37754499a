package exchange

import (
	"encoding/json"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"requin/annotate"
	"requin/realdata"
)

// linesCounts is a stream as text, in an order of its own: sets of several campaigns are written apart. Taxa are as
// Normal has them, a file being written so.
func linesCounts(records []annotate.Record) string {
	var lines []string
	for _, record := range records {
		switch r := record.(type) {
		case annotate.Deployment:
			for key, value := range r.Extra {
				if value == "" && strings.HasPrefix(key, gaPrefix) { // a blank cell of a column that others added
					delete(r.Extra, key)
				}
			}
		case annotate.Count:
			r.Species = r.Species.Normal()
			record = r
		case annotate.Length:
			if _, em := r.Extra[emPrefix+"ImagePtPair"]; !em {
				r.Species = r.Species.Normal()
			}
			record = r
		}
		text, err := json.Marshal(record)
		if err != nil {
			panic(err)
		}
		lines = append(lines, string(text))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func metadataCounts(name, text string) ([]annotate.Deployment, error) {
	var out []annotate.Deployment
	for d, err := range ReadMetadata(name, strings.NewReader(text)) {
		if err != nil {
			return out, err
		}
		out = append(out, d)
	}
	return out, nil
}

func TestReadMetadata(t *testing.T) {
	const text = "Sample,Latitude,Longitude,Date,Time,Site,Status,Depth,Observer,Successful.count,bait\n" +
		"A,-22.5,113.25,20240501,9:05:00,Récif à,No-take,-12.5,Anna,Yes,pilchards\n"
	number := func(v float64) *float64 { return &v }
	yes := true
	want := []annotate.Deployment{{
		OpCode: "A", Campaign: "2024-05_X_stereo-BRUVs", Latitude: number(-22.5), Longitude: number(113.25), DateTime: "2024-05-01T09:05:00",
		Site: "Récif à", Status: "No-take", Depth: number(12.5), ObserverCount: "Anna", SuccessfulCount: &yes,
		Extra: annotate.Extra{"globalarchive.depth_as_given": "-12.5", "globalarchive.date_time_as_given": "20240501 9:05:00",
			"globalarchive.Date": "20240501", "globalarchive.Time": "9:05:00", "globalarchive.bait": "pilchards"},
	}}
	texts := encodingsCounts(text)
	texts["Latin-1"] = strings.NewReplacer("é", "\xe9", "à", "\xe0").Replace(text)
	texts["semicolons"] = strings.ReplaceAll(text, ",", ";")
	texts["tabs"] = strings.ReplaceAll(text, ",", "\t")
	for name, in := range texts {
		got, err := metadataCounts("2024-05_X_stereo-BRUVs_Metadata.csv", in)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, want)
		}
	}
	commas := strings.NewReplacer(",", ";", "-22.5", "-22,5", "113.25", "113,25").Replace(text)
	if got, err := metadataCounts("m_Metadata.csv", commas); err != nil || *got[0].Latitude != -22.5 || *got[0].Longitude != 113.25 {
		t.Errorf("decimal commas: %+v %v", got, err)
	}
}

func TestMetadataErrors(t *testing.T) {
	const head = "opcode,latitude_dd,longitude_dd,date_time,depth_m,successful_count\nA,1,2,2024-05-01,3,Yes\n"
	for _, c := range []struct{ row, want string }{
		{"A,1,2,2024-05-01,3,Yes", `m.csv, line 3: column opcode is "A": the same is on line 2`},
		{",1,2,2024-05-01,3,Yes", "line 3: column opcode"},
		{"B,91,2,2024-05-01,3,Yes", `line 3: column latitude_dd is "91": it should lie between -90 and 90`},
		{"B,1,-181,2024-05-01,3,Yes", "column longitude_dd"},
		{"B,S21,2,2024-05-01,3,Yes", "it should be a number"},
		{"B,1,2,03/14/2024,3,Yes", "day/month/year"},
		{"B,1,2,2024-02-30,3,Yes", "column date_time"},
		{"B,1,2,2024-02-03T25:00,3,Yes", "time of day"},
		{"B,1,2,2024-02-03,deep,Yes", "column depth_m"},
		{"B,1,2,2024-02-03,3,perhaps", "it should be Yes or No"},
	} {
		got, err := metadataCounts("m.csv", head+c.row+"\n")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.row, err, c.want)
		}
		if len(got) != 1 {
			t.Errorf("%s: %d deployments before the error", c.row, len(got))
		}
	}
	if _, err := metadataCounts("m.csv", "code,lat\n1,2\n"); err == nil || !strings.Contains(err.Error(), "opcode or sample") {
		t.Errorf("no opcode: %v", err)
	}
}

func TestParseMoment(t *testing.T) {
	for in, want := range map[string]string{
		"2024-05-01T08:18:54+08:00": "2024-05-01T08:18:54+08:00", "2019-08-12T01:23:00Z": "2019-08-12T01:23:00Z", "2024-05-01": "2024-05-01",
		"14/03/2023 23:36": "2023-03-14T23:36", "1/08/2023": "2023-08-01", "20210318 10:38:00": "2021-03-18T10:38:00", "2024/5/1 7:05": "2024-05-01T07:05",
		"14.03.2023": "2023-03-14", "2024-05-01 08:18:54 +0800": "2024-05-01T08:18:54+08:00", "2024-05-01T08:18:54.5Z": "2024-05-01T08:18:54.5Z",
	} {
		if got, err := parseMoment(in); err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"03/14/2023", "14-Aug", "45000", "2024-05-01T8h", "1/2/23", "2024-05-01T08:00+99:99"} {
		if got, err := parseMoment(in); err == nil {
			t.Errorf("%s is %s", in, got)
		}
	}
}

// The real files, against what python's csv reader gives (rows; sum of counts; lengths that are not NA).
func TestGlobalArchiveReal(t *testing.T) {
	dir := os.DirFS(realdata.Path(t, "eventmeasure", "globalarchive_generic"))
	for _, c := range []struct {
		name                             string
		deployments, counts, lengths, mm int
		sum                              float64
		successful                       int
	}{
		{"2017-04_Marmion.MP.Monitoring_stereoDOVs", 1, 78, 46, 46, 81, 1},
		{"2022-05_PtCloates_stereo-BRUVS", 62, 802, 2130, 1582, 2212, 62},
		{"2024-05_Exmouth-Gulf_stereo-BRUVs", 325, 3108, 8386, 7581, 17225, 216},
	} {
		in := Input{FS: dir, Name: c.name}
		records, err := readCounts(GlobalArchive().Read(in))
		if err != nil {
			t.Error(err)
			continue
		}
		got := c
		got.deployments, got.counts, got.lengths, got.mm, got.sum, got.successful = 0, 0, 0, 0, 0, 0
		for _, record := range records {
			switch r := record.(type) {
			case annotate.Deployment:
				got.deployments++
				if r.SuccessfulCount != nil && *r.SuccessfulCount {
					got.successful++
				}
			case annotate.Count:
				got.counts++
				got.sum += r.Value
			case annotate.Length:
				got.lengths++
				if r.Length != nil {
					got.mm++
				}
			}
		}
		if got != c {
			t.Errorf("%+v\nwant %+v", got, c)
		}
		againCounts(t, GlobalArchive(), in)
	}
}

// Every real metadata file, against python's csv reader: rows, those whose count succeeded, the sum of the depths.
func TestMetadataReal(t *testing.T) {
	for _, c := range []struct {
		file       string
		rows, good int
		depth      float64
	}{
		{"bruvs_with_zeros/example_Metadata.csv", 6, 5, 0},
		{"swc_2023-03/2023-03_SwC_stereo-BRUVs_Metadata.csv", 32, 32, 1600.2},
		{"tasman_fracture_2021-03/Tasman_Fracture_202103_Metadata.csv", 113, 110, 12776.18},
	} {
		file, err := os.Open(realdata.Path(t, "eventmeasure", c.file))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		rows, good, depth := 0, 0, 0.0
		for d, err := range ReadMetadata(path.Base(c.file), file) {
			if err != nil {
				t.Fatal(err)
			}
			rows++
			if d.SuccessfulCount != nil && *d.SuccessfulCount {
				good++
			}
			if depth += *d.Depth; *d.Depth < 0 || d.DateTime == "" || d.Latitude == nil {
				t.Errorf("%s: %+v", c.file, d)
			}
		}
		if rows != c.rows || good != c.good || depth < c.depth-0.01 || depth > c.depth+0.01 {
			t.Errorf("%s: %d rows, %d good, depths %.2f; want %+v", c.file, rows, good, depth, c)
		}
	}
}

func TestReadCAABReal(t *testing.T) {
	for _, c := range []struct {
		file, family, genus, species, code string
		least                              int
	}{
		{"CAAB_20231109.txt", "Chaetodontidae", "Chaetodon", "madagaskariensis", "37365092", 22000},
		{"australia.life.history.csv", "Balistidae", "Abalistes", "stellatus", "37465011", 1500},
		{"large_bodied_carnivores.csv", "Elopidae", "Elops", "machnata", "37053003", 700},
	} {
		file, err := os.Open(realdata.Path(t, "eventmeasure", "life_history", c.file))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		list, err := ReadCAAB(c.file, file)
		if err != nil || len(list) < c.least {
			t.Errorf("%s: %d codes, %v", c.file, len(list), err)
		}
		s := annotate.Species{Family: c.family, Genus: strings.ToUpper(c.genus), Species: c.species}
		if got := list.Fill(s); got.CAAB != c.code {
			t.Errorf("%s: %+v", c.file, got)
		}
	}
	if _, err := ReadCAAB("x.csv", strings.NewReader("genus,species,caab\na,b,c\n")); err == nil {
		t.Error("a list without a code")
	}
}

func FuzzGlobalArchive(f *testing.F) {
	for _, seed := range []string{
		"campaignid,opcode,family,genus,species,count,caab_code\nc,A,Labridae,Unknown,spp,3,37384045\n",
		"Sample,Family,Genus,Species,Count,Length,Transect\n\"3 Mile-01\",Labridae,Coris,a,1,132.757,1\n",
		"opcode;latitude_dd;longitude_dd;date_time;depth_m;x;x;\nA;-3,5;2;14/03/2023 23:36;-3;1;2;3\n",
		"OpCode,Period,Latitude,Longitude,Date,Time\nA,1,2,3,20140801,0:00:00\nA,2,2,3,NA,\n",
		"opcode,latitude,longitude,date.time.utc,Visibility,stage\nA,,,2019-08-12T01:23:00,3,\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		head, _, err := peek(strings.NewReader(text))
		if err != nil {
			return
		}
		kind := gaKind(head)
		if kind == "" {
			return
		}
		againCounts(t, GlobalArchive(), Input{FS: filesCounts("2024-05_X_Y_"+kind+".csv", text), Name: "."})
	})
}

func FuzzReadCAAB(f *testing.F) {
	f.Add("FAMILY\tGENUS\tSPECIES\tCAAB CODE\nA\tB\tc\t37460069\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ReadCAAB("x", strings.NewReader(text))
		for taxon, code := range list {
			if err == nil && (taxon == "" || len(code) != 8) {
				t.Fatalf("%q %q", taxon, code)
			}
		}
	})
}
