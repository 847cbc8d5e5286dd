// Command ferretdb serves the MongoDB wire protocol over SQLite files, for tests on real parts.
//
// It is FerretDB's embeddable package behind three flags; an interrupt ends it.
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
	nosync := flag.Bool("nosync", false, "leave it to the system when a write reaches the disk")
	flag.Parse()

	url := "file:" + *data + "/?_pragma=busy_timeout(10000)"
	if *nosync {
		// A program that is killed loses nothing by that, but a machine without power may lose the whole database: it is
		// for what is thrown away, and there an insert takes a seventh of the time.
		url += "&_pragma=synchronous(off)"
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: *listen},
		Handler:   "sqlite",
		SQLiteURL: url,
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
