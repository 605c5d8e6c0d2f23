package server

import "testing"

// TestCallersAreTheirNetworks: who has many addresses is one caller all the same.
func TestCallersAreTheirNetworks(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.7:1234":                       "192.0.2.7",
		"[::ffff:192.0.2.7]:1234":              "192.0.2.7",
		"[2001:db8:1:2::7]:1234":               "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff:ffff:ffff:7]:1234": "2001:db8:1:2::/64",
		"[2001:db8:1:3::7]:1234":               "2001:db8:1:3::/64",
		"[fe80::7%eth0]:1234":                  "fe80::7%eth0",
		"[::1]:1234":                           "::1",
		"@":                                    "@",
	} {
		if got := callerAt(remote); got != want {
			t.Errorf("%s is the caller %q, wanted is %q", remote, got, want)
		}
	}
}
