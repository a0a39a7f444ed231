package fairness

// FourFifths is the part of the highest selection rate below which a group's rate
// is generally regarded as evidence of adverse impact: the Uniform Guidelines on
// Employee Selection Procedures of the EEOC, 29 CFR 1607.4(D). The same section
// says that smaller differences may count and greater ones may not, by their
// significance and by how many people they rest on: hence the interval.
const FourFifths = 0.8

// Finding is what the four-fifths rule says of a group.
type Finding string

const (
	// NotBelow: the rate is at least four fifths of the highest.
	NotBelow Finding = "not_below"
	// MayBeBelow: it is less, and the interval still holds four fifths: so few
	// people that chance alone may do it.
	MayBeBelow Finding = "may_be_below"
	// Below: it is less, and so is the whole interval.
	Below Finding = "below"
)

// Group is one group at one step of a selection. Rates of groups that are held
// back, or whose group is not known, are not compared.
type Group struct {
	Rate
	Told  bool // whether Protect lets it be told
	Known bool // whether the group is known: false for those who did not say
}

// Assessment is what is found of a group.
type Assessment struct {
	Interval Interval // of the rate; only when told
	// Highest tells that its rate is the highest, with which the others compare.
	Highest bool
	// Impact is the ratio to the highest rate; nil for the highest itself and
	// where nothing can be compared.
	Impact  *Ratio
	Finding Finding // empty without a ratio
}

// Assess compares the groups of one step with the one that was selected most; of
// equals, with the one of more people, and then the first. Without two groups
// that may be told, or when nobody was selected, nothing is compared.
func Assess(groups []Group) []Assessment {
	out := make([]Assessment, len(groups))
	highest, compared := -1, 0
	for i, g := range groups {
		if !g.Told || !g.valid() {
			continue
		}
		out[i].Interval = g.Interval()
		if !g.Known {
			continue
		}
		compared++
		if highest < 0 || above(g.Rate, groups[highest].Rate) {
			highest = i
		}
	}
	if compared < 2 || groups[highest].Selected == 0 {
		return out
	}
	out[highest].Highest = true
	for i, g := range groups {
		if i == highest || !g.Told || !g.Known {
			continue
		}
		if ratio, ok := RatioOf(g.Rate, groups[highest].Rate); ok {
			out[i].Impact, out[i].Finding = &ratio, findingOf(g.Rate, groups[highest].Rate, ratio)
		}
	}
	return out
}

// above compares rates exactly, in whole numbers.
func above(a, b Rate) bool {
	x, y := int64(a.Selected)*int64(b.People), int64(b.Selected)*int64(a.People)
	return x > y || x == y && a.People > b.People
}

// findingOf compares with four fifths in whole numbers too: exactly four fifths
// is not below.
func findingOf(group, highest Rate, ratio Ratio) Finding {
	switch {
	case 5*int64(group.Selected)*int64(highest.People) >= 4*int64(highest.Selected)*int64(group.People):
		return NotBelow
	case ratio.High < FourFifths:
		return Below
	}
	return MayBeBelow
}
