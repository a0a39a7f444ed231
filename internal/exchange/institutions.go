package exchange

import (
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/projections/views"
)

var institutionColumns = []Column{
	{Name: "id", About: "UUID of the institution. An export writes it; a new institution may have a reference instead.", Example: ""},
	{Name: "reference", way: inOnly, About: "Your own key of the institution, unique in the programme. The same reference is the same institution.", Example: "HOST-031"},
	{Name: "programme", About: "UUID of the programme; may be left out when there is only one.", Example: ""},
	{Name: "name", Required: true, About: "Name.", Example: "Hargeisa Group Hospital"},
	{Name: "alias", About: "Shown instead of the name where the institution is protected.", Example: ""},
	{Name: "type", Required: true, About: "ministry, hospital, university and so on: see the list below.", Example: "hospital"},
	{Name: "stage", way: outOnly, About: "Where the institution stands."},
	{Name: "country", Required: true, About: "ISO 3166-1 code.", Example: "SO"},
	{Name: "area", About: "ISO 3166-2 code within the country.", Example: "SO-WO"},
	{Name: "location", About: "Town or district.", Example: "Hargeisa"},
	{Name: "parent", About: "UUID of the body above it.", Example: ""},
	{Name: "sensitivity", About: "open, restricted or protected; without it, open.", Example: "restricted"},
	{Name: "sectors", form: codes, Required: true, About: "Sectors, by their codes.", Example: "health;education"},
	{Name: "units", form: entries, About: "Units; a unit below another is written Directorate > Department.", Example: "Neonatal unit"},
	{Name: "max_concurrent", form: number, About: "How many experts it receives at once.", Example: "3"},
	{Name: "connectivity", About: "none, poor, fair or good.", Example: "fair"},
	{Name: "trainee_devices", form: number, About: "Devices that trainees can use.", Example: "6"},
	{Name: "tool", About: "The one tool for virtual work that fits all.", Example: "video calls in the browser"},
}

// institutionRow is what a row of the file asks for.
type institutionRow struct {
	id           domain.InstitutionID
	programme    domain.ProgrammeID
	profile      institution.Profile
	units        []institution.Unit // parents before their children
	capacity     uint8
	connectivity institution.Connectivity
}

// maxDevices bounds the devices of trainees.
const maxDevices = 65_535

func (k known) institutionRow(c *cells) institutionRow {
	r := institutionRow{
		programme: k.programme(c),
		profile: institution.Profile{
			Name: c.required("name"), Alias: c.text("alias"), Type: institution.Type(c.lower("type")), Country: domain.Country(c.upper("country")),
			Area: domain.Area(c.upper("area")), Location: c.text("location"), Parent: domain.InstitutionID(c.id("parent")),
			Sensitivity: domain.Sensitivity(c.lower("sensitivity")), Sectors: typed[domain.Sector](c, "sectors", nil),
		},
		capacity: uint8(c.number("max_concurrent", 1, institution.MaxConcurrent)),
		connectivity: institution.Connectivity{
			Quality: institution.Quality(c.lower("connectivity")), TraineeDevices: uint16(c.number("trainee_devices", 0, maxDevices)), Tool: c.text("tool"),
		},
	}
	if r.profile.Sensitivity == "" {
		r.profile.Sensitivity = domain.Open
	}
	r.id = domain.InstitutionID(c.key("institution", string(r.programme)))
	for _, path := range c.list("units") {
		r.unit(path)
	}
	return r
}

// unitArrow stands between a unit and the one below it.
const unitArrow = ">"

// unit adds the units of a path, each once. Their ids derive from the path, so
// that importing again finds them.
func (r *institutionRow) unit(path string) {
	var parent domain.UnitID
	at := ""
	for name := range strings.SplitSeq(path, unitArrow) {
		name = strings.TrimSpace(name)
		if at += unitArrow + strings.ToLower(name); name == "" {
			continue
		}
		u := institution.Unit{ID: domain.UnitID(derive("unit", string(r.id), at)), Name: name, Parent: parent}
		if !contains(r.units, u.ID) {
			r.units = append(r.units, u)
		}
		parent = u.ID
	}
}

func contains(units []institution.Unit, id domain.UnitID) bool {
	for _, u := range units {
		if u.ID == id {
			return true
		}
	}
	return false
}

// writeInstitution is the row of an export.
func writeInstitution(i *views.InstitutionRow) record {
	p := i.Profile
	r := record{
		"id": {string(i.ID)}, "programme": {string(i.Programme)}, "name": {i.ShownAs()}, "alias": {p.Alias}, "type": {string(p.Type)},
		"stage": {string(i.Stage)}, "country": {string(p.Country)}, "area": {string(p.Area)}, "location": {p.Location},
		"parent": {string(p.Parent)}, "sensitivity": {string(p.Sensitivity)}, "sectors": texts(p.Sectors),
		"connectivity": {string(i.Connectivity.Quality)}, "tool": {i.Connectivity.Tool},
	}
	if i.MaxConcurrent > 0 {
		r["max_concurrent"] = []string{num(int(i.MaxConcurrent))}
	}
	if i.Connectivity.Quality != "" {
		r["trainee_devices"] = []string{num(int(i.Connectivity.TraineeDevices))}
	}
	for _, u := range i.Units {
		if !u.Retired {
			r["units"] = append(r["units"], unitPath(i.Units, u))
		}
	}
	return r
}

func unitPath(units []views.Unit, u views.Unit) string {
	path := u.Name
	for range institution.MaxUnitDepth {
		parent := u.Parent
		if parent == "" {
			break
		}
		for _, v := range units {
			if v.ID == parent {
				path, u = v.Name+" "+unitArrow+" "+path, v
			}
		}
	}
	return path
}
