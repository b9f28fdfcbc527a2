package seal_test

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"log"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/spsalert/spsalert/certs"
	"github.com/spsalert/spsalert/certs/seal"
)

func ExampleOpenCheckpoint() {
	origin := certs.Origin{Federation: "asean-cn", Office: "VN", Epoch: 1}
	// A key made from a fixed seed, so that the example always prints the same.
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))

	// At Viet Nam: one leaf is durable, so the tree over it may be signed.
	c := seal.Checkpoint{Origin: origin, Size: 1, Root: seal.RecordHash([]byte("the only leaf"))}
	note, err := seal.SignCheckpoint(c, private)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", note)

	// At a peer, with the key from the card of Viet Nam.
	keys := []certs.LogKey{{Origin: origin, Public: private.Public()}}
	opened, err := seal.OpenCheckpoint(note, keys)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(opened == c)

	_, err = seal.OpenCheckpoint(bytes.Replace(note, []byte("\n1\n"), []byte("\n2\n"), 1), keys)
	fmt.Println(err)
	// Output:
	// asean-cn/VN/1
	// 1
	// 2lJrMmkHv2qofge44cyDokJCb4DpCQXjCvGYgKVLTLQ=
	//
	// — asean-cn/VN/1 E/M0VMZ8zvzTFYYaHKhwOmHAivFGAM4+obD6YTWd6dW6gG3bEJMQH7JP8yarxnpq13IQRc5rdsZ4hmKGC+OkrYmV3g0=
	// true
	// wrong signature: key 13f33454 of asean-cn/VN/1
}

func ExampleOpenReceipt() {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{4}, ed25519.SeedSize))
	r := seal.Receipt{
		Origin:  certs.Origin{Federation: "asean-cn", Office: "VN", Epoch: 1},
		Size:    2,
		Root:    tlog.NodeHash(seal.RecordHash([]byte("a leaf")), seal.RecordHash([]byte("another leaf"))),
		Time:    1767225600,
		Missing: []uint64{1},
	}
	note, err := seal.SignReceipt(r, "CN", private)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", note)

	opened, err := seal.OpenReceipt(note, "CN", []certs.ReceiptKey{{Public: private.Public().(ed25519.PublicKey)}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("lacks 0:", opened.Lacks(0, seal.RecordHash([]byte("a leaf"))))
	fmt.Println("lacks 1:", opened.Lacks(1, seal.RecordHash([]byte("another leaf"))))
	// Output:
	// sps-receipt/v1
	// asean-cn/VN/1
	// 2
	// hpLftqmuGydJN5QWPQrwKJWlkIu33GB/BbCij6gv4jU=
	// 1767225600
	// missing 1
	//
	// — asean-cn/CN/receipt 0wdX/Rb7xI4bx0ca+XwimqadSXSxgwVufvNu7gvPNfmAz+unFB7144eslotk3facdFAlpXRVwnmiKAirku6LVezMaQg=
	// lacks 0: false
	// lacks 1: true
}
