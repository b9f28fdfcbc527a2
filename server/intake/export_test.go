package intake

// Waiting returns how many imports wait for their turn.
func (s *Service) Waiting() int {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	return len(s.queue.waiting)
}
