package projections

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
)

const hexDigits = "0123456789abcdef"

// SortUint is a sort key that orders numbers: 16 hexadecimal digits.
func SortUint(n uint64) string {
	var b [16]byte
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = hexDigits[n&15]
		n >>= 4
	}
	return string(b[:])
}

// SortInt orders signed numbers.
func SortInt(n int64) string { return SortUint(uint64(n) ^ 1<<63) }

// SortDescending orders signed numbers from the greatest to the least.
func SortDescending(n int64) string { return SortUint(^(uint64(n) ^ 1<<63)) }

// SortTime orders moments to the microsecond.
func SortTime(t time.Time) string { return SortInt(t.UnixMicro()) }

// SortNewest orders moments from the latest to the earliest.
func SortNewest(t time.Time) string { return SortDescending(t.UnixMicro()) }

// noDate stands after every date.
const noDate = "9999-99-99"

// SortDate orders days; rows without a day come last.
func SortDate(d domain.Date) string {
	if d.IsZero() {
		return noDate
	}
	return d.String()
}
