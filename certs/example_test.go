package certs_test

import (
	"fmt"

	"github.com/spsalert/spsalert/certs"
)

func ExampleParseIdentity() {
	id, err := certs.ParseIdentity("sps://asean-cn/VN/officer/lan.nguyen")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(id.Office, id.Role, id.ID)
	_, err = certs.ParseIdentity("sps://asean-cn/vn/node")
	fmt.Println(err)
	// Output:
	// VN officer lan.nguyen
	// identity "sps://asean-cn/vn/node": office "vn" is not two upper case letters such as VN
}

func ExampleParseOrigin() {
	origin, err := certs.ParseOrigin("asean-cn/VN/1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(origin.Office, origin.Epoch)
	_, err = certs.ParseOrigin("asean-cn/VN/01")
	fmt.Println(err)
	// Output:
	// VN 1
	// origin "asean-cn/VN/01": epoch is not written as plain 1
}
