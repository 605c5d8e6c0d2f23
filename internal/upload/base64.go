package upload

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"
)

// decodeBase64 reads base64 as clients send it: in the standard alphabet or the one for URLs, with or without padding,
// broken into lines or not, and with "data:…;base64," before it or not.
func decodeBase64(text []byte) ([]byte, error) {
	text, err := dropDataURL(text)
	if err != nil {
		return nil, err
	}
	decoded := make([]byte, 0, len(text)/4*3+3)
	var group [4096]byte // a multiple of 4: each but the last is whole
	filled, padded := 0, 0
	for i, c := range text {
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			continue
		case c == '=':
			padded++
			continue
		case padded > 0:
			return nil, fmt.Errorf("not base64: there is more after the padding, at character %d", i+1)
		case c == '-':
			c = '+'
		case c == '_':
			c = '/'
		}
		if !inAlphabet(c) {
			return nil, wrongCharacter(text, i)
		}
		group[filled] = c
		if filled++; filled == len(group) {
			if decoded, err = appendDecoded(decoded, group[:]); err != nil {
				return nil, err
			}
			filled = 0
		}
	}
	if filled%4 == 1 || padded > 2 {
		return nil, fmt.Errorf("not base64: it is cut off or wrongly padded")
	}
	return appendDecoded(decoded, group[:filled])
}

// wrongCharacter names the character at i, before which all are of one byte each.
func wrongCharacter(text []byte, i int) error {
	c, _ := utf8.DecodeRune(text[i:])
	return fmt.Errorf("not base64: character %d is %q", i+1, c)
}

func appendDecoded(decoded, group []byte) ([]byte, error) {
	decoded, err := base64.RawStdEncoding.AppendDecode(decoded, group)
	if err != nil {
		return nil, fmt.Errorf("not base64: %w", err)
	}
	return decoded, nil
}

func inAlphabet(c byte) bool {
	return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/'
}

// longestMediaType is more than what stands before the comma of any sensible data URL.
const longestMediaType = 256

// dropDataURL takes the head off a data URL (RFC 2397).
func dropDataURL(text []byte) ([]byte, error) {
	text = bytes.TrimLeft(text, " \t\r\n")
	const scheme = "data:"
	if len(text) < len(scheme) || !strings.EqualFold(string(text[:len(scheme)]), scheme) {
		return text, nil
	}
	comma := bytes.IndexByte(text[:min(len(text), longestMediaType)], ',')
	if comma < 0 {
		return nil, fmt.Errorf("the data URL has no comma in its first %d characters", longestMediaType)
	}
	if head := strings.ToLower(string(text[:comma])); !strings.HasSuffix(strings.TrimSpace(head), ";base64") {
		return nil, fmt.Errorf("the data URL is not in base64: wanted is data:TYPE;base64,…")
	}
	return text[comma+1:], nil
}
