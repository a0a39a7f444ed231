package esco

import (
	"archive/zip"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// The fixture has the shape of ESCO and is made up: spice shops, and three
// skills of the built-in list ("Cardiology" by label, "Marketing and sales" by a
// part, "cold chain" by a synonym).
const (
	s = "http://data.europa.eu/esco/skill/"
	o = "http://data.europa.eu/esco/occupation/"
	g = "http://data.europa.eu/esco/skill/group-"
)

func fixture() map[string]string {
	return map[string]string{
		"skills_en.csv": "\ufeff" + `conceptType,conceptUri,preferredLabel,altLabels,status,description
K,` + s + `s1,Cardiology,"heart doctoring
heart care",released,"a description,
over two lines"
K,` + s + `s2,sales,selling,released,
K,` + s + `s3,blend spices,"blending of spices

blend spices",released,
K,` + s + `s4,grind pepper,,released,
K,` + s + `s5,grind white pepper,,released,
K,` + s + `s6,cold chain,,released,
K,` + s + `s7,alchemy,,obsolete,
K,` + s + `s8,taste saffron,,released,
`,
		"skills_nl.csv": `conceptUri,preferredLabel,altLabels
` + s + `s3,specerijen mengen,kruiden mengen
` + s + `s7,alchemie,
`,
		"skillGroups_en.csv": "conceptUri,preferredLabel\n" + g + "1,handling spices\n",
		"ISCOGroups_en.csv":  "code,preferredLabel\n2,Professionals\n2212,Specialist doctors\n1221,Sales managers\n2262,Pharmacists\n5221,Shopkeepers\n",
		"occupations_en.csv": `conceptUri,iscoGroup,preferredLabel,status
` + o + `o1,2212,heart doctor,released
` + o + `o2,1221,head of sales,released
` + o + `o3,5221,spice merchant,released
` + o + `o4,5221,pepper merchant,released
` + o + `o5,2262,pharmacist,released
` + o + `o6,5221,alchemist,obsolete
`,
		"broaderRelationsSkillPillar.csv": `conceptUri,broaderUri
` + s + `s3,` + g + `1
` + s + `s4,` + s + `s3
` + s + `s5,` + s + `s4
` + s + `s8,` + g + `unknown
`,
		"occupationSkillRelations.csv": `occupationUri,relationType,skillType,skillUri
` + o + `o1,essential,k,` + s + `s1
` + o + `o2,essential,k,` + s + `s2
` + o + `o3,essential,k,` + s + `s3
` + o + `o3,essential,k,` + s + `s8
` + o + `o3,optional,k,` + s + `s2
` + o + `o4,essential,k,` + s + `s3
` + o + `o4,essential,k,` + s + `s8
` + o + `o4,essential,k,` + s + `s4
` + o + `o5,essential,k,` + s + `s6
` + o + `o6,essential,k,` + s + `s7
`,
	}
}

// folder writes a package into a folder.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// archives writes a package as two zip archives, with the files in folders.
func archives(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, which := range []string{"classification", "relations"} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, content := range files {
			if strings.Contains(name, "elations") != (which == "relations") {
				continue
			}
			w, err := z.Create("ESCO dataset/" + name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, which+".zip"), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// imported imports a package and loads what was saved.
func imported(t testing.TB, dir string) (Report, *taxonomy.Taxonomy, []byte) {
	t.Helper()
	data := t.TempDir()
	report, err := Import(context.Background(), dir, filepath.Join(data, FileName), nil)
	if err != nil {
		t.Fatal(err)
	}
	list, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(data, FileName))
	if err != nil {
		t.Fatal(err)
	}
	return report, list, b
}
