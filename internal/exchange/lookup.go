package exchange

import (
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// known is what rows may refer to: programmes, and institutions by id and name.
type known struct {
	programmes []*views.ProgrammeRow
	byID       map[domain.InstitutionID]*views.InstitutionRow
	byName     map[string][]*views.InstitutionRow
}

func lookUp(r projections.Reader) (known, error) {
	k := known{byID: map[domain.InstitutionID]*views.InstitutionRow{}, byName: map[string][]*views.InstitutionRow{}}
	for p, err := range views.Programmes.All(r) {
		if err != nil {
			return k, err
		}
		if p.Open() {
			k.programmes = append(k.programmes, p)
		}
	}
	for i, err := range views.Institutions.All(r) {
		if err != nil {
			return k, err
		}
		k.byID[i.ID] = i
		name := strings.ToLower(i.Profile.Name)
		k.byName[name] = append(k.byName[name], i)
	}
	return k, nil
}

func (k known) programme(c *cells) domain.ProgrammeID {
	id := domain.ProgrammeID(c.id("programme"))
	switch {
	case id == "" && c.has("programme"): // told already
	case id == "" && len(k.programmes) == 1:
		return k.programmes[0].ID
	case id == "":
		c.refuse("programme", domain.ErrRequired.With("There is not one open programme alone: name one."))
	default:
		for _, p := range k.programmes {
			if p.ID == id {
				return id
			}
		}
		c.refuse("programme", ErrUnknown.With("There is no such open programme."))
	}
	return id
}

// institution finds one by id or by its exact name, whatever the case.
func (k known) institution(c *cells, name string) *views.InstitutionRow {
	text := c.required(name)
	if text == "" {
		return nil
	}
	if id := domain.InstitutionID(strings.ToLower(text)); domain.ValidID(id) {
		if k.byID[id] == nil {
			c.refuse(name, ErrUnknown)
		}
		return k.byID[id]
	}
	switch found := k.byName[strings.ToLower(text)]; len(found) {
	case 0:
		c.refuse(name, ErrUnknown)
	case 1:
		return found[0]
	default:
		c.refuse(name, ErrSeveral)
	}
	return nil
}

// namespace separates ids that derive from rows; it is part of the contract that
// importing again finds what was imported.
var namespace = [16]byte{0x7e, 0x35, 0x02, 0x9a, 0xc4, 0x1f, 0x4d, 0x88, 0xb6, 0x2d, 0x51, 0xe8, 0x0b, 0x93, 0x6f, 0x24}

func derive(parts ...string) string { return domain.DeriveID(namespace, strings.Join(parts, "|")) }

// key is the id of the row's object: its id, or derived from its reference.
func (c *cells) key(kind, programme string) string {
	if id := c.id("id"); id != "" || c.has("id") {
		return id
	}
	if reference := c.text("reference"); reference != "" {
		return derive(kind, programme, reference)
	}
	c.refuse("id", ErrKey)
	return ""
}
