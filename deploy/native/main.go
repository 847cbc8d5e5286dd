// Command ferretdb serves the MongoDB wire protocol over SQLite files, for tests on real parts.
//
// It is FerretDB's embeddable package behind two flags; an interrupt ends it.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:27017", "address to listen on")
	data := flag.String("data", ".", "directory of the database's files")
	flag.Parse()

	// Nothing is synced: a program that is killed loses nothing by that, only a machine without power does, and with it
	// an insert takes seven times as long.
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: *listen},
		Handler:   "sqlite",
		SQLiteURL: "file:" + *data + "/?_pragma=busy_timeout(10000)&_pragma=synchronous(off)",
	})
	if err != nil {
		log.Fatal(err)
	}
	running, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := server.Run(running); err != nil {
		log.Fatal(err)
	}
}
