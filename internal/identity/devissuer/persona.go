package devissuer

import "slices"

// Persona is somebody to be. Its text is the stable subject of the tokens.
type Persona string

const (
	Expert           Persona = "persona:expert"
	HostOfficer      Persona = "persona:host-officer"
	FocalPoint       Persona = "persona:focal-point"
	ProgrammeManager Persona = "persona:programme-manager"
	Administrator    Persona = "persona:administrator"
	Evaluator        Persona = "persona:evaluator"
)

// Personas lists every persona in its fixed order.
var Personas = []Persona{Expert, HostOfficer, FocalPoint, ProgrammeManager, Administrator, Evaluator}

var labels = map[Persona][2]string{
	Expert:           {"Expert", "a diaspora expert with a profile"},
	HostOfficer:      {"Host officer", "writes the needs of a host institution"},
	FocalPoint:       {"Focal point", "follows the needs and candidacies of one country"},
	ProgrammeManager: {"Programme manager", "approves candidacies and assignments"},
	Administrator:    {"Administrator", "grants and revokes roles"},
	Evaluator:        {"Evaluator", "reads pseudonymous results"},
}

// Valid reports whether the persona is listed.
func (p Persona) Valid() bool { return slices.Contains(Personas, p) }

// Label is the persona's name on the sign-in page: "Host officer".
func (p Persona) Label() string { return labels[p][0] }

// About says in a few words what the persona does.
func (p Persona) About() string { return labels[p][1] }
