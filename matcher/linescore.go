package matcher

import (
	"math/bits"

	"github.com/diaspora-match/diaspora/domain"
)

// score is the total of a line that is not odd, for so many days of presence;
// served says that the expert worked at the host before. It is what
// demand.total of demand.values gives for the whole profile.
func (p *plan) score(l *line, days int32, m *moment, served bool) domain.Score {
	w := &p.weights
	essential, preferred := p.covers.line(l)
	sum := int32(w[0])*essential + int32(w[1])*preferred
	sum += int32(w[2]) * l.sectorValue(p.place)
	sum += int32(w[3]) * p.lineOccupation(l)
	sum += int32(w[4]) * p.lineLanguage(l)
	sum += int32(w[5]) * presenceValue(days, m)
	sum += int32(w[6]) * l.modalityValue(p.modality)
	sum += int32(w[7]) * l.transferValue(uint16(p.transfer), p.methods)
	if served {
		sum += int32(w[8]) * int32(domain.One)
	}
	sum += int32(w[9]) * m.lineFreshness(l)
	sum += int32(w[10]) * l.preferenceValue(p.place)
	return rounded(sum)
}

// rounded makes a total of a sum, half up.
func rounded(sum int32) domain.Score {
	return domain.Score((int64(sum) + int64(domain.One)/2) / int64(domain.One))
}

func presenceValue(days int32, m *moment) int32 {
	return quotient(int32(domain.One)*min(days, m.most), int(m.most))
}

func quotient(sum int32, n int) int32 {
	if n == 0 {
		return 0
	}
	return int32(uint32(sum) / uint32(n))
}

func (l *line) sectorValue(place uint8) int32 {
	bits := l.sectors >> (4 * place)
	v := int32(sectorByYear) * int32(bits&(skilled-1))
	if bits&skilled != 0 {
		v += int32(sectorBySkill)
	}
	return min(v, int32(domain.One))
}

func (p *plan) lineOccupation(l *line) int32 {
	var best int32
	for _, o := range l.occupations {
		for _, g := range p.groups {
			best = max(best, g.value(o))
		}
	}
	return best
}

func (g occupationGroup) value(o uint16) int32 {
	same := uint8(bits.LeadingZeros16(o^g.code) / 4)
	if same == g.digits {
		return int32(domain.One)
	}
	return int32(occupationByPrefix[same])
}

func (p *plan) lineLanguage(l *line) int32 {
	var sum int32
	n := l.counts >> 4
	for i := range p.tongues {
		t := &p.tongues[i]
		for j, tongue := range l.tongues[:n] {
			if uint16(tongue) == t.number {
				sum += int32(t.value[l.levels>>(3*j)&7])
				break
			}
		}
	}
	return quotient(sum, len(p.tongues))
}

func (l *line) modalityValue(modality uint8) int32 {
	if l.flags&anyModality != 0 {
		return int32(unexpressed)
	}
	place := l.modalities >> (bitsOfModality * modality) & notAccepted
	if place == notAccepted {
		return 0
	}
	return int32(modalityByPlace[place])
}

func (l *line) transferValue(asked uint16, methods int) int32 {
	if l.transfer == 0 || methods == 0 {
		return 0
	}
	met := bits.OnesCount16(l.transfer & asked)
	return max(int32(someTransfer), quotient(int32(domain.One)*int32(met), methods))
}

func (m *moment) lineFreshness(l *line) int32 {
	age := m.today - int32(l.confirmed)
	if l.confirmed == 0 || age >= m.fresh {
		return 0
	}
	return int32(int64(domain.One) * int64(m.fresh-max(age, 0)) / int64(m.fresh))
}

func (l *line) preferenceValue(place uint8) int32 {
	country, sector := int32(0), int32(0)
	if l.flags&anyCountry != 0 {
		country = int32(unexpressed)
	} else if l.flags&wantsCountry != 0 {
		country = int32(domain.One)
	}
	if l.flags&anySector != 0 {
		sector = int32(unexpressed)
	} else if l.interests>>place&1 != 0 {
		sector = int32(domain.One)
	}
	return (country + sector) / 2
}
