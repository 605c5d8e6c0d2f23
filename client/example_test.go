package client_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/bonafide-pad/bonafide/client"
)

// What the server refuses is a *client.Problem with a code; anything else never reached it, or came back broken.
func ExampleClient_Liveness() {
	picture, err := os.ReadFile("selfie.jpg")
	if err != nil {
		panic(err)
	}
	c := client.Client{URL: "http://localhost:8888", Key: os.Getenv("LIVENESS_API_KEY")}
	answer, err := c.Liveness(context.Background(), picture, client.WithTimeout(5*time.Second), client.Brief())
	var problem *client.Problem
	switch {
	case errors.As(err, &problem) && problem.Code == client.BadImage:
		fmt.Println("send another picture:", problem.Detail)
	case err != nil:
		panic(err)
	default:
		fmt.Println(answer.Decision)
	}
}

// A batch's answers come as they are done; a picture that can't be analysed is a line with a problem, and the others go on.
func ExampleClient_Batch() {
	var pictures [][]byte
	for _, name := range []string{"one.jpg", "two.jpg"} {
		picture, err := os.ReadFile(name)
		if err != nil {
			panic(err)
		}
		pictures = append(pictures, picture)
	}
	c := client.Client{URL: "http://localhost:8888"}
	for line, err := range c.Batch(context.Background(), pictures) {
		switch {
		case err != nil:
			panic(err)
		case line.Problem != nil:
			fmt.Println(line.Index, line.Problem)
		default:
			fmt.Println(line.Index, line.Answer.Decision)
		}
	}
}
