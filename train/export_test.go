package train

// PlateauRates returns the rate after each figure, lower being better.
func PlateauRates(s Plateau, figures []float64) (rates []float64) {
	p := plateau{Scale: 1}
	for _, f := range figures {
		p.after(s, f)
		rates = append(rates, s.Start*p.Scale)
	}
	return rates
}
