package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// printTries prints three lines to try.
func printTries(w io.Writer, address net.Addr, encrypted bool) {
	picture := samplePicture()
	scheme := "http"
	if encrypted {
		scheme = "https"
	}
	fmt.Fprintf(w, "curl -F file=@%s %s://%s/liveness-detection\n", picture, scheme, localAddress(address))
	fmt.Fprintf(w, "%s check %s\n", os.Args[0], picture)
	fmt.Fprintf(w, "docs: README.md, %s://%s/docs\n", scheme, localAddress(address))
}

// samplePicture is a picture that is there, or a name to be replaced.
func samplePicture() string {
	const sample = "testdata/astronaut.jpg"
	candidates := []string{sample}
	if exe, err := os.Executable(); err == nil {
		candidates = append(candidates, filepath.Join(filepath.Dir(exe), "..", sample))
	}
	for _, c := range append(candidates, "/usr/share/bonafide/"+sample) {
		if _, err := os.Stat(c); err == nil {
			return c
		}
	}
	return "PICTURE.jpg"
}

// localAddress is the address as a client on this machine writes it.
func localAddress(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return a.String()
	}
	return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
}
