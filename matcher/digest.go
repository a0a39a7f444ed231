package matcher

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Digest is the SHA-256, in hexadecimal, of all that the verdict says: what is
// stored beside a decision, so that a replay can be compared bit for bit. The
// log position is left out, for it is stored by itself.
func (v Verdict) Digest() string {
	v.Basis.Position = 0
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("matcher: a verdict cannot be written: %v", err)) // plain values, all of them
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Contributions is what each part added to the total, in the order of
// policy.Parts, with commas between; in ten-thousandths.
func (v Verdict) Contributions() string {
	parts := make([]string, len(v.Parts))
	for i, p := range v.Parts {
		parts[i] = strconv.Itoa(int(p.Contribution))
	}
	return strings.Join(parts, ",")
}
