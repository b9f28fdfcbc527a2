package bolt_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/spsalert/spsalert/server/store"
	"github.com/spsalert/spsalert/server/store/bolt"
)

func Example() {
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)

	const gates store.Table = "gates"
	s, err := bolt.Create(filepath.Join(folder, "ledger.db"), bolt.Options{Tables: []store.Table{gates}})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	ctx := context.Background()
	err = s.Update(ctx, func(tx store.Tx) error {
		for gate, status := range map[string]string{"VN/Huu Nghi": "open", "VN/Mong Cai": "open", "CN/Mohan": "closed"} {
			if err := tx.Put(gates, []byte(gate), []byte(status)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}

	// All three are on disk.
	err = s.View(ctx, func(r store.Reader) error {
		prefix := []byte("VN/")
		for item, err := range r.Scan(gates, prefix, store.PrefixEnd(prefix), false) {
			if err != nil {
				return err
			}
			fmt.Printf("%s is %s\n", item.Key, item.Value)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// VN/Huu Nghi is open
	// VN/Mong Cai is open
}
