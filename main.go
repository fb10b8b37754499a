// Command requin counts sharks on baited underwater video.
package main

import (
	"os"

	"requin/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
}
