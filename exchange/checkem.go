package exchange

import (
	"requin/annotate"
)

// CheckEM is what CheckEM, the web page that checks and uploads stereo-video
// annotations, takes: EventMeasure's text exports, and for each set a
// PREFIX_Metadata.csv whose columns bear the names CheckEM looks for
//
//	opcode,latitude_dd,longitude_dd,date_time,site,location,status,depth_m,
//	observer_count,observer_length,successful_count,successful_length,visibility_m
//
// and PREFIX is the campaign: year, month, name and method, as 2024-05_Exmouth-Gulf_stereo-BRUVs. It
// reads the same files as EventMeasure. Writing them also lists, among the losses, what CheckEM will
// object to. A deployment in which nothing was seen is in the metadata and not in the points, which is how
// CheckEM knows of its zeros.
func CheckEM() Format {
	return Format{
		Name: "checkem", Title: "CheckEM: EventMeasure text exports with metadata", Many: true,
		// The files are EventMeasure's: whoever does not ask for CheckEM gets that.
		Sniff: func(name string, head []byte) float64 { return sniffEventMeasure(name, head) / 2 },
		Read:  readEventMeasure, Write: statusPlace{}.write(writeCheckEM),
	}
}

func writeCheckEM(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	losses, err := writeEM(out, records, opt, gaMetadata)
	if err != nil {
		return nil, err
	}
	complaints, err := annotate.Complaints(records, annotate.CheckRule{})
	if err != nil {
		return nil, err
	}
	for _, c := range complaints {
		losses.add("CheckEM will object: "+c.What, c.OpCode)
	}
	names := map[string]bool{}
	err = eachDeployment(records, annotate.Deployment.Described, func(d annotate.Deployment) {
		for _, column := range []string{"latitude_dd", "longitude_dd", "date_time", "depth_m", "successful_length"} {
			if metadataCell(d, column) == "" {
				losses.add("CheckEM will object: "+column+" is blank", d.OpCode)
			}
		}
		if d.DateTime != "" && !zoned(d.DateTime) {
			losses.add("CheckEM will object: date_time has no time of day with its zone, as 2024-05-01T08:18:54+08:00", d.OpCode)
		}
		names[d.Campaign] = true
	})
	for _, campaign := range sortedKeys(names) {
		if !gaName.MatchString(campaign) {
			losses.add("CheckEM will object: the campaign should be called YYYY-MM_Name_method", campaign)
		}
	}
	return losses, err
}
