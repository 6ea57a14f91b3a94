package alipaytest

import (
	"encoding/json"
	"fmt"
)

// saved is what of a server outlives it. Notices that were under way are lost, as they can be in life.
type saved struct {
	Orders  map[string]*Order
	Refunds map[string]*Refund
	Counter int
}

// State gives the orders and refunds for Options.State of a later server.
func (s *Server) State() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return json.Marshal(saved{s.orders, s.refunds, s.counter})
}

// restore panics when the state is not one of State's.
func (s *Server) restore(state []byte) {
	if len(state) == 0 {
		return
	}
	var earlier saved
	if err := json.Unmarshal(state, &earlier); err != nil {
		panic(fmt.Sprintf("alipaytest: Options.State: %v", err))
	}
	if earlier.Orders != nil {
		s.orders = earlier.Orders
	}
	if earlier.Refunds != nil {
		s.refunds = earlier.Refunds
	}
	s.counter = earlier.Counter
}
