// Package machinecode is the written form of a machine code: the short string
// that an operator reads out to a vendor, and that a licence names.
//
// A code is sixteen symbols in four groups of four, for example
//
//	GKGR-T7G5-NVVH-CE1D
//
// Symbols are those of Crockford's base 32 (0-9 and A-Z without I, L, O and
// U). The first fifteen carry 75 bits of a one-way hash; the last is a check
// symbol. Parse accepts either case, any spacing and hyphens, and reads I and L
// as 1 and O as 0, the way they are misread on paper.
//
// # Check symbol
//
// Each symbol stands for an element of the field GF(32) built on x⁵+x²+1, its
// five bits being the polynomial's coefficients. With α = x and the symbols
// numbered from 0, the check symbol c makes
//
//	s₀·α¹⁵ + s₁·α¹⁴ + … + s₁₄·α¹ + c = 0
//
// The sixteen weights are all different and none is zero, so any one wrong
// symbol and any two swapped symbols are always caught; of all other mistakes
// one in 32 goes unseen.
package machinecode

import (
	"errors"
	"fmt"
	"strings"
)

const (
	alphabet    = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	symbols     = 16
	dataSymbols = symbols - 1
	groupLen    = 4
	symbolBits  = 5

	// DigestLen is the fewest bytes of digest that New needs.
	DigestLen = (dataSymbols*symbolBits + 7) / 8
)

// ErrMalformed is what every error of Parse wraps.
var ErrMalformed = errors.New("not a machine code")

// New writes the first 75 bits of a digest as a machine code. The digest must
// come from a one-way hash and hold at least DigestLen bytes: what is in it can
// be read from the code. New panics when it is shorter.
func New(digest []byte) string {
	if len(digest) < DigestLen {
		panic(fmt.Sprintf("machinecode: digest of %d bytes, want at least %d", len(digest), DigestLen))
	}
	values := make([]byte, 0, symbols)
	for i := range dataSymbols {
		values = append(values, fiveBits(digest, i*symbolBits))
	}
	return format(append(values, checksum(values)))
}

// Parse returns the canonical form of a code as somebody typed it, or an error
// that says what is wrong with it.
func Parse(typed string) (string, error) {
	values := make([]byte, 0, symbols)
	for _, r := range typed {
		if strings.ContainsRune("- \t\r\n", r) {
			continue
		}
		v, ok := value(r)
		if !ok {
			return "", fmt.Errorf("%w: %.40q: %q is never part of one", ErrMalformed, typed, r)
		}
		values = append(values, v)
		if len(values) > symbols {
			return "", fmt.Errorf("%w: %.40q: more than %d symbols", ErrMalformed, typed, symbols)
		}
	}
	if len(values) < symbols {
		return "", fmt.Errorf("%w: %.40q: %d symbols, want %d", ErrMalformed, typed, len(values), symbols)
	}
	if checksum(values[:dataSymbols]) != values[dataSymbols] {
		return "", fmt.Errorf("%w: %.40q: the check symbol does not fit, so something in it is mistyped", ErrMalformed, typed)
	}
	return format(values), nil
}

// value is the number a typed symbol stands for.
func value(r rune) (byte, bool) {
	if r >= 'a' && r <= 'z' {
		r -= 'a' - 'A'
	}
	switch r {
	case 'I', 'L':
		r = '1'
	case 'O':
		r = '0'
	}
	i := strings.IndexRune(alphabet, r)
	return byte(i), i >= 0
}

// format writes symbol values in hyphenated groups.
func format(values []byte) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 && i%groupLen == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[v])
	}
	return b.String()
}

// fiveBits reads five bits of digest, most significant first, from bit offset at.
func fiveBits(digest []byte, at int) byte {
	var v byte
	for i := at; i < at+symbolBits; i++ {
		v = v<<1 | digest[i/8]>>(7-i%8)&1
	}
	return v
}

// checksum is the check symbol for the data symbols, by Horner's rule.
func checksum(data []byte) byte {
	var sum byte
	for _, v := range data {
		sum = timesAlpha(sum ^ v)
	}
	return sum
}

// timesAlpha multiplies an element of GF(32) by x, modulo x⁵+x²+1.
func timesAlpha(v byte) byte {
	v <<= 1
	if v&0b100000 != 0 {
		v ^= 0b100101
	}
	return v
}
