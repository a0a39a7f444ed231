package matcher

import "github.com/diaspora-match/diaspora/domain"

const daysPerWeek = 7

// fromToday is the need's window without the days that are gone.
func (d *demand) fromToday(today domain.Date) domain.Window {
	w := d.Window
	w.Period.From = max(w.Period.From, today)
	return w
}

// minDays is the least presence that the window asks for: at least a day.
func minDays(w domain.Window) int { return max(int(w.MinWeeks)*daysPerWeek, 1) }

// maxDays is the presence beyond which more adds nothing.
func maxDays(w domain.Window) int { return max(int(w.MaxWeeks)*daysPerWeek, minDays(w)) }

// daysIn counts the days that somebody with these availabilities (in order of
// their first day), less these bookings (likewise), could give to the window:
// in one piece, or, where the need allows a split, over all windows. A window's
// own maximum of weeks bounds each. Windows that overlap are not counted twice.
func daysIn(w domain.Window, available []domain.Availability, booked []domain.Period) int {
	best, sum := 0, 0
	var counted domain.Date
	for _, a := range available {
		whole := a.Period.Intersect(w.Period)
		if whole.Days() == 0 {
			continue
		}
		_, longest := freeDays(whole, booked)
		best = max(best, atMost(longest, a.MaxWeeks))
		if w.SplitAllowed {
			rest := domain.Period{From: max(whole.From, counted+1), To: whole.To}
			all, _ := freeDays(rest, booked)
			sum += atMost(all, a.MaxWeeks)
			counted = max(counted, whole.To)
		}
	}
	return max(best, sum)
}

// freeDays counts the days of a period that are not booked, and the longest run
// of them.
func freeDays(p domain.Period, booked []domain.Period) (all, longest int) {
	eachFree(p, booked, func(free domain.Period) {
		all += free.Days()
		longest = max(longest, free.Days())
	})
	return all, longest
}

// eachFree visits the runs of days of p outside the bookings, in order.
func eachFree(p domain.Period, booked []domain.Period, visit func(domain.Period)) {
	cursor := p.From
	for _, b := range booked {
		if b.To < cursor {
			continue
		}
		if b.From > p.To {
			break
		}
		if b.From > cursor {
			visit(domain.Period{From: cursor, To: b.From - 1})
		}
		cursor = b.To + 1
	}
	if cursor <= p.To {
		visit(domain.Period{From: cursor, To: p.To})
	}
}

func atMost(days int, weeks uint8) int {
	if weeks == 0 {
		return days
	}
	return min(days, int(weeks)*daysPerWeek)
}
