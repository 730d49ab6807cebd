// Package parts divides work among workers.
package parts

// Of returns the part from...to of n that worker has, of so many workers: the parts lie one behind
// the other and are nearly equal.
func Of(n, worker, workers int) (from, to int) {
	all, of := int64(n), int64(workers) // n times 1024 workers may need more than 32 bits
	return int(all * int64(worker) / of), int(all * int64(worker+1) / of)
}
