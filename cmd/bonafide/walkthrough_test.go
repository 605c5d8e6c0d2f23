package main

import (
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// setPorts sets $PORT1 and $PORT2 to ports that are free now.
func setPorts(env *testscript.Env) error {
	var open []net.Listener // both at once, so that they differ
	for _, name := range []string{"PORT1", "PORT2"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		open = append(open, l)
		env.Setenv(name, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	for _, l := range open {
		if err := l.Close(); err != nil {
			return err
		}
	}
	return nil
}

// walkThrough is the script command «walkthrough FILE»: it runs the sh blocks below the heading "Walk-through" of a
// Markdown file, word for word, in one shell. Every line of the section's text blocks must come out, in this order, where …
// stands for anything.
func walkThrough(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: walkthrough FILE")
	}
	commands, answers := blocks(ts.ReadFile(args[0]), "Walk-through")
	if len(commands) == 0 || len(answers) == 0 {
		ts.Fatalf("%s has no walk-through", args[0])
	}
	// What was left running when a command failed must not outlive the shell.
	script := "trap '[ -z \"$!\" ] || kill $! 2>/dev/null || true' EXIT\n" + strings.Join(commands, "\n") + "\n"
	ts.Check(os.WriteFile(ts.MkAbs("walkthrough.sh"), []byte(script), 0o644))
	err := ts.Exec("sh", "-eu", "walkthrough.sh")
	out := ts.ReadFile("stdout")
	if err != nil {
		ts.Fatalf("%v\n%s\n%s", err, out, ts.ReadFile("stderr"))
	}
	lines := strings.Split(out, "\n")
	for _, answer := range answers {
		want := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(answer), "…", ".*") + "$")
		for len(lines) > 0 && !want.MatchString(lines[0]) {
			lines = lines[1:]
		}
		if len(lines) == 0 {
			ts.Fatalf("this line did not come out, or not in its place: %s\n%s", answer, out)
		}
		lines = lines[1:]
	}
}

// blocks are the lines of the sh and of the text blocks below a heading, up to the next heading of its level.
func blocks(markdown, heading string) (commands, answers []string) {
	_, section, _ := strings.Cut(markdown, "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	kind := ""
	for _, line := range strings.Split(section, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			kind = strings.TrimPrefix(line, "```")
		case kind == "sh":
			commands = append(commands, line)
		case kind == "text":
			answers = append(answers, line)
		}
	}
	return commands, answers
}
