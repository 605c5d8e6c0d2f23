package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/bonafide-pad/bonafide"
)

func main() {
	a, err := bonafide.Open(bonafide.Config{})
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	for _, p := range os.Args[1:] {
		d, _ := os.ReadFile(p)
		r, err := a.Analyze(context.Background(), d)
		if err != nil {
			fmt.Println(p, bonafide.CodeOf(err), err)
			continue
		}
		v := bonafide.Judge(r, bonafide.DefaultPolicy())
		fmt.Println(p, v.Result, len(r.Faces), r.Timings)
		for _, f := range r.Faces {
			f.Landmarks = bonafide.Landmarks{}
			b, _ := json.Marshal([]any{f.Box, f.Pose, f.Liveness, f.Cues, f.LeftEyeClosed, f.MouthOpened, f.EyeDistance})
			fmt.Println("  ", string(b))
		}
	}
}
