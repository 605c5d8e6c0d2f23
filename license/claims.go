package license

import (
	"encoding/json"
	"fmt"
	"time"
)

// claims is a License as the token's JSON has it. Fields are in the order in
// which PASETO libraries write them, by name.
type claims struct {
	Expires   *time.Time `json:"exp,omitempty"`
	Features  []string   `json:"features,omitempty"`
	GraceDays int        `json:"grace_days,omitempty"`
	Issued    time.Time  `json:"iat"`
	ID        string     `json:"jti"`
	Limits    *limits    `json:"limits,omitempty"`
	Machines  []string   `json:"machines"`
	NotBefore *time.Time `json:"nbf,omitempty"`
	Customer  string     `json:"sub"`
	Version   int        `json:"ver"`
}

type limits struct {
	FacesPerPicture int `json:"faces_per_picture,omitempty"`
	RequestsPerDay  int `json:"requests_per_day,omitempty"`
}

// MarshalClaims is the JSON that a token of l carries. The error says in what l
// breaks the format. Times lose their fractions of a second.
func MarshalClaims(l License) ([]byte, error) {
	l.Issued, l.NotBefore, l.Expires = wholeSeconds(l.Issued), wholeSeconds(l.NotBefore), wholeSeconds(l.Expires)
	if err := l.Validate(); err != nil {
		return nil, err
	}
	c := claims{
		Expires: orNil(l.Expires), Features: l.Features, GraceDays: l.GraceDays,
		Issued: l.Issued, ID: l.ID, Machines: l.Machines,
		NotBefore: orNil(l.NotBefore), Customer: l.Customer, Version: Version,
	}
	if l.Limits != (Limits{}) {
		c.Limits = &limits{l.Limits.FacesPerPicture, l.Limits.RequestsPerDay}
	}
	return json.Marshal(c)
}

// unmarshalClaims reads a token's JSON. The version comes first: what other
// versions mean by the other claims is not known here.
func unmarshalClaims(data []byte) (License, error) {
	var v struct {
		Version *int `json:"ver"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return License{}, fmt.Errorf("%w: claims: %w", ErrMalformed, err)
	}
	if v.Version == nil {
		return License{}, fmt.Errorf("%w: none is given (ver)", ErrVersion)
	}
	if *v.Version != Version {
		return License{}, fmt.Errorf("%w %d: this program knows %d", ErrVersion, *v.Version, Version)
	}
	var c claims
	if err := json.Unmarshal(data, &c); err != nil {
		return License{}, fmt.Errorf("%w: claims: %w", ErrMalformed, err)
	}
	l := License{
		ID: c.ID, Customer: c.Customer, Machines: c.Machines,
		Issued: wholeSeconds(c.Issued), NotBefore: orZero(c.NotBefore), Expires: orZero(c.Expires),
		GraceDays: c.GraceDays, Features: c.Features,
	}
	if c.Limits != nil {
		l.Limits = Limits{RequestsPerDay: c.Limits.RequestsPerDay, FacesPerPicture: c.Limits.FacesPerPicture}
	}
	if err := l.Validate(); err != nil {
		return License{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return l, nil
}

func wholeSeconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return wholeSeconds(*t)
}
