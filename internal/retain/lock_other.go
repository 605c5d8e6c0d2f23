//go:build !unix

package retain

// lock does nothing: there is no advisory locking here that all systems share.
func lock(string) (unlock func() error, err error) { return func() error { return nil }, nil }
