package drill

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
)

// lowestPort is the lowest port that is ever picked.
const lowestPort = 10000

// freeAddress returns a loopback address that nobody listens on just now. Its
// port is below those that the system gives to outgoing connections, so that no
// connection of a node can take the port of a node that is being restarted.
func freeAddress() (string, error) {
	high := lowestEphemeral()
	for range 100 {
		port := lowestPort + rand.IntN(high-lowestPort)
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue // taken
		}
		if err := l.Close(); err != nil {
			return "", fmt.Errorf("free port %d again: %w", port, err)
		}
		return address, nil
	}
	return "", errors.New("no free port on 127.0.0.1 in 100 tries")
}

// lowestEphemeral returns the lowest port that the system gives to outgoing
// connections.
func lowestEphemeral() int {
	const usual = 32768 // of Linux; other systems start higher
	data, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usual
	}
	if fields := strings.Fields(string(data)); len(fields) == 2 {
		if low, err := strconv.Atoi(fields[0]); err == nil && low > lowestPort+1000 {
			return low
		}
	}
	return usual
}
