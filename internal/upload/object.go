package upload

import (
	"bytes"
	"encoding/json"
	"iter"
	"net/http"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

const (
	// mostKeys is how many keys a JSON object with one picture may have, those that are passed over among them.
	mostKeys = 64
	// longestKey is longer than any key that is wanted, in bytes.
	longestKey = 1 << 10
	jsonSpace  = " \t\r\n"
	// byteOrderMark is what some programs write before UTF-8. It says nothing, and RFC 8259 lets it be passed over.
	byteOrderMark = "\uFEFF"
)

// valueOf returns the value under key of the JSON object that body is, the last one where there are several; alone refuses that, and other keys.
// The value is a part of body, and no other is decoded or kept: what a client writes beside it takes no memory.
func valueOf(body []byte, key string, alone bool) (json.RawMessage, error) {
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	if !json.Valid(body) {
		return nil, jsonFault(json.Unmarshal(body, new(json.RawMessage))) // which says why, and stops there
	}
	object := bytes.TrimLeft(body, jsonSpace)
	if object[0] != '{' {
		return nil, answer.Faultf(http.StatusBadRequest, CodeBadJSON, "the body is a JSON %s, wanted is an object with the key %q", kindOf(object), key)
	}
	var found json.RawMessage
	seen := 0
	for raw, value := range members(object) {
		if seen++; seen > mostKeys {
			return nil, answer.Faultf(http.StatusBadRequest, CodeBadJSON, "the JSON object has more than %d keys, wanted is %q", mostKeys, key)
		}
		switch other := keyOf(raw); {
		case other == key && alone && found != nil:
			return nil, answer.Faultf(http.StatusBadRequest, CodeBadRequest, "the JSON object has the key %q several times, allowed is once", key)
		case other == key:
			found = value
		case alone:
			return nil, answer.Faultf(http.StatusBadRequest, CodeUnknownKey, "the JSON object has the unknown key %.100q, allowed is %q", other, key)
		}
	}
	if found == nil {
		return nil, answer.Faultf(http.StatusBadRequest, CodeMissingKey, "the JSON object has no key %q", key)
	}
	return found, nil
}

// members walks over a valid JSON object's keys and values as they stand in its text, which begins with the object.
func members(text []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		rest := bytes.TrimLeft(text[1:], jsonSpace)
		for rest[0] != '}' {
			key := rest[:valueEnd(rest)]
			rest = bytes.TrimLeft(rest[len(key):], jsonSpace)
			rest = bytes.TrimLeft(rest[1:], jsonSpace) // behind the colon
			value := rest[:valueEnd(rest)]
			if !yield(key, value) {
				return
			}
			rest = bytes.TrimLeft(rest[len(value):], jsonSpace)
			if rest[0] == ',' {
				rest = bytes.TrimLeft(rest[1:], jsonSpace)
			}
		}
	}
}

// valueEnd is the length of the value that text, a part of a valid JSON object, begins with.
func valueEnd(text []byte) int {
	switch text[0] {
	case '"':
		return stringEnd(text)
	case '{', '[':
		return nestedEnd(text)
	default:
		return bytes.IndexAny(text, ",}]"+jsonSpace)
	}
}

func stringEnd(text []byte) int {
	at := 1
	for text[at] != '"' {
		if text[at] == '\\' {
			at++
		}
		at++
	}
	return at + 1
}

func nestedEnd(text []byte) int {
	depth, at := 0, 0
	for {
		switch text[at] {
		case '"':
			at += stringEnd(text[at:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if at++; depth == 0 {
			return at
		}
	}
}

// keyOf is what a key as it stands in JSON spells. One that is too long to be wanted is not decoded: it is only shown, its beginning at that.
func keyOf(raw []byte) string {
	if len(raw) > longestKey {
		return string(raw[1:longestKey])
	}
	var key string
	if json.Unmarshal(raw, &key) != nil {
		return "" // never: the text is valid
	}
	return key
}
