package upload

import (
	"strconv"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// unescape resolves the escapes in what stands between the quotes of a valid JSON string. It writes over text, for no escape is shorter than
// what it stands for: a copy of a large picture's base64 would be memory that no Memory counts. What is no UTF-8 stays as it is.
func unescape(text []byte) []byte {
	plain := text[:0]
	for at := 0; at < len(text); {
		if text[at] != '\\' {
			plain = append(plain, text[at])
			at++
			continue
		}
		c, size := escaped(text[at:])
		plain = utf8.AppendRune(plain, c)
		at += size
	}
	return plain
}

// escaped is the character that the escape at the beginning of text stands for, and the escape's length.
func escaped(text []byte) (c rune, size int) {
	switch text[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return escapedUnit(text)
	default: // a quote or a slash, which stands for itself
		return rune(text[1]), 2
	}
}

// escapedUnit reads \uXXXX, or two of them that are one character; half of such a pair is no character, and is replaced.
func escapedUnit(text []byte) (c rune, size int) {
	c = unit(text)
	if !utf16.IsSurrogate(c) {
		return c, 6
	}
	if len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
		if both := utf16.DecodeRune(c, unit(text[6:])); both != unicode.ReplacementChar {
			return both, 12
		}
	}
	return unicode.ReplacementChar, 6
}

// unit is the number in \uXXXX.
func unit(text []byte) rune {
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return unicode.ReplacementChar // never: the text is valid
	}
	return rune(n)
}
