// SPDX-License-Identifier: Apache-2.0
// get.go URL [SECONDS] - prints what is there, and stays so long. Go's programs are linked statically: nothing is
// preloaded into them.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	answer, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	body, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.StatusCode, string(body), os.Getenv("LD_PRELOAD"))
	if len(os.Args) > 2 {
		life, _ := time.ParseDuration(os.Args[2] + "s")
		time.Sleep(life)
	}
}
